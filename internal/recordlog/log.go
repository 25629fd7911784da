// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package recordlog

import (
	"encoding/binary"
	"math/bits"

	"github.com/otelcol-correlation/correlationprocessor/internal/mapped"
)

// MaxSegment is the most bytes that a segment of records takes; a record that is larger
// has one of its own.
const (
	MaxSegment = 256 << 10
	minSegment = 4 << 10
)

// SegmentSize is how many bytes the segments of a log shall have that may take so many:
// a power of two, a multiple of 4 KiB.
func SegmentSize(limit int64) int {
	size := int64(1) << bits.Len64(uint64(limit/64))
	return int(min(max(size, minSegment), MaxSegment))
}

// Position is a place in the log: the number of a segment and that of a record in it.
// Positions grow; 0 is none.
type Position uint64

func at(segment uint64, record int) Position { return Position(segment<<16 | uint64(record)) }

func (p Position) segment() uint64 { return uint64(p) >> 16 }

func (p Position) record() int { return int(uint16(p)) }

// Log holds records, one behind the other in the order of their arrival.
// It is written at its end and given back at its start, like a queue: what is
// dropped is not touched any more, and what is behind the oldest record in use
// is free, whole segments at a time. Appending in one place is what makes the
// cost of a record the same for a thousand traces held and for a million: blocks
// of their own for every trace, tried before, cost a cache and a TLB miss each
// time (1.7 µs against 0.3 µs a record at a million traces).
//
// The chain of a trace's records is in the segments' indexes, which are never packed:
// to find out what is held of a trace costs no unpacking.
//
// It is for one caller at a time. Its zero value is of no use.
type Log struct {
	memory    *mapped.Memory
	files     *Files // what the memory lies in, or nil
	id        uint64 // among the logs of the files
	envelopes *Envelopes
	size      int       // of a segment
	segments  []segment // in order, the last one is written to
	base      uint64    // the number of segments[0], from 1
	untried   int       // so many of segments Pack has not tried, the last one included
	plain     *area     // where the next segment goes, and packed ones go to dense
	dense     *area
	bytes     int64 // of the areas in memory, and of the segments' names
	filed     int64 // of the areas in files
	beside    int64 // of the records as they were written, what is none of the caller's: notes, and what is around records
	saved     int64 // that of the packed ones
	// unpacked are the packed blocks read last, and turn is the one to go next.
	unpacked [8]unpackedBlock
	turn     int
	scratch  []byte // of pack
	// named are the envelopes that the segment written to names and those around them,
	// newest that of its last record.
	named  map[*Envelope]struct{}
	newest *Envelope
	around int           // bytes of the named
	lists  [][]*Envelope // of segments given back, to be used again
	ended  bool          // the segment written to takes no more
}

// New returns a log of records in some of the envelopes, whose segments of size bytes
// (SegmentSize) are the memory's.
func New(memory *mapped.Memory, envelopes *Envelopes, size int) Log {
	return Log{memory: memory, envelopes: envelopes, size: size, base: 1, named: map[*Envelope]struct{}{}}
}

// Usage is what a log holds, in bytes.
type Usage struct {
	Taken    int64 // of memory
	Filed    int64 // of files
	Unpacked int64 // the records, as they were written
	Saved    int64 // of them, those that are packed
}

// Usage is what the log holds.
func (l *Log) Usage() Usage { return Usage{l.bytes, l.filed, l.written() - l.beside, l.saved} }

// SegmentSize is how many bytes its segments have.
func (l *Log) SegmentSize() int { return l.size }

// area is memory that several segments may lie in.
type area struct {
	data []byte
	used int
	refs int    // segments in it, and one while more may come
	use  uint64 // the number of this use of its slots, 0 outside files
}

// room returns n bytes of the area, or of a new one that takes its place.
func (l *Log) room(in **area, n int) []byte {
	a := *in
	if a == nil || len(a.data)-a.used < n {
		l.leave(a)
		a = l.area(max(n, l.size))
		*in = a
	}
	a.refs++
	a.used += n
	return a.data[a.used-n : a.used : a.used]
}

// area returns a new one of n bytes or more.
func (l *Log) area(n int) *area {
	a := &area{data: l.memory.Get(n), refs: 1}
	switch {
	case l.files == nil:
		l.bytes += int64(len(a.data))
	case a.data == nil: // the files are full, which who asks before does not see
		a.data = make([]byte, n)
		l.files.spilled.Add(int64(n))
		l.bytes += int64(n)
	default:
		a.use = l.files.store.Number()
		l.filed += int64(len(a.data))
	}
	return a
}

