// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"unsafe"

	"github.com/otelcol-correlation/correlationprocessor/internal/idtable"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// wholes is what is known of the undecided traces of a shard as wholes. It stays empty
// unless a rule asks for that.
type wholes struct {
	traces idtable.Table[*sampling.Trace]
	held   int // bytes of the traces
}

// wholeBytes is what a trace takes without the names of its services.
const wholeBytes = int(unsafe.Sizeof(sampling.Trace{}))

// add adds an item to its trace.
func (w *wholes) add(key uint64, p *sampling.Part) {
	if p == nil {
		return
	}
	t := w.traces.Find(key)
	if t == nil {
		t = w.traces.Insert(key, 0) // the key is that of an entry, whoever met there
		*t = new(sampling.Trace)
		w.held += wholeBytes
	}
	before := (*t).Bytes()
	(*t).Add(p)
	w.held += (*t).Bytes() - before
}

// take forgets the trace and returns what was known of it, nil for nothing.
func (w *wholes) take(key uint64) *sampling.Trace {
	if w.traces.Len() == 0 {
		return nil
	}
	found := w.traces.Find(key)
	if found == nil {
		return nil
	}
	t := *found
	w.held -= wholeBytes + t.Bytes()
	w.traces.Remove(key)
	return t
}

// bytes is the memory taken.
func (w *wholes) bytes() int64 { return int64(w.traces.Bytes() + w.held) }
