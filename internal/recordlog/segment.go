// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package recordlog

import (
	"encoding/binary"
	"slices"
	"sync/atomic"

	"github.com/klauspost/compress/s2"
)

// segment is a part of the log: from its start the records, from its end backwards the
// index, with 8 bytes for each record. Once it is packed, blocks of records are
// compressed each by itself, so that one record can be read without the others.
type segment struct {
	area   *area // that it lies in
	start  int64 // bytes of records before it, as they were written
	data   []byte
	end    int  // of the records, before they are packed
	count  int  // of records
	tried  bool // Pack has looked at it
	blocks []block
	names  []*Envelope
	stored *storedSegment // nil outside a store
}

// block is where a packed block begins: among the records, and among the packed.
type block struct{ start, at uint32 }

// entry is what the index has of a record.
type entry struct {
	prev         uint32 // the record it is linked to (Log.back)
	kind, outlet uint8
	flags        uint8 // those of stored records
	offset       int   // of its bytes
}

// What an entry takes, and what it holds at most.
const (
	indexBytes = 8
	offsetBits = 22
	maxRecords = 1<<16 - 1
)

// stride is what an entry of the segment takes.
func (s *segment) stride() int {
	if s.stored != nil {
		return storedIndexBytes
	}
	return indexBytes
}

// fits reports whether a record of so many bytes with its entry has room, and n more
// entries.
func (s *segment) fits(record, n int) bool {
	room := len(s.data) - s.end - s.count*s.stride()
	return record+(n+1)*s.stride() <= room && s.count+n < maxRecords && s.end < 1<<offsetBits
}

func (s *segment) bytesOf(i int) []byte { return s.data[len(s.data)-(i+1)*s.stride():] }

// add adds the entry of the record written last, which ends at s.end.
func (s *segment) add(e entry) {
	s.count++
	b := s.bytesOf(s.count - 1)
	if s.stored != nil {
		s.stored.seal(b, e, s.data[e.offset:s.end])
		atomic.StoreUint32(s.stored.state, published(s.count))
		return
	}
	binary.LittleEndian.PutUint32(b, e.prev)
	binary.LittleEndian.PutUint32(b[4:], uint32(e.offset)|uint32(e.kind)<<offsetBits|uint32(e.outlet)<<(offsetBits+2))
}

func (s *segment) entry(i int) entry {
	b := s.bytesOf(i)
	if s.stored != nil {
		return storedEntry(b)
	}
	v := binary.LittleEndian.Uint32(b[4:])
	return entry{
		prev: binary.LittleEndian.Uint32(b), offset: int(v & (1<<offsetBits - 1)),
		kind: uint8(v>>offsetBits) & 3, outlet: uint8(v >> (offsetBits + 2)),
	}
}

// blockSize is about what is packed together. Of kept traces, which are few, single
// records are read, at a time when those around them are not.
const blockSize = 32 << 10

// Pack compresses the newest of the full segments that it has not tried yet, if there is
// one. What is newest stays longest: of what comes, only as much is compressed as there is
// no room for, where with the oldest first all would be, shortly before it goes.
//
// OTLP spans and logs of many services repeat themselves: of 256 KiB S2 leaves
// a fifth to a sixth, at some 0.8 ns a byte; Zstandard's fastest level leaves a
// seventh but takes four times as long.
func (l *Log) Pack() {
	if l.untried <= 1 { // the last one is not full
		return
	}
	i := len(l.segments) - 2
	for l.segments[i].tried {
		i--
	}
	s := &l.segments[i]
	s.tried = true
	l.untried--
	packed, blocks := l.scratch[:0], make([]block, 0, s.end/blockSize+1)
	for i := 0; i < s.count; {
		start, end := s.entry(i).offset, s.end
		for i++; i < s.count; i++ {
			if o := s.entry(i).offset; o-start >= blockSize {
				end = o
				break
			}
		}
		blocks = append(blocks, block{uint32(start), uint32(len(packed))})
		room := s2.MaxEncodedLen(end - start)
		packed = slices.Grow(packed, room)
		n := len(s2.Encode(packed[len(packed):len(packed)+room], s.data[start:end]))
		packed = packed[:len(packed)+n]
	}
	l.scratch = packed
	index := s.data[len(s.data)-s.count*s.stride():]
	if len(packed)+len(index) <= (s.end+len(index))*3/4 { // else it is not worth reading it unpacked
		l.replace(s, packed, index, blocks)
	}
}

// replace has the packed records take the place of the segment's, if they find room.
func (l *Log) replace(s *segment, packed, index []byte, blocks []block) {
	before := 0
	if s.stored != nil {
		before = headBytes + len(blocks)*blockBytes
	}
	n := before + len(packed) + len(index)
	if s.stored != nil && !l.canHold(&l.dense, aligned(n)) {
		return
	}
	room := l.room(&l.dense, l.rounded(n))[:n]
	data := room[before:]
	copy(data[copy(data, packed):], index)
	if s.stored != nil {
		l.files.seal(l.dense, room, s, blocks)
	}
	l.leave(s.area)
	s.area, s.data, s.blocks = l.dense, data, blocks
	l.saved += int64(s.end)
}

type unpackedBlock struct {
	segment uint64
	start   uint32
	data    []byte
}

// block returns the records of the packed block that the offset is in, and the offset of
// the first one.
func (l *Log) block(number uint64, s *segment, offset int) (start int, data []byte) {
	i := len(s.blocks) - 1
	for int(s.blocks[i].start) > offset {
		i--
	}
	from, end := s.blocks[i], len(s.data)-s.count*s.stride()
	if i+1 < len(s.blocks) {
		end = int(s.blocks[i+1].at)
	}
	for j := range l.unpacked {
		if u := &l.unpacked[j]; u.segment == number && u.start == from.start {
			return int(from.start), u.data
		}
	}
	u := &l.unpacked[l.turn]
	l.turn = (l.turn + 1) % len(l.unpacked)
	l.bytes -= int64(cap(u.data))
	data, err := s2.Decode(u.data[:cap(u.data)], s.data[from.at:end])
	if err != nil {
		panic("a block packed by this process does not unpack: " + err.Error())
	}
	*u = unpackedBlock{number, from.start, data}
	l.bytes += int64(cap(data))
	return int(from.start), data
}

// Forget drops the unpacked copies of blocks.
func (l *Log) Forget() {
	for i := range l.unpacked {
		l.bytes -= int64(cap(l.unpacked[i].data))
		l.unpacked[i] = unpackedBlock{}
	}
}
