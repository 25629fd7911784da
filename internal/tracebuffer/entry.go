// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"encoding/binary"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// entryBytes estimates what an entry costs: itself and its place in the table.
const entryBytes = 160

// entry is a trace in the buffer. It has no pointer, so that the garbage
// collector never looks at the table, however many traces it holds.
type entry struct {
	key      uint64 // the low half of the trace id
	deadline int64  // Unix nanoseconds
	rnd      contrib.Randomness
	chain    chain
	records  uint32 // in the chain, context included
	held     [signals]uint32
	// prev and next are the neighbours in the list of entries with the same
	// kind of wait, 0 at the ends.
	prev, next uint32
	list       waitKind
	match      sampling.Match
	explicit   bool // rnd is explicit
	decided    bool // the verdict is out, and it is keep
}

// merge adds an item's facts. Every step is a minimum or a maximum, so the
// order of the items cannot matter.
func (e *entry) merge(it *Item) {
	e.match = min(e.match, it.Match)
	if it.Explicit && (!e.explicit || it.Randomness.Unsigned() > e.rnd.Unsigned()) {
		e.rnd, e.explicit = it.Randomness, true
	}
}

// waitKind is a kind of wait: all entries in its list wait equally long after
// the event that put them there, so the list is ordered by deadline.
type waitKind uint8

const (
	waitFull waitKind = iota // since the trace's first item
	waitRoot                 // since its root span
	waitKinds
)

// entries is the shard's store of entries with its lists. Entry 0 is never
// used: it ends a list.
type entries struct {
	all   []entry
	free  []uint32
	lists [waitKinds]struct{ head, tail uint32 }
}

func (s *entries) take() uint32 {
	if n := len(s.free); n > 0 {
		i := s.free[n-1]
		s.free = s.free[:n-1]
		s.all[i] = entry{}
		return i
	}
	if len(s.all) == 0 {
		s.all = append(s.all, entry{})
	}
	s.all = append(s.all, entry{})
	return uint32(len(s.all) - 1)
}

// push puts the entry at the tail of a list.
func (s *entries) push(i uint32, k waitKind) {
	l := &s.lists[k]
	e := &s.all[i]
	e.list, e.prev, e.next = k, l.tail, 0
	if l.tail == 0 {
		l.head = i
	} else {
		s.all[l.tail].next = i
	}
	l.tail = i
}

func (s *entries) unlink(i uint32) {
	e := &s.all[i]
	l := &s.lists[e.list]
	if e.prev == 0 {
		l.head = e.next
	} else {
		s.all[e.prev].next = e.next
	}
	if e.next == 0 {
		l.tail = e.prev
	} else {
		s.all[e.next].prev = e.prev
	}
}

func (s *entries) len() int { return max(0, len(s.all)-1) - len(s.free) }

// Held records lie in the chain one behind the other: kind and outlet, the
// header, the length, the bytes.
const (
	kindSpan = iota
	kindLog
	kindContext
)

func appendPrefix(dst []byte, kind, outlet uint8, h Header, size int) []byte {
	dst = append(dst, kind, outlet)
	dst = binary.AppendUvarint(dst, uint64(h))
	return binary.AppendUvarint(dst, uint64(size))
}

// nextRecord takes the first record off a chain's bytes. They were written by
// appendPrefix in this process, so they are well-formed.
func nextRecord(b []byte) (kind, outlet uint8, h Header, data, rest []byte) {
	kind, outlet, b = b[0], b[1], b[2:]
	id, n := binary.Uvarint(b)
	b = b[n:]
	size, n := binary.Uvarint(b)
	b = b[n:]
	return kind, outlet, Header(id), b[:size:size], b[size:]
}
