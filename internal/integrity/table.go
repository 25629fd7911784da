// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

// table finds the traces whose window is open: open addressing with linear
// probing, the entries in the slots, so that an item costs one cache miss. It has
// no pointers, so the garbage collector never looks into it.
//
// A key is the mixed low half of a trace id: mix loses nothing and is reckoned once
// an item, however many tables are asked.
//
// A pointer to an entry is good until the next insert or remove.
type table struct {
	slots []entry // a power of two long
	count int
}

// entry is a trace whose window is open. Two fill a cache line.
type entry struct {
	key, high  uint64
	randomness uint64 // explicit, plus 1
	newest     uint32 // position of its newest link
	used       bool
	giant      bool
	truncated  bool
	conflict   bool
}

const (
	// entryBytes is the size of a slot, of which 3/8 to 3/4 are taken.
	entryBytes = 32
	// minSlots is the smallest size of a table.
	minSlots = 16
)

func (t *table) home(key uint64) int { return int(key) & (len(t.slots) - 1) }

// slot is where key is or would be. There must be slots.
func (t *table) slot(key uint64) int {
	i := t.home(key)
	for t.slots[i].used && t.slots[i].key != key {
		i = (i + 1) & (len(t.slots) - 1)
	}
	return i
}

// find returns the entry of key, or nil.
func (t *table) find(key uint64) *entry {
	if t.count == 0 {
		return nil
	}
	if e := &t.slots[t.slot(key)]; e.used {
		return e
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

// growth is by how many slots the next insert makes the table longer.
func (t *table) growth() int {
	if 4*(t.count+1) > 3*len(t.slots) {
		return max(minSlots, len(t.slots))
	}
	return 0
}

// insert returns a new entry for key, which must not be there.
func (t *table) insert(key uint64) *entry {
	if n := t.growth(); n > 0 {
		t.resize(len(t.slots) + n)
	}
	t.count++
	e := &t.slots[t.slot(key)]
	*e = entry{key: key, used: true}
	return e
}

// remove takes out the entry of key, which must be there, and moves those that
// were pushed past its slot back, so that no tombstone lengthens a search.
func (t *table) remove(key uint64) {
	mask := len(t.slots) - 1
	hole := t.slot(key)
	for i := (hole + 1) & mask; t.slots[i].used; i = (i + 1) & mask {
		// The entry at i may fill the hole if its home is not between the two.
		if home := t.home(t.slots[i].key); (i-home)&mask >= (i-hole)&mask {
			t.slots[hole] = t.slots[i]
			hole = i
		}
	}
	t.slots[hole] = entry{}
	t.count--
	if len(t.slots) > minSlots && t.count < len(t.slots)/16 {
		t.resize(len(t.slots) / 2)
	}
}

func (t *table) resize(n int) {
	old := t.slots
	t.slots = make([]entry, n)
	for i := range old {
		if old[i].used {
			t.slots[t.slot(old[i].key)] = old[i]
		}
	}
}