// rest is how much of the area is left.
func (a *area) rest() int {
	if a == nil {
		return 0
	}
	return len(a.data) - a.used
}

// leave ends a use of the area, which may be nil.
func (l *Log) leave(a *area) {
	if a == nil {
		return
	}
	if a.refs--; a.refs > 0 {
		return
	}
	if a.use != 0 {
		l.filed -= int64(len(a.data))
	} else {
		l.bytes -= int64(len(a.data))
	}
	if l.files == nil || a.use != 0 {
		l.memory.Put(a.data)
	}
}

// Append writes a record and returns its position. It is of one of four kinds, and linked
// to the record at prev, if that is not 0. The caller has a reference to the envelope, and
// the segment takes one of its own.
//
// In a store the kind may have the flag Decided, the origin says of which record this is
// a copy, if of one, and a Note has no envelope.
func (l *Log) Append(prev Position, kind, outlet uint8, origin Origin, around *Envelope, rec []byte) Position {
	need, layers := recordPrefix+len(rec), 0
	if l.files != nil {
		need, layers = l.needed(need, around)
	}
	if n := len(l.segments); n == 0 || !l.segments[n-1].fits(need, layers) || l.around > l.size || l.ended {
		l.open(recordPrefix+len(rec), around)
	}
	s, number := &l.segments[len(l.segments)-1], l.number(len(l.segments)-1)
	if l.files != nil {
		return l.store(s, number, prev, kind, outlet, origin, around, rec)
	}
	start := s.end
	d := binary.AppendUvarint(s.data[:start], uint64(around.number))
	d = append(d, rec...)
	s.end = len(d)
	s.add(entry{prev: l.back(number, prev), kind: kind, outlet: outlet, offset: start})
	if around != l.newest {
		l.name(s, around)
	}
	return at(number, s.count-1)
}

// recordPrefix is the longest that stands before a record's bytes: its envelope.
const recordPrefix = binary.MaxVarintLen32

// number is that of the i-th segment.
func (l *Log) number(i int) uint64 { return l.base + uint64(i) }

// back is the position as a record of the segment notes it: by how many segments it lies
// before, and one more than the number of its record, for 0 is none.
func (l *Log) back(number uint64, p Position) uint32 {
	if p == 0 {
		return 0
	}
	return uint32(number-p.segment())<<16 | uint32(p.record()+1)
}

// TooFar reports whether the position is so far back that no further record can be linked
// to it.
func (l *Log) TooFar(p Position) bool {
	return p != 0 && l.number(len(l.segments))-p.segment() > maxBack
}

// maxBack is how many segments a record before another one may lie back.
const maxBack = 1<<16 - 1

// name notes that a record of the segment, which is the last one, names the envelope.
func (l *Log) name(s *segment, around *Envelope) {
	l.newest = around
	if _, ok := l.named[around]; ok {
		return
	}
	l.named[around] = struct{}{}
	around.refs.Add(1)
	s.names = append(s.names, around)
	l.bytes += nameBytes
	l.around += len(around.Content)
	if outer := around.Around; outer != nil {
		if _, ok := l.named[outer]; !ok {
			l.named[outer] = struct{}{}
			l.around += len(outer.Content)
		}
	}
}

// nameBytes is what a segment takes for each envelope that it names, and fewNames is how
// many it names, about: what is larger is not kept for reuse.
const (
	nameBytes = 8
	fewNames  = 256
)

// maxLists is how many lists of names are kept for reuse.
const maxLists = 16

// open adds a segment with so much room, or more. It takes what is left of the area, so
// that less than a record's size of each area is unused.
func (l *Log) open(need int, around *Envelope) {
	if l.files != nil {
		l.forgetNames()
		n, layers := l.needed(need, around)
		need = n + (layers+1)*storedIndexBytes + headBytes
	} else {
		need += indexBytes
	}
	size := l.rounded(max(need, l.nextSize()))
	l.ended = false
	if rest := l.plain.rest(); need <= rest && minSegment <= rest {
		size = min(size, rest)
	}
	l.forgetNames()
	s := segment{data: l.room(&l.plain, size)}
	s.area = l.plain
	if n := len(l.segments); n > 0 {
		s.start = l.segments[n-1].start + int64(l.segments[n-1].end)
	}
	if n := len(l.lists); n > 0 {
		s.names, l.lists = l.lists[n-1], l.lists[:n-1]
	}
	if l.files != nil {
		l.files.begin(&s, l.id, l.number(len(l.segments)))
	}
	l.segments = append(l.segments, s)
	l.untried++
}

