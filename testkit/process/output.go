// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package process

import (
	"bytes"
	"strings"
	"sync"
)

const (
	// tailLines is how many lines of the output explain a failure.
	tailLines = 20
	// maxLine bounds what is quoted of a line, in bytes.
	maxLine = 2000
)

// output keeps what a process writes; its readers and writers may run at once.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(text []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(text)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// line returns the rest of the first whole line that begins with the prefix.
func (o *output) line(prefix string) (rest string, found bool) {
	for line := range strings.Lines(o.String()) {
		if rest, found = strings.CutPrefix(line, prefix); found && strings.HasSuffix(rest, "\n") {
			return strings.TrimSuffix(rest, "\n"), true
		}
	}
	return "", false
}

// quote is the last lines for an error message, empty if there are none.
func (o *output) quote() string {
	text := strings.TrimRight(o.String(), "\n")
	if text == "" {
		return ""
	}
	lines := strings.Split(text, "\n")
	lines = lines[max(0, len(lines)-tailLines):]
	for i, line := range lines {
		lines[i] = line[:min(len(line), maxLine)]
	}
	return "; it wrote last:\n    " + strings.Join(lines, "\n    ")
}
