// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

import (
	"slices"
	"unsafe"
)

// links is a log of links in order of arrival. What a trace has lies close
// together, is written and read in order, and is let go in order: windows are
// equally long, so the trace whose first link is the oldest is due first, and
// what lies before the first link of the oldest open trace is of closed ones.
//
// Positions are numbers of records since the beginning, and may wrap.
type links struct {
	ring       []*segment // by number of segment; a power of two long
	spare      []*segment // to be used again
	used       int        // segments in the ring
	start, end uint32     // positions of the oldest record and of the next
	marked     int64      // the deadline of the newest mark, 0 if it is gone
}

// record is a link of a trace. It fills a cache line.
type record struct {
	Link
	key    uint64
	prev   uint32 // position of the trace's link before
	number uint32 // of the link in its trace, from 1; or a mark
}

// mark is the number of a record that is no link: the traces that began after it
// are due at its Start.
const mark = 0

const (
	segmentRecords = 64
	segmentBytes   = segmentRecords * int(unsafe.Sizeof(record{}))
)

// A segment has no pointers, so the garbage collector never looks into it.
type segment [segmentRecords]record

func (l *links) place(p uint32) **segment {
	return &l.ring[p/segmentRecords&uint32(len(l.ring)-1)]
}

func (l *links) at(p uint32) *record { return &(*l.place(p))[p%segmentRecords] }

// room is how many records fit into the newest segment.
func (l *links) room() int { return int(-l.end % segmentRecords) }

func (l *links) empty() bool { return l.start == l.end }

// push appends a link of the trace of key and returns its position.
func (l *links) push(link *Link, key uint64, prev, number uint32) uint32 {
	r := l.next()
	r.Link = *link
	r.key, r.prev, r.number = key, prev, number
	return l.end - 1
}

// mark sets the deadline of the traces that begin from here on.
func (l *links) mark(deadline int64) {
	if l.marked != deadline {
		l.push(&Link{Start: deadline}, 0, 0, mark)
		l.marked = deadline
	}
}

func (l *links) next() *record {
	if l.room() == 0 {
		l.extend()
	}
	l.end++
	return l.at(l.end - 1)
}

func (l *links) extend() {
	if l.used == len(l.ring) {
		ring := links{ring: make([]*segment, max(4, 2*len(l.ring)))}
		for p := l.end - uint32(l.used*segmentRecords); p != l.end; p += segmentRecords {
			*ring.place(p) = *l.place(p)
		}
		l.ring = ring.ring
	}
	*l.place(l.end) = l.take()
	l.used++
}

func (l *links) take() *segment {
	n := len(l.spare)
	if n == 0 {
		return new(segment)
	}
	s := l.spare[n-1]
	l.spare = l.spare[:n-1]
	return s
}

// drop lets the oldest record go.
func (l *links) drop() {
	if r := l.at(l.start); r.number == mark && r.Start == l.marked {
		l.marked = 0
	}
	l.start++
	if l.start%segmentRecords == 0 {
		at := l.place(l.start - 1)
		l.spare = append(l.spare, *at)
		*at = nil
		l.used--
	}
}

// trim lets the garbage collector have of the spare segments, little by little,
// what is more than are in use: windows that follow each other need none of that.
func (l *links) trim() {
	const floor = 4
	if n := len(l.spare); n > l.used+floor {
		keep := n - (n-l.used)/16 - 1
		clear(l.spare[keep:])
		l.spare = l.spare[:keep]
	}
}

// chain returns the links of the trace whose newest is at p, in the memory of dst.
func (l *links) chain(dst []Link, p uint32) []Link {
	n := int(l.at(p).number)
	dst = slices.Grow(dst[:0], n)[:n]
	for i := n - 1; ; i-- {
		r := l.at(p)
		dst[i] = r.Link
		if r.number == 1 {
			return dst
		}
		p = r.prev
	}
}

// first returns the first link of the trace whose newest is at p.
func (l *links) first(p uint32) *Link {
	for l.at(p).number > 1 {
		p = l.at(p).prev
	}
	return &l.at(p).Link
}
