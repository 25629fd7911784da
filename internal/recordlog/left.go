// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package recordlog

import (
	"cmp"
	"encoding/binary"
	"hash/crc32"
	"math/bits"
	"slices"
	"sync/atomic"
	"unsafe"

	"github.com/klauspost/compress/s2"

	"github.com/otelcol-correlation/correlationprocessor/internal/storage"
)

// Left is a segment that an earlier process left. It is for one caller at a time.
type Left struct {
	// Log tells the logs apart, and Number is that of the segment in its log.
	Log, Number uint64
	// Count is the number of records, whole or not.
	Count int
	// Order is the segment's place among all that were left, from the oldest, 0.
	Order int

	uid      uint64
	seed     uint64
	state    *uint32
	area     *leftArea
	data     []byte // as segment.data
	end      int    // of the records unpacked
	blocks   []block
	unpacked int // the block that lies in scratch, -1 for none
	scratch  []byte
	damaged  bool // what told the number of records
}

// leftArea is the slots that segments lie in.
type leftArea struct{ slot, slots, live int }

// LeftRecord is a record of a segment that was left.
type LeftRecord struct {
	Origin   Origin // that it is a copy of, or 0
	Envelope uint32 // among those of Envelopes, 0 for none
	Data     []byte // good until the next record is read
}

// LeftEntry is what the index has of it.
type LeftEntry struct {
	Kind, Outlet uint8
	Decided      bool
	Copy         bool // it has an Origin
	Back         uint64
	Record       int // with Back, so many segments before: the record it is linked to, or -1
	// Far marks a note whose Origin is the record that it is linked to.
	Far bool
}

// NewFiles takes the store for logs. It returns the segments that were left there, by log
// and number, and the number of those that are damaged as a whole. Their slots are not
// used until they are Done.
func NewFiles(store *storage.Store) (f *Files, left []*Left, damaged int) {
	f = &Files{store: store, Reach: maxBack}
	slot, all := store.SlotBytes(), store.Slots()
	f.reserve = len(all)/slot/128 + 4
	seen, last := map[uint64]bool{}, uint64(0)
	for at := 0; at < len(all)/slot; {
		segments, n, broken := f.scan(all[at*slot:])
		damaged += broken
		area := &leftArea{slot: at, slots: n}
		for _, s := range segments {
			last = max(last, s.uid, s.seed) // seed is the number of the slots' use until here
			s.seed = seedOf(store.Nonce(), s.uid)
			if s.damaged {
				damaged++
			}
			if s.state == nil || s.Count == 0 {
				continue
			}
			if seen[s.uid] { // packed, and not given back yet
				atomic.StoreUint32(s.state, stateDead)
				continue
			}
			seen[s.uid] = true
			s.area = area
			area.live++
			left = append(left, s)
		}
		if area.live == 0 {
			n = 1 // what lies behind may have been used by itself since
		} else {
			store.Memory().Reserve(at, n)
		}
		at += n
	}
	store.Past(last)
	f.first = store.Number()
	slices.SortFunc(left, func(x, y *Left) int { return cmp.Compare(x.uid, y.uid) })
	for i, s := range left {
		s.Order = i
	}
	slices.SortFunc(left, func(x, y *Left) int {
		return cmp.Or(cmp.Compare(x.Log, y.Log), cmp.Compare(x.Number, y.Number))
	})
	f.done.Store(0)
	if len(left) == 0 {
		f.done.Store(1<<64 - 1)
	}
	return f, left, damaged
}

// scan reads the heads of an area at the beginning of the slots, and returns how many slots
// it has. Of a segment that was given back the state is nil.
func (f *Files) scan(slots []byte) (segments []*Left, n, damaged int) {
	slot := f.store.SlotBytes()
	n = 1
	var use uint64
	for at := 0; ; {
		s, length, area, ok := f.readHead(slots, at, use)
		if !ok {
			if at == 0 && !zero(slots[:headBytes]) && binary.LittleEndian.Uint64(slots) == f.store.Nonce() {
				damaged++
			}
			return segments, n, damaged
		}
		if at == 0 {
			use, n = s.seed, area/slot
			slots = slots[:area]
		}
		segments = append(segments, s)
		if at += aligned(length); at+headBytes > len(slots) {
			return segments, n, damaged
		}
	}
}

func zero(b []byte) bool {
	for _, x := range b {
		if x != 0 {
			return false
		}
	}
	return true
}

