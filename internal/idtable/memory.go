// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package idtable

import "math/bits"

// Memory remembers a value that is not 0 for each of the latest keys, in two
// generations: when the young one is full it becomes the old one, whose keys are
// forgotten. So to forget costs nothing a key, and there are no false answers.
type Memory struct {
	// Keeps has what is asked for stay: it is put again before its generation ends.
	Keeps bool

	young, old generation
	limit      int // keys a generation
	// cut: something was remembered of an id without a high half; halves: something
	// that such an id finds was of a whole one. Most senders need neither look-up.
	cut, halves bool
}

// NewMemory returns a memory that takes at most so many bytes. A key takes 17 to
// 34 of them.
func NewMemory(bytes int) Memory { return Memory{limit: limitFor(bytes / 2)} }

// limitFor is how many keys a generation may have whose table may grow to so many
// bytes: it doubles, so that is for the largest power of two of lines.
func limitFor(bytes int) int {
	n := bytes / lineBytes
	if n < minLines {
		return 0
	}
	return maxTaken(1 << (bits.Len(uint(n)) - 1))
}

// Put remembers value, which is not 0. It starts a new generation if the young one
// is full.
func (m *Memory) Put(key uint64, value uint32) {
	if m.limit == 0 {
		return
	}
	if m.Full() {
		m.Rotate()
	}
	m.young.put(key, value)
}

// Remember puts the value for the trace that lies or would lie under key at in a
// table, with the key of its own. Where byHalf is set, ids that are the low half of
// the trace's find it as well, which takes a second place.
func (m *Memory) Remember(at, own uint64, value uint32, byHalf bool) {
	m.Put(own, value)
	if own != at && byHalf {
		m.Put(forCut(at), value)
		m.halves = true
	}
	m.cut = m.cut || own&apart == 0
}

// Recall returns what was remembered last for the id with the key (KeyOf) and the high
// half, or 0. What was remembered of the low half alone holds for every whole id.
func (m *Memory) Recall(key, high uint64) uint32 {
	own := Own(key, high)
	v := m.Get(own)
	switch {
	case v != 0:
	case own == key && m.halves:
		v = m.Get(forCut(key))
	case own != key && m.cut:
		v = m.Get(key)
	}
	return v
}

// Full reports whether the young generation takes no more.
func (m *Memory) Full() bool { return m.young.count >= m.limit }

// Rotate starts a new generation.
func (m *Memory) Rotate() {
	m.young, m.old = m.old, m.young
	m.young.clear()
}

// Get returns what was put last, or 0.
func (m *Memory) Get(key uint64) uint32 {
	v := m.young.get(key)
	if v != 0 {
		return v
	}
	if v = m.old.get(key); v != 0 && m.Keeps {
		m.Put(key, v)
	}
	return v
}

// Touch does for both generations what Table.Touch does for a table, TouchYoung
// for the one that Put goes to.
func (m *Memory) Touch(key uint64) uint64 { return m.young.touch(key) + m.old.touch(key) }

// TouchYoung is Touch for who is about to Put.
func (m *Memory) TouchYoung(key uint64) uint64 { return m.young.touch(key) }

// Len is the number of values; of a key in both generations it counts both.
func (m *Memory) Len() int { return m.young.count + m.old.count }

// Bytes is the memory taken.
func (m *Memory) Bytes() int { return (len(m.young.lines) + len(m.old.lines)) * lineBytes }

// generation is a hash table that only grows, to a power of two of lines.
type generation struct {
	lines []line
	count int
}

// line is what shares a cache line: a search seldom reads more than one. Its
// slots are taken from the first; a value of 0 is a free one.
type line struct {
	keys   [lineSlots]uint64
	values [lineSlots]uint32
	_      uint32
}

const (
	lineSlots = 5
	lineBytes = 64
	minLines  = 4
)

// maxTaken is how many slots of so many lines are taken at most, 3/4.
func maxTaken(lines int) int { return 3 * lineSlots * lines / 4 }

func (g *generation) touch(key uint64) uint64 {
	if g.count == 0 {
		return 0
	}
	return g.lines[int(key)&(len(g.lines)-1)].keys[0]
}

func (g *generation) get(key uint64) uint32 {
	if g.count == 0 {
		return 0
	}
	_, v := g.slot(key)
	return *v
}

func (g *generation) put(key uint64, value uint32) {
	if g.count >= maxTaken(len(g.lines)) {
		g.grow()
	}
	k, v := g.slot(key)
	if *v == 0 {
		g.count++
	}
	*k, *v = key, value
}

// clear empties the table and keeps its lines.
func (g *generation) clear() {
	clear(g.lines)
	g.count = 0
}

// slot is where key is or would be. A free slot always exists.
func (g *generation) slot(key uint64) (*uint64, *uint32) {
	mask := len(g.lines) - 1
	for i := int(key) & mask; ; i = (i + 1) & mask {
		l := &g.lines[i]
		for j := range l.keys {
			if l.values[j] == 0 || l.keys[j] == key {
				return &l.keys[j], &l.values[j]
			}
		}
	}
}

func (g *generation) grow() {
	old := g.lines
	g.lines = make([]line, max(minLines, 2*len(old)))
	for i := range old {
		for j, v := range old[i].values {
			if v != 0 {
				k, to := g.slot(old[i].keys[j])
				*k, *to = old[i].keys[j], v
			}
		}
	}
}
