// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package idtable

import "unsafe"

// Table is a map from trace to V, which should hold no pointer. The values lie in
// the slots. The zero Table is empty.
//
// A pointer to a value is good until the next Insert or Remove.
type Table[V any] struct {
	slots []slot[V] // a power of two long, 1/16 to 3/4 taken
	count int
	apart int // of them, those that lie under keys of their own
}

type slot[V any] struct {
	key   uint64 // 0 is a free slot
	high  uint64 // of the id, 0 while only its low half is known
	value V
}

// Meeting says how an id and that of a trace in the table go together.
type Meeting uint8

// The meetings.
const (
	// Missed: the table has no such trace.
	Missed Meeting = iota
	// Same: the ids are equal.
	Same
	// ByHalf: the trace's id is known as a whole, and this one is its low half.
	ByHalf
	// Completed: of the trace's id only the low half was known until now.
	Completed
)

// minSlots is the smallest size of a table.
const minSlots = 16

func (t *Table[V]) home(key uint64) int { return int(key) & (len(t.slots) - 1) }

// slot is where key is or would be. There must be slots.
func (t *Table[V]) slot(key uint64) int {
	i := t.home(key)
	for t.slots[i].key != 0 && t.slots[i].key != key {
		i = (i + 1) & (len(t.slots) - 1)
	}
	return i
}

// Meet returns the value of the trace that the id with the key (KeyOf) and the high
// half belongs to, or nil, and the key that it lies under or would be inserted under.
// What it learns of the trace's id it keeps.
func (t *Table[V]) Meet(key, high uint64) (v *V, at uint64, m Meeting) {
	if t.count == 0 {
		return nil, key, Missed
	}
	s := &t.slots[t.slot(key)]
	at = key
	switch {
	case s.key == 0:
	case s.high == high:
		return &s.value, key, Same
	case high == 0:
		return &s.value, key, ByHalf
	case s.high != 0:
		at = Own(key, high)
	}
	if t.apart > 0 {
		if own := Own(key, high); own != key {
			if found := t.Find(own); found != nil {
				return found, own, Same
			}
		}
	}
	if s.key != 0 && s.high == 0 {
		s.high = high
		return &s.value, key, Completed
	}
	return nil, at, Missed
}

// Find returns the value that lies under the key, or nil.
func (t *Table[V]) Find(key uint64) *V {
	if t.count == 0 {
		return nil
	}
	if s := &t.slots[t.slot(key)]; s.key != 0 {
		return &s.value
	}
	return nil
}

// Touch reads the slot where key would be, to have it in the cache. It returns
// what it read, for the read not to be optimised away.
func (t *Table[V]) Touch(key uint64) uint64 {
	if len(t.slots) == 0 {
		return 0
	}
	return t.slots[t.home(key)].key
}

// Own returns the key of its own (Own) of the trace that lies under the key, or the
// key itself if there is none.
func (t *Table[V]) Own(key uint64) uint64 {
	if t.count == 0 {
		return key
	}
	return Own(key, t.slots[t.slot(key)].high)
}

// High returns the high half of the id of the trace that lies under the key, which must be
// there.
func (t *Table[V]) High(key uint64) uint64 { return t.slots[t.slot(key)].high }

// Insert returns the zero value, now that of the trace with the key, which must not
// be there, and with the high half.
func (t *Table[V]) Insert(key, high uint64) *V {
	if t.full(1) {
		t.resize(max(minSlots, 2*len(t.slots)))
	}
	t.count++
	if key&apart != 0 {
		t.apart++
	}
	s := &t.slots[t.slot(key)]
	s.key, s.high = key, high
	return &s.value
}

// full reports whether the table has to grow for n more.
func (t *Table[V]) full(n int) bool { return 4*(t.count+n) > 3*len(t.slots) }

// Remove takes out key, which must be there, and moves those that were pushed past
// its slot back, so that no tombstone lengthens a search.
func (t *Table[V]) Remove(key uint64) {
	mask := len(t.slots) - 1
	hole := t.slot(key)
	for i := (hole + 1) & mask; t.slots[i].key != 0; i = (i + 1) & mask {
		// What is at i may fill the hole if its home is not between the two.
		if home := t.home(t.slots[i].key); (i-home)&mask >= (i-hole)&mask {
			t.slots[hole] = t.slots[i]
			hole = i
		}
	}
	t.slots[hole] = slot[V]{}
	t.count--
	if key&apart != 0 {
		t.apart--
	}
	if len(t.slots) > minSlots && t.count < len(t.slots)/16 {
		t.resize(len(t.slots) / 2)
	}
}

func (t *Table[V]) resize(n int) {
	old := t.slots
	t.slots = make([]slot[V], n)
	for i := range old {
		if key := old[i].key; key != 0 {
			t.slots[t.slot(key)] = old[i]
		}
	}
}

// Len is the number of keys.
func (t *Table[V]) Len() int { return t.count }

// Bytes is the memory taken.
func (t *Table[V]) Bytes() int { return len(t.slots) * t.slotBytes() }

// Growth is by how many bytes the table grows next, if it does so for n more keys,
// else 0.
func (t *Table[V]) Growth(n int) int {
	if !t.full(n) {
		return 0
	}
	return max(minSlots, len(t.slots)) * t.slotBytes()
}

func (t *Table[V]) slotBytes() int { return int(unsafe.Sizeof(slot[V]{})) }