// readHead reads the head at the offset, which must be of the use of the slots if that is
// not 0. In seed it leaves the use.
func (f *Files) readHead(slots []byte, at int, use uint64) (s *Left, length, area int, ok bool) {
	h := slots[at:][:headBytes]
	le := binary.LittleEndian
	if le.Uint64(h) != f.store.Nonce() || crc32.Checksum(h[:headSealed], castagnoli) != le.Uint32(h[headSealed:]) {
		return nil, 0, 0, false
	}
	s = &Left{
		seed: le.Uint64(h[8:]), uid: le.Uint64(h[16:]), Log: le.Uint64(h[24:]), Number: le.Uint64(h[32:]),
		end: int(le.Uint32(h[52:])), unpacked: -1,
	}
	length, area = int(le.Uint32(h[40:])), int(le.Uint32(h[44:]))
	blocks, slot := int(le.Uint32(h[56:])), f.store.SlotBytes()
	before := headBytes + blocks*blockBytes
	switch {
	case int(le.Uint32(h[48:])) != at, use != 0 && s.seed != use,
		area <= 0, area%slot != 0, area > len(slots), length < before, at+length > area:
		return nil, 0, 0, false
	}
	room := slots[at:][:length]
	s.data = room[before:]
	s.readState((*uint32)(unsafe.Pointer(&h[headState])), seedOf(f.store.Nonce(), s.uid))
	if blocks > 0 && s.state != nil {
		s.Count, s.damaged = int(le.Uint32(h[60:])), false
	}
	for i := range blocks {
		b := room[headBytes+i*blockBytes:]
		s.blocks = append(s.blocks, block{le.Uint32(b), le.Uint32(b[4:])})
	}
	return s, length, area, true
}

// readState finds out how many records count. A state that is damaged, and not near to
// that of a dead segment, says nothing: then those count whose entries are whole.
func (s *Left) readState(state *uint32, seed uint64) {
	v := atomic.LoadUint32(state)
	most := min(len(s.data)/storedIndexBytes, maxRecords)
	count := int(v & 0xffff)
	switch {
	case v == 0 || bits.OnesCount32(v^stateDead) <= 2:
		return
	case published(count) != v || count > most:
		s.damaged = true
		for count = 0; count < most && s.whole(count, seed); {
			count++
		}
	}
	s.Count, s.state = count, state
}

// whole reports whether what the index has of the i-th record is whole.
func (s *Left) whole(i int, seed uint64) bool {
	b := s.bytesOf(i)
	return binary.LittleEndian.Uint16(b[14:]) == check(b, seed)
}

// Entry returns what the index has of the i-th record, if that is whole.
func (s *Left) Entry(i int) (e LeftEntry, ok bool) {
	if !s.whole(i, s.seed) {
		return e, false
	}
	in := storedEntry(s.bytesOf(i))
	e = LeftEntry{Kind: in.kind, Outlet: in.outlet, Decided: in.flags&Decided != 0, Copy: in.flags&hasOrigin != 0, Far: in.flags&farLink != 0, Record: -1}
	if in.prev != 0 {
		e.Back, e.Record = uint64(in.prev>>16), int(uint16(in.prev))-1
	}
	return e, true
}

// Size is how many bytes the i-th record takes as it was written, or a little more: nothing
// is unpacked for that.
func (s *Left) Size(i int) int {
	end := s.end
	if i+1 < s.Count {
		end = storedEntry(s.bytesOf(i + 1)).offset
	} else if s.blocks == nil {
		end = len(s.data) - s.Count*storedIndexBytes
	}
	return max(0, end-storedEntry(s.bytesOf(i)).offset) + storedIndexBytes
}

func (s *Left) bytesOf(i int) []byte { return s.data[len(s.data)-(i+1)*storedIndexBytes:] }

// Origin is the place of the i-th record.
func (s *Left) Origin(i int) Origin { return originAt(s.uid, i) }

// UID is the segment's number among all that the store ever had: the upper part of the
// origin of its records.
func (o Origin) UID() uint64 { return uint64(o) >> 16 }

// UID is the segment's number among all that the store ever had.
func (s *Left) UID() uint64 { return s.uid }

// Record is the number in its segment.
func (o Origin) Record() int { return int(o & 0xffff) }

// Record returns the i-th record, if it is whole.
func (s *Left) Record(i int) (r LeftRecord, ok bool) {
	b, ok := s.bytes(i)
	if !ok {
		return r, false
	}
	number, n := binary.Uvarint(b)
	if n <= 0 || number > 1<<32-1 {
		return r, false
	}
	r.Envelope = uint32(number)
	b = b[n:]
	if e := storedEntry(s.bytesOf(i)); e.flags&hasOrigin != 0 {
		if len(b) < originBytes {
			return r, false
		}
		r.Origin = Origin(binary.LittleEndian.Uint64(b))
		b = b[originBytes:]
	}
	r.Data = b
	return r, true
}

