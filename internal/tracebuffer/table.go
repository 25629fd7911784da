// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

// table finds entries by key: open addressing with linear probing, the entries
// in the slots, so that a record costs one cache miss. It has no pointers, so
// the garbage collector never looks into it.
//
// A pointer to an entry is good until the next insert or remove.
type table struct {
	slots []entry // a power of two long
	count int
}

// minSlots is the smallest size of a table.
const minSlots = 64

func (t *table) home(key uint64) int { return int(mix(key)) & (len(t.slots) - 1) }

// find returns the entry of key, or nil.
func (t *table) find(key uint64) *entry {
	if t.count == 0 {
		return nil
	}
	mask := len(t.slots) - 1
	for i := t.home(key); t.slots[i].used; i = (i + 1) & mask {
		if t.slots[i].key == key {
			return &t.slots[i]
		}
	}
	return nil
}

// touch reads the slot where key would be, to have it in the cache.
func (t *table) touch(key uint64) uint64 {
	if len(t.slots) == 0 {
		return 0
	}
	return t.slots[t.home(key)].key
}

// insert returns a new entry for key, which must not be there.
func (t *table) insert(key uint64) *entry {
	if 4*(t.count+1) > 3*len(t.slots) {
		t.resize(max(minSlots, 2*len(t.slots)))
	}
	t.count++
	e := &t.slots[t.free(key)]
	*e = entry{key: key, used: true}
	return e
}

// free returns the slot for a key that is not there.
func (t *table) free(key uint64) int {
	i := t.home(key)
	for t.slots[i].used {
		i = (i + 1) & (len(t.slots) - 1)
	}
	return i
}

// remove takes out the entry of key, which must be there, and moves those that
// were pushed past its slot back, so that no tombstone lengthens a search.
func (t *table) remove(key uint64) {
	mask := len(t.slots) - 1
	hole := t.home(key)
	for t.slots[hole].key != key || !t.slots[hole].used {
		hole = (hole + 1) & mask
	}
	for i := (hole + 1) & mask; t.slots[i].used; i = (i + 1) & mask {
		// The entry at i may fill the hole if its home is not between the two.
		if home := t.home(t.slots[i].key); (i-home)&mask >= (i-hole)&mask {
			t.slots[hole] = t.slots[i]
			hole = i
		}
	}
	t.slots[hole] = entry{}
	t.count--
	if len(t.slots) > 4096 && t.count < len(t.slots)/8 {
		t.resize(len(t.slots) / 2)
	}
}

func (t *table) resize(n int) {
	old := t.slots
	t.slots = make([]entry, n)
	for i := range old {
		if old[i].used {
			t.slots[t.free(old[i].key)] = old[i]
		}
	}
}
