// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"slices"
	"time"
)

// Edge joins two traces: a span of one links to one of the other.
type Edge [2][16]byte

// edges are the traces that each trace of a shard is joined to, as far as they may still
// be of use: those of two generations, of which the older is forgotten.
type edges struct {
	young, old map[uint64][][16]byte
	turned     time.Duration
	count      int // in both
}

const (
	// maxEdges is how many traces a trace may be joined to: SDKs let a span link to 128.
	maxEdges = 128
	// edgeBytes is about what an edge takes, and edgeShare the part of the limit that
	// all may take.
	edgeBytes = 128
	edgeShare = 32
)

// note remembers that the trace with the key is joined to the one with the id.
func (e *edges) note(now, lifetime time.Duration, key uint64, id [16]byte, limit int) {
	if e.young == nil || now-e.turned > lifetime {
		e.count -= total(e.old)
		e.young, e.old, e.turned = map[uint64][][16]byte{}, e.young, now
	}
	if list := e.young[key]; len(list) < maxEdges && e.count < limit {
		e.young[key] = append(list, id)
		e.count++
	}
}

func total(m map[uint64][][16]byte) (n int) {
	for _, list := range m {
		n += len(list)
	}
	return n
}

// keptOne stands for a trace that is kept, in place of its id.
var keptOne [16]byte

// toKept reports whether the trace with the key is joined to one that is kept.
func (e *edges) toKept(key uint64) bool {
	return e.count > 0 && (slices.Contains(e.young[key], keptOne) || slices.Contains(e.old[key], keptOne))
}

// take forgets what the trace is joined to and returns it.
func (e *edges) take(key uint64) [][16]byte {
	if e.count == 0 {
		return nil
	}
	list := slices.Concat(e.young[key], e.old[key])
	delete(e.young, key)
	delete(e.old, key)
	e.count -= len(list)
	return list
}
