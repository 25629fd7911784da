// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"bytes"
	"strings"
	"sync"
)

const (
	// tailLines is how much of a process's output is kept to explain a failure.
	tailLines = 20
	// maxLine bounds what is kept of a line, in bytes.
	maxLine = 2000
)

// readyPrefix begins the line in which a service tells its address.
const readyPrefix = "ready "

// output keeps the last lines a process wrote and looks for the one that says
// it is ready. It is written to by one goroutine.
type output struct {
	ready chan string // receives the address, once

	mu      sync.Mutex
	partial []byte
	tail    []string
}

func newOutput() *output { return &output{ready: make(chan string, 1)} }

func (o *output) Write(text []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.partial = append(o.partial, text...)
	for {
		line, rest, found := bytes.Cut(o.partial, []byte("\n"))
		if !found {
			break
		}
		o.add(string(line))
		o.partial = rest
	}
	if len(o.partial) > maxLine {
		o.add(string(o.partial))
		o.partial = nil
	}
	return len(text), nil
}

func (o *output) add(line string) {
	if address, found := strings.CutPrefix(line, readyPrefix); found {
		select {
		case o.ready <- address:
		default: // said twice
		}
		return
	}
	o.tail = append(o.tail, line[:min(len(line), maxLine)])
	o.tail = o.tail[max(0, len(o.tail)-tailLines):]
}

// quote is the tail for an error message, empty if there is none.
func (o *output) quote() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.tail) == 0 {
		return ""
	}
	return "; it wrote last:\n    " + strings.Join(o.tail, "\n    ")
}
