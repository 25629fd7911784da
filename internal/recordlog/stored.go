// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package recordlog

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"
	"sync/atomic"
	"unsafe"

	"github.com/otelcol-correlation/correlationprocessor/internal/storage"
)

// Files is what the logs of a store share. It is safe for concurrent use.
type Files struct {
	store   *storage.Store
	first   uint64        // numbers below are of segments that were left
	speak   atomic.Uint64 // copies speak of no segment left behind this one (Speak)
	done    atomic.Uint64 // so many segments left are done with
	spilled atomic.Int64
	reserve int // slots for notes and copies
	// Reach is how many segments back a note is linked by a number in the index: what has
	// room there, or less. One that is linked further has an Origin instead.
	Reach uint64
}

// Spilled is how many bytes of memory were taken because the files were full: what lies
// there ends with the process. Records that arrive are refused before (CanHold), and a
// recovery waits for room (Fits), but what is noted of those that are there cannot wait, nor
// what goes on together and is more than is ever free.
func (f *Files) Spilled() int64 { return f.spilled.Load() }

// Room is how many bytes of files may be taken.
func (f *Files) Room() int64 { return f.store.Bytes() }

// Free is how many of them are not.
func (f *Files) Free() int64 { return int64(f.store.Memory().Free() * f.store.SlotBytes()) }

// Fits reports whether there is room for copies of so many bytes, as far as they are no more
// than is left free for that, and for notes besides.
func (f *Files) Fits(bytes int) bool {
	return f.Free() >= min(int64(bytes+bytes/4), f.Room()/copiesShare)+int64((f.reserve+1)*f.store.SlotBytes())
}

// copiesShare is the part of the files, 1/64, that a recovery waits for.
const copiesShare = 64

// NewStored returns a log in the files, which may have Left segments of others.
func NewStored(files *Files, envelopes *Envelopes) Log {
	l := New(files.store.Memory(), envelopes, files.store.SlotBytes())
	l.files, l.id = files, files.store.Number()
	return l
}

// What Append is told of a stored record besides its kind.
const (
	Note    = 3      // the kind of a record that is the caller's own; its outlet, from 1, says what it is
	Decided = 1 << 2 // flag: what it belongs to was decided before
)

const (
	kindMask  = 3
	hasOrigin = 1 << 3 // flag: its bytes begin with an Origin
	farLink   = 1 << 4 // flag: the Origin is what a note is linked to
	defines   = 0      // the outlet of a note that has an envelope

	originBytes      = 8
	storedIndexBytes = 16
	blockBytes       = 8
)

// Origin is the place of a record in all logs that a store ever had: the number of its
// segment among all, and its own in it. 0 is none.
type Origin uint64

func originAt(uid uint64, record int) Origin { return Origin(uid<<16 | uint64(record)) }

// OriginOf is the place of the record at p.
func (l *Log) OriginOf(p Position) Origin {
	return originAt(l.segments[p.segment()-l.base].stored.uid, p.record())
}

// A segment in a store lies behind a head, which never changes but for its last word.
// Each entry of its index has the checksum of its record, and one of its own. The state
// has the number of records, so that one counts when it is whole, and twice: the second
// time as its complement. Of a segment that was given back it is dead.
//
//	nonce of the file 8, use of the slots 8, number among all segments 8, log 8,
//	number in the log 8, bytes with the head 4, bytes of the area 4, offset in it 4,
//	bytes of records unpacked 4, packed blocks 4, records if packed 4, checksum 4, state 4
const (
	headBytes  = 80
	headSealed = 64 // so many the checksum is of
	headState  = 68
	stateDead  = 0x9d3a5c07
)

func published(count int) uint32 { return uint32(count) | ^uint32(count)<<16 }

