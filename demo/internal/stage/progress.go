// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// everyLine is how often a lasting step is told when lines cannot be rewritten.
const everyLine = 5 * time.Second

// Progress tells a person what the demo is at. In a terminal the line of a
// lasting step is rewritten; elsewhere it is repeated now and then, without any
// control characters.
type Progress struct {
	mu       sync.Mutex
	out      io.Writer
	terminal bool
	open     int // width of the line that may be rewritten
	last     time.Time
}

// NewProgress writes to a file, which may be a terminal.
func NewProgress(file *os.File) *Progress {
	info, err := file.Stat()
	return &Progress{out: file, terminal: err == nil && info.Mode()&os.ModeCharDevice != 0}
}

// Step tells that something begins.
func (p *Progress) Step(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closeLine()
	p.print(format+"\n", args...)
	p.last = time.Now()
}

// Update tells how far a lasting step has come.
func (p *Progress) Update(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := "  " + fmt.Sprintf(format, args...)
	switch {
	case p.terminal && time.Since(p.last) >= poll:
		p.print("\r%s%s", text, strings.Repeat(" ", max(0, p.open-len(text))))
		p.open, p.last = len(text), time.Now()
	case !p.terminal && time.Since(p.last) >= everyLine:
		p.print("%s\n", text)
		p.last = time.Now()
	}
}

// Close ends a line that was being rewritten.
func (p *Progress) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closeLine()
}

// print ignores errors: if nobody reads the progress, the demo goes on.
func (p *Progress) print(format string, args ...any) { _, _ = fmt.Fprintf(p.out, format, args...) }

func (p *Progress) closeLine() {
	if p.open > 0 {
		p.print("\n")
		p.open = 0
	}
}