// nextSize is how long the next segment shall be. Where what is around the records is
// more than they are, it is what keeps a segment from growing: envelopes are
// let go with segments, and shall not wait for many others.
func (l *Log) nextSize() int {
	if l.around <= l.size {
		return l.size
	}
	return min(l.size, max(minSegment, 2*l.segments[len(l.segments)-1].end))
}

// forgetNames begins the names of another segment.
func (l *Log) forgetNames() {
	l.newest, l.around = nil, 0
	if len(l.named) > fewNames {
		l.named = map[*Envelope]struct{}{}
	} else {
		clear(l.named)
	}
}

// End is a position behind the last record.
func (l *Log) End() Position { return at(l.number(len(l.segments)), 0) }

// Before is how many bytes of records, as they were written, lie in the segments before
// that of p.
func (l *Log) Before(p Position) int64 {
	return l.segments[p.segment()-l.base].start - l.segments[0].start
}

// written is how many bytes of records, as they were written, lie in the log.
func (l *Log) written() int64 {
	if len(l.segments) == 0 {
		return 0
	}
	last := &l.segments[len(l.segments)-1]
	return last.start + int64(last.end) - l.segments[0].start
}

// Release gives back the segments before that of p.
func (l *Log) Release(p Position) {
	n := 0
	for ; n < len(l.segments) && l.number(n) < p.segment() && l.segments[n].stored.silent(); n++ {
		l.drop(&l.segments[n])
	}
	if n == 0 {
		return
	}
	l.segments = append(l.segments[:0], l.segments[n:]...)
	clear(l.segments[len(l.segments):cap(l.segments)])
	l.base += uint64(n)
	if len(l.segments) == 0 {
		l.forgetNames()
		l.leave(l.plain)
		l.leave(l.dense)
		l.plain, l.dense = nil, nil
	}
}

func (l *Log) drop(s *segment) {
	if !s.tried {
		l.untried--
	}
	l.envelopes.Forget(s.names)
	l.bytes -= int64(len(s.names)) * nameBytes
	if len(s.names) <= fewNames && len(l.lists) < maxLists {
		clear(s.names)
		l.lists = append(l.lists, s.names[:0])
	}
	if s.blocks != nil {
		l.saved -= int64(s.end)
	}
	if s.stored != nil {
		s.stored.end()
		l.beside -= int64(s.stored.beside)
	}
	l.leave(s.area)
}

// Link is how a record is linked, and what the index says of it besides.
type Link struct {
	Prev         Position // the record that Append was told to link to
	Kind, Outlet uint8
	Packed       bool
}

// Link returns what the index has of the record at p: nothing is unpacked for that.
func (l *Log) Link(p Position) Link {
	s := &l.segments[p.segment()-l.base]
	e := s.entry(p.record())
	return Link{l.before(p, e), e.kind, e.outlet, s.blocks != nil}
}

// before returns the position that the entry of the record at p notes.
func (l *Log) before(p Position, e entry) Position {
	if e.prev == 0 {
		return 0
	}
	return at(p.segment()-uint64(e.prev>>16), int(uint16(e.prev))-1)
}

// Record is one record read from the log.
type Record struct {
	Kind, Outlet uint8
	Envelope     *Envelope // the segment's: good until it is released
	// Data is borrowed from its segment, and good until eight other packed blocks have
	// been read, or Forget.
	Data []byte
}

// At reads the record at p. Who reads many in the order in which they lie has each packed
// block unpacked once. The log wrote it, so it is well-formed.
func (l *Log) At(p Position) Record {
	s, i := &l.segments[p.segment()-l.base], p.record()
	e, end := s.entry(i), s.end
	if i+1 < s.count {
		end = s.entry(i + 1).offset
	}
	var b []byte
	if s.blocks == nil {
		b = s.data[e.offset:end]
	} else {
		start, data := l.block(p.segment(), s, e.offset)
		b = data[e.offset-start : end-start]
	}
	if s.stored != nil {
		_, n := binary.Uvarint(b)
		b = b[n:]
	}
	number, n := binary.Uvarint(b)
	if e.flags&hasOrigin != 0 {
		n += originBytes
	}
	r := Record{Kind: e.kind, Outlet: e.outlet, Data: b[n:]}
	if number != 0 {
		r.Envelope = l.envelopes.at(uint32(number))
	}
	return r
}