// storedSegment is what a segment in a store has besides.
type storedSegment struct {
	files  *Files
	uid    uint64
	number uint64 // in its log
	log    uint64
	seed   uint64
	speaks uint64  // its copies speak of so many segments left
	state  *uint32 // in its head
	beside int     // bytes of notes and envelopes
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// begin writes the head of a segment without records, whose data becomes what lies behind.
func (f *Files) begin(s *segment, log, number uint64) {
	s.stored = &storedSegment{files: f, uid: f.store.Number(), log: log, number: number}
	s.stored.seed = seedOf(f.store.Nonce(), s.stored.uid)
	room := s.data
	s.stored.state = f.head(s.area, room, s, 0)
	s.data = room[headBytes:]
}

// aligned is n rounded up so that a head may follow, and rounded does so in a store.
func aligned(n int) int { return (n + 7) &^ 7 }

func (l *Log) rounded(n int) int {
	if l.files != nil {
		return aligned(n)
	}
	return n
}

func seedOf(nonce, uid uint64) uint64 { return nonce ^ uid*0x9e3779b97f4a7c15 }

// head writes the head of the segment to the room, the last one of the area, with no
// records, and returns its state.
func (f *Files) head(a *area, room []byte, s *segment, blocks int) *uint32 {
	h := room[:headBytes]
	state := (*uint32)(unsafe.Pointer(&h[headState]))
	atomic.StoreUint32(state, 0)
	le := binary.LittleEndian
	le.PutUint64(h, f.store.Nonce())
	le.PutUint64(h[8:], a.use)
	le.PutUint64(h[16:], s.stored.uid)
	le.PutUint64(h[24:], s.stored.log)
	le.PutUint64(h[32:], s.stored.number)
	le.PutUint32(h[40:], uint32(len(room)))
	le.PutUint32(h[44:], uint32(len(a.data)))
	le.PutUint32(h[48:], uint32(a.used-aligned(len(room))))
	le.PutUint32(h[52:], uint32(s.end))
	le.PutUint32(h[56:], uint32(blocks))
	le.PutUint32(h[60:], uint32(s.count))
	le.PutUint32(h[headSealed:], crc32.Checksum(h[:headSealed], castagnoli))
	return state
}

// seal makes the packed segment, of which all but the head is written, the one that counts.
func (f *Files) seal(a *area, room []byte, s *segment, blocks []block) {
	for i, b := range blocks {
		binary.LittleEndian.PutUint32(room[headBytes+i*blockBytes:], b.start)
		binary.LittleEndian.PutUint32(room[headBytes+i*blockBytes+4:], b.at)
	}
	state := f.head(a, room, s, len(blocks))
	atomic.StoreUint32(state, published(s.count))
	s.stored.end() // the one before
	s.stored.state = state
}

// end marks the segment as given back.
func (s *storedSegment) end() { atomic.StoreUint32(s.state, stateDead) }

// silent reports whether the segment, if it is one in a store, speaks of nothing that is
// still left: then it may be given back.
func (s *storedSegment) silent() bool { return s == nil || s.speaks <= s.files.done.Load() }

// seal writes the entry of a record with the bytes.
func (s *storedSegment) seal(b []byte, e entry, record []byte) {
	sum := crc32.Checksum(record, castagnoli)
	binary.LittleEndian.PutUint32(b, e.prev)
	binary.LittleEndian.PutUint32(b[4:], uint32(e.offset))
	binary.LittleEndian.PutUint32(b[8:], sum)
	b[12], b[13] = e.kind|e.flags, e.outlet
	binary.LittleEndian.PutUint16(b[14:], check(b, s.seed))
}

// check is the checksum of the entry, without its last two bytes.
func check(b []byte, seed uint64) uint16 {
	hi, lo := bits.Mul64(binary.LittleEndian.Uint64(b)^seed, 0xff51afd7ed558ccd)
	x := (hi ^ lo ^ uint64(binary.LittleEndian.Uint32(b[8:])) ^ uint64(binary.LittleEndian.Uint16(b[12:]))<<32) * 0xc4ceb9fe1a85ec53
	return uint16(x >> 48)
}

func storedEntry(b []byte) entry {
	return entry{
		prev: binary.LittleEndian.Uint32(b), offset: int(binary.LittleEndian.Uint32(b[4:])),
		kind: b[12] & kindMask, flags: b[12] &^ kindMask, outlet: b[13],
	}
}

// needed is what a record that needs so many bytes takes in the segment written to, with
// what is to be said of its envelopes, and how many further entries that are.
func (l *Log) needed(need int, around *Envelope) (bytes, layers int) {
	bytes = need + originBytes + lengthBytes
	if around == l.newest {
		return bytes, 0
	}
	for e := around; e != nil; e = e.Around {
		if _, ok := l.named[e]; ok {
			break
		}
		bytes += len(e.Content) + definitionBytes
		layers++
	}
	return bytes, layers
}

// definitionBytes is the most that an envelope takes in a segment besides its content, and
// lengthBytes the most that stands before a record.
const (
	definitionBytes = 1 + 2*binary.MaxVarintLen32 + lengthBytes
	lengthBytes     = binary.MaxVarintLen32
)

func uvarintBytes(x uint32) int { return max(1, (bits.Len32(x)+6)/7) }

// store is Append in a store, where there is room.
func (l *Log) store(s *segment, number uint64, prev Position, kind, outlet uint8, origin Origin, around *Envelope, rec []byte) Position {
	if around != nil && around != l.newest {
		for e := around; e != nil; e = e.Around {
			if _, ok := l.named[e]; ok {
				break
			}
			l.define(s, e)
		}
		l.name(s, around)
		for e := around.Around; e != nil; e = e.Around {
			l.named[e] = struct{}{}
		}
	}
	flags := kind &^ kindMask
	if kind == Note && prev != 0 && number-prev.segment() > l.files.Reach {
		origin, prev, flags = l.OriginOf(prev), 0, farLink
	}
	start, n := s.end, 1+len(rec)
	if around != nil {
		n = uvarintBytes(around.number) + len(rec)
	}
	if origin != 0 {
		n += originBytes
	}
	d := binary.AppendUvarint(s.data[:start], uint64(n))
	if around != nil {
		d = binary.AppendUvarint(d, uint64(around.number))
	} else {
		d = append(d, 0)
	}
	e := entry{prev: l.back(number, prev), kind: kind & kindMask, flags: flags, outlet: outlet, offset: start}
	if origin != 0 {
		d = binary.LittleEndian.AppendUint64(d, uint64(origin))
		e.flags |= hasOrigin
		if uint64(origin)>>16 < l.files.first {
			s.stored.speaks = max(s.stored.speaks, l.files.speak.Load())
		}
	}
	d = append(d, rec...)
	s.end = len(d)
	if kind == Note {
		l.aside(s, s.end-start)
	}
	s.add(e)
	return at(number, s.count-1)
}

// define writes what the envelope is.
func (l *Log) define(s *segment, e *Envelope) {
	start := s.end
	var around uint32
	if e.Around != nil {
		around = e.Around.number
	}
	d := binary.AppendUvarint(s.data[:start], uint64(1+uvarintBytes(e.number)+uvarintBytes(around)+len(e.Content)))
	d = append(d, 0)
	d = binary.AppendUvarint(d, uint64(e.number))
	d = binary.AppendUvarint(d, uint64(around))
	d = append(d, e.Content...)
	s.end = len(d)
	l.aside(s, s.end-start)
	s.add(entry{kind: Note, outlet: defines, offset: start})
}

// aside notes that so many bytes of the segment are no records of the caller's.
func (l *Log) aside(s *segment, n int) {
	s.stored.beside += n
	l.beside += int64(n)
}

// CanHold reports whether a record of so many bytes in the envelope has room in the store, if
// the log is in one: what is left for notes is not for records.
func (l *Log) CanHold(n int, around *Envelope) bool {
	if l.files == nil {
		return true
	}
	need, layers := l.needed(recordPrefix+n, around)
	if k := len(l.segments); k > 0 && l.segments[k-1].fits(need, layers) && l.around <= l.size && l.plain.use != 0 {
		return true
	}
	for e := around; e != nil; e = e.Around {
		need += len(e.Content) + definitionBytes + storedIndexBytes
	}
	slots := (need + headBytes + storedIndexBytes + l.size) / l.size
	if l.memory.Free()-slots < l.files.reserve {
		return false
	}
	l.ended = len(l.segments) > 0 && l.plain.use == 0 // notes had no room for a while
	return true
}

// canHold reports whether the area, or a new one, has n bytes in the files.
func (l *Log) canHold(in **area, n int) bool {
	if a := *in; a != nil && a.rest() >= n {
		return a.use != 0
	}
	return l.memory.Free()*l.size >= max(n, l.size)
}
