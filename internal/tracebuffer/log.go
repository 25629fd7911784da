// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"bytes"
	"encoding/binary"

	"github.com/klauspost/compress/s2"
)

// maxSegment is how many bytes of the log lie together; logs that may not
// become large have smaller segments.
const (
	maxSegment = 256 << 10
	minSegment = 4 << 10
)

// position is a place in the log: the number of a segment and the offset in it.
// Positions grow; 0 is none.
type position uint64

func (p position) number() uint64 { return uint64(p) >> 32 }

func (p position) offset() int { return int(uint32(p)) }

// log holds records, one behind the other in the order of their arrival.
// It is written at its end and given back at its start, like a queue: what is
// dropped is not touched any more, and what is behind the oldest record in use
// is free, whole segments at a time. Appending in one place is what makes the
// cost of a record the same for a thousand traces held and for a million: blocks
// of their own for every trace, tried before, cost a cache and a TLB miss each
// time (1.7 µs against 0.3 µs a record at a million traces).
type log struct {
	size     int       // of a segment
	segments []segment // in order, the last one is written to
	base     uint64    // the number of segments[0], from 1
	packed   int       // so many of segments, from the first, have been packed
	spare    [][]byte  // segments for reuse
	bytes    int64     // allocated, spares included
	written  int64     // the size of all segments, unpacked
	saved    int64     // the size of the packed ones, unpacked
	// unpacked are the packed segments read last, and turn is the one to go next.
	unpacked [8]unpackedSegment
	turn     int
	scratch  []byte // of pack
	// named are the envelopes that the segment written to names and those around them,
	// newest that of its last record. The references of segments given back are in unnamed,
	// for who gave them back to end.
	named   map[*Envelope]struct{}
	newest  *Envelope
	around  int // bytes of the named
	unnamed []*Envelope
	lists   [][]*Envelope // of segments given back, to be used again
}

// segment is a part of the log: the bytes of its records or, once it is packed
// and data is nil, those bytes compressed.
type segment struct {
	data   []byte
	packed []byte
	size   int // of the records in a packed one
	names  []*Envelope
}

// nameBytes is what a segment takes for each envelope that it names.
const nameBytes = 8

type unpackedSegment struct {
	number uint64
	data   []byte
}

// maxSpare is how many free segments a log keeps for reuse: what a tick gives
// back, the next one takes again.
func (l *log) maxSpare() int { return 4 + len(l.segments)/8 }

// recordPrefix is the longest that stands before a record's bytes: the position
// of the trace's record before it, kind and outlet, envelope and length.
const recordPrefix = 8 + 2 + 2*binary.MaxVarintLen32

// append writes a record and returns its position. The caller has a reference to the
// envelope, and the segment takes one of its own.
func (l *log) append(prev position, kind, outlet uint8, around *Envelope, rec []byte) position {
	need := recordPrefix + len(rec)
	if n := len(l.segments); n == 0 || cap(l.segments[n-1].data)-len(l.segments[n-1].data) < need || l.around > l.size {
		l.open(need)
	}
	s := &l.segments[len(l.segments)-1]
	at := position((l.base+uint64(len(l.segments))-1)<<32 | uint64(len(s.data)))
	d := binary.LittleEndian.AppendUint64(s.data, uint64(prev))
	d = append(d, kind, outlet)
	d = binary.AppendUvarint(d, uint64(around.number))
	d = binary.AppendUvarint(d, uint64(len(rec)))
	d = append(d, rec...)
	l.written += int64(len(d) - len(s.data))
	s.data = d
	if around != l.newest {
		l.name(s, around)
	}
	return at
}

