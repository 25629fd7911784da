// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package sampling

import (
	"slices"
	"strings"
	"time"
)

// The limits of what is known of the services of a trace.
const (
	// MaxServices is how many services of a trace are known by name: the first in the
	// order of their names, whatever the order in which they send.
	MaxServices = 16
	// MaxServiceName is how many bytes of a name are known.
	MaxServiceName = 256
)

// Part is what an item adds to what is known of its trace as a whole.
type Part struct {
	// Service is the name of the item's service, borrowed.
	Service string
	// Start and End are those of a span, in Unix nanoseconds; both are 0 for a log and
	// for a span whose times are broken.
	Start, End uint64
	// Log marks a log, Root a span without a parent, Failed an error.
	Log, Root, Failed bool
}

// Trace is what is known of a trace as a whole, for rules that ask for that. The zero
// value knows nothing. It is not safe for concurrent use.
type Trace struct {
	// HasRoot: a span without a parent is there.
	HasRoot bool
	// Spans and Logs are how many items of either signal there are, and Errors how many
	// of both are errors.
	Spans, Logs, Errors int
	// Services are the names of its services, in order.
	Services   []string
	start, end uint64 // of its spans, 0 for none
	bytes      int    // of Services
}

// Bytes is the memory that the names of the services take.
func (t *Trace) Bytes() int { return t.bytes }

// Add adds an item. The order in which items are added makes no difference.
func (t *Trace) Add(p *Part) {
	t.HasRoot = t.HasRoot || p.Root
	if p.Log {
		t.Logs++
	} else {
		t.Spans++
	}
	if p.Failed {
		t.Errors++
	}
	if p.End != 0 {
		if t.end == 0 || p.Start < t.start {
			t.start = p.Start
		}
		t.end = max(t.end, p.End)
	}
	t.addService(p.Service[:min(len(p.Service), MaxServiceName)])
}

// addService adds the name of a service, which is borrowed.
func (t *Trace) addService(name string) {
	i, known := slices.BinarySearch(t.Services, name)
	if known || name == "" || i == MaxServices {
		return
	}
	if last := len(t.Services) - 1; last == MaxServices-1 {
		t.bytes -= len(t.Services[last])
		t.Services = t.Services[:last]
	}
	const header = 16
	before := cap(t.Services)
	t.Services = slices.Insert(t.Services, i, strings.Clone(name))
	t.bytes += len(name) + header*(cap(t.Services)-before)
}

// Duration is the time from the start of its first span to the end of its last one, 0
// without spans whose times are sound. Logs do not count.
func (t *Trace) Duration() time.Duration { return time.Duration(t.end - t.start) }