// bytes returns the bytes of the i-th record, without their length, if they are what its
// entry says.
func (s *Left) bytes(i int) ([]byte, bool) {
	if _, ok := s.Entry(i); !ok {
		return nil, false
	}
	e := storedEntry(s.bytesOf(i))
	start, data := e.offset, s.data[:len(s.data)-s.Count*storedIndexBytes]
	if s.blocks != nil {
		first, block, ok := s.block(start)
		if !ok {
			return nil, false
		}
		start, data = start-first, block
	}
	if start < 0 || start > len(data) {
		return nil, false
	}
	length, n := binary.Uvarint(data[start:])
	if n <= 0 || length > uint64(len(data)-start-n) {
		return nil, false
	}
	whole := data[start : start+n+int(length)]
	return whole[n:], crc32.Checksum(whole, castagnoli) == binary.LittleEndian.Uint32(s.bytesOf(i)[8:])
}

// block returns the records of the packed block that the offset is in, and the offset of
// the first one.
func (s *Left) block(offset int) (start int, data []byte, ok bool) {
	i := len(s.blocks) - 1
	for i > 0 && int(s.blocks[i].start) > offset {
		i--
	}
	start = int(s.blocks[i].start)
	if i == s.unpacked {
		return start, s.scratch, true
	}
	from, end := int(s.blocks[i].at), len(s.data)-s.Count*storedIndexBytes
	if i+1 < len(s.blocks) {
		end = int(s.blocks[i+1].at)
	}
	if from < 0 || from > end || end > len(s.data) {
		return 0, nil, false
	}
	packed := s.data[from:end]
	if n, err := s2.DecodedLen(packed); err != nil || n > s.end {
		return 0, nil, false
	}
	data, err := s2.Decode(s.scratch[:cap(s.scratch)], packed)
	if err != nil {
		return 0, nil, false
	}
	s.scratch, s.unpacked = data, i
	return start, data, true
}

// Envelopes returns what the records of the segment name, as intern makes it of the
// content in what is around it, which may be nil. What is damaged is missing.
func (s *Left) Envelopes(intern func(around *Envelope, content []byte) *Envelope) map[uint32]*Envelope {
	type definition struct {
		around  uint32
		content []byte
	}
	found, made := map[uint32]definition{}, map[uint32]*Envelope{}
	for i := range s.Count {
		if e, ok := s.Entry(i); !ok || e.Kind != Note || e.Outlet != defines {
			continue
		}
		r, ok := s.Record(i)
		if !ok {
			continue
		}
		number, n := binary.Uvarint(r.Data)
		if n <= 0 {
			continue
		}
		around, m := binary.Uvarint(r.Data[n:])
		if m <= 0 {
			continue
		}
		found[uint32(number)] = definition{uint32(around), slices.Clone(r.Data[n+m:])}
	}
	var read func(number uint32, deep int) *Envelope
	read = func(number uint32, deep int) *Envelope {
		if e := made[number]; e != nil {
			return e
		}
		d, ok := found[number]
		if !ok || deep > maxLayers {
			return nil
		}
		var around *Envelope
		if d.around != 0 {
			if around = read(d.around, deep+1); around == nil {
				return nil
			}
		}
		made[number] = intern(around, d.content)
		return made[number]
	}
	for number := range found {
		read(number, 1)
	}
	return made
}

// maxLayers is how many envelopes may lie around each other: those of metadata, resource
// and scope, and some more.
const maxLayers = 8

// Speak says that copies are about to be written of records in segments up to this one.
func (f *Files) Speak(of *Left) { f.speak.Store(max(f.speak.Load(), uint64(of.Order)+1)) }

// Done gives the segment back: nothing of it is left that is not elsewhere. All that were
// left are to be Done in their Order.
func (f *Files) Done(s *Left) {
	atomic.StoreUint32(s.state, stateDead)
	s.scratch, s.unpacked = nil, -1
	f.done.Store(uint64(s.Order) + 1)
	if s.area.live--; s.area.live == 0 {
		f.store.Memory().Release(s.area.slot, s.area.slots)
	}
}

// AllDone says that nothing is left.
func (f *Files) AllDone() { f.done.Store(1<<64 - 1) }