// name notes that a record of the segment, which is the last one, names the envelope.
func (l *log) name(s *segment, around *Envelope) {
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

// fewNames is how many envelopes a segment names, about: what is larger is not kept for
// reuse.
const fewNames = 256

// open adds a segment with room for a record. A record so large that it could
// leave much of a segment unused gets one of its own.
func (l *log) open(need int) {
	if l.base == 0 {
		l.base, l.named = 1, map[*Envelope]struct{}{}
	}
	size := l.nextSize()
	l.forgetNames()
	var data []byte
	switch n := len(l.spare); {
	case need > size/8:
		data = make([]byte, 0, need)
		l.bytes += int64(need)
	case size < l.size:
		data = make([]byte, 0, size)
		l.bytes += int64(size)
	case n > 0:
		data, l.spare = l.spare[n-1], l.spare[:n-1]
	default:
		data = make([]byte, 0, l.size)
		l.bytes += int64(l.size)
	}
	s := segment{data: data}
	if n := len(l.lists); n > 0 {
		s.names, l.lists = l.lists[n-1], l.lists[:n-1]
	}
	l.segments = append(l.segments, s)
}

// nextSize is how long the next segment shall be. Where what is around the records is
// more than they are, it is what keeps a segment from growing: envelopes are
// let go with segments, and shall not wait for many others.
func (l *log) nextSize() int {
	if l.around <= l.size {
		return l.size
	}
	return min(l.size, max(minSegment, 2*len(l.segments[len(l.segments)-1].data)))
}

// forgetNames begins the names of another segment.
func (l *log) forgetNames() {
	l.newest, l.around = nil, 0
	if len(l.named) > fewNames {
		l.named = map[*Envelope]struct{}{}
	} else {
		clear(l.named)
	}
}

// end is the position behind the last record.
func (l *log) end() position {
	return position((l.base + uint64(len(l.segments))) << 32)
}

// release gives back the segments before p.
func (l *log) release(p position) {
	n := 0
	for ; n < len(l.segments) && l.base+uint64(n) < p.number(); n++ {
		l.drop(&l.segments[n])
	}
	if n == 0 {
		return
	}
	l.segments = append(l.segments[:0], l.segments[n:]...)
	clear(l.segments[len(l.segments):cap(l.segments)])
	l.base += uint64(n)
	l.packed = max(0, l.packed-n)
	if len(l.segments) == 0 {
		l.forgetNames()
	}
}

func (l *log) drop(s *segment) {
	l.unnamed = append(l.unnamed, s.names...)
	l.bytes -= int64(len(s.names)) * nameBytes
	if len(s.names) <= fewNames && len(l.lists) < l.maxSpare() {
		clear(s.names)
		l.lists = append(l.lists, s.names[:0])
	}
	l.written -= int64(len(s.data))
	if s.data != nil {
		l.recycle(s.data)
		return
	}
	l.written -= int64(s.size)
	l.saved -= int64(s.size)
	l.bytes -= int64(cap(s.packed))
}

func (l *log) recycle(data []byte) {
	if cap(data) == l.size && len(l.spare) < l.maxSpare() {
		l.spare = append(l.spare, data[:0])
		return
	}
	l.bytes -= int64(cap(data))
}

// pack compresses the oldest segment that is not, if there is one that is full.
// OTLP spans and logs of many services repeat themselves: of 256 KiB S2 leaves
// a fifth to a sixth, at some 0.8 ns a byte; Zstandard's fastest level leaves a
// seventh but takes four times as long.
func (l *log) pack() {
	if l.packed >= len(l.segments)-1 {
		return
	}
	s := &l.segments[l.packed]
	l.packed++
	l.scratch = s2.Encode(l.scratch[:cap(l.scratch)], s.data)
	if len(l.scratch) > cap(s.data)*3/4 {
		return // not worth reading it unpacked
	}
	s.packed, s.size = bytes.Clone(l.scratch), len(s.data)
	l.bytes += int64(cap(s.packed))
	l.saved += int64(s.size)
	l.recycle(s.data)
	s.data = nil
}

// segment returns the records of a segment, unpacked. They are good until eight
// other packed segments have been read.
func (l *log) segment(number uint64) []byte {
	s := &l.segments[number-l.base]
	if s.data != nil {
		return s.data
	}
	for i := range l.unpacked {
		if l.unpacked[i].number == number {
			return l.unpacked[i].data
		}
	}
	u := &l.unpacked[l.turn]
	l.turn = (l.turn + 1) % len(l.unpacked)
	l.bytes -= int64(cap(u.data))
	data, err := s2.Decode(u.data[:cap(u.data)], s.packed)
	if err != nil {
		panic("a segment packed by this process does not unpack: " + err.Error())
	}
	u.number, u.data = number, data
	l.bytes += int64(cap(u.data))
	return u.data
}

// forget drops the unpacked copies.
func (l *log) forget() {
	for i := range l.unpacked {
		l.bytes -= int64(cap(l.unpacked[i].data))
		l.unpacked[i] = unpackedSegment{}
	}
}

// record is one record read from the log. Its data is borrowed from its segment.
type record struct {
	prev     position
	kind     uint8
	outlet   uint8
	envelope uint32
	data     []byte
}

// at reads the record at p. The log wrote it, so it is well-formed.
func (l *log) at(p position) record {
	b := l.segment(p.number())[p.offset():]
	r := record{prev: position(binary.LittleEndian.Uint64(b)), kind: b[8], outlet: b[9]}
	b = b[10:]
	h, n := binary.Uvarint(b)
	r.envelope, b = uint32(h), b[n:]
	size, n := binary.Uvarint(b)
	r.data = b[n : n+int(size)]
	return r
}
