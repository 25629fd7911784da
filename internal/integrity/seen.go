// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

import "math/bits"

// seen remembers the traces that were examined, and when, so that their late
// items do not pass for traces of their own. It has two generations: when the
// young one is full or old, it becomes the old one, which is forgotten.
type seen struct {
	young, old instants
	limit      int   // traces a generation
	born       int64 // when the young generation began, Unix seconds
}

// generationSeconds is how long a generation lasts: a trace is remembered for
// once to twice as long, unless the memory is full before.
const generationSeconds = 600

func (s *seen) put(now int64, key uint64, at uint32) {
	if s.young.count >= s.limit || now-s.born > generationSeconds {
		s.young, s.old = s.old, s.young
		s.young.clear()
		s.born = now
	}
	if s.limit > 0 {
		s.young.put(key, at)
	}
}

// get returns the time that was put, or 0.
func (s *seen) get(key uint64) uint32 {
	if at := s.young.get(key); at != 0 {
		return at
	}
	return s.old.get(key)
}

// touch reads the lines where key would be, to have them in the cache.
func (s *seen) touch(key uint64) uint64 { return s.young.touch(key) + s.old.touch(key) }

func (s *seen) bytes() int { return (len(s.young.lines) + len(s.old.lines)) * lineBytes }

// seenLimit is how many traces a generation may remember whose table may grow to
// so many bytes: it doubles, so that is the largest power of two of lines.
func seenLimit(bytes int) int {
	lines := bytes / lineBytes
	if lines == 0 {
		return 0
	}
	return maxTaken(1 << (bits.Len(uint(lines)) - 1))
}

// line is what shares a cache line: a search seldom reads more than one. Its
// slots are taken from the first; a time of 0 is a free one.
type line struct {
	keys [lineSlots]uint64
	at   [lineSlots]uint32
	_    uint32
}

const (
	lineSlots = 5
	lineBytes = 64
	minLines  = 4
)

// maxTaken is how many slots of so many lines are taken at most, 3/4.
func maxTaken(lines int) int { return 3 * lineSlots * lines / 4 }

// instants is a hash table from key to a time that is not 0. It only grows, to a
// power of two of lines. It has no pointers, so the garbage collector never looks
// into it.
type instants struct {
	lines []line
	count int
}

func (t *instants) touch(key uint64) uint64 {
	if t.count == 0 {
		return 0
	}
	return t.lines[int(key)&(len(t.lines)-1)].keys[0]
}

func (t *instants) get(key uint64) uint32 {
	if t.count == 0 {
		return 0
	}
	_, at := t.slot(key)
	return *at
}

func (t *instants) put(key uint64, at uint32) {
	if t.count >= maxTaken(len(t.lines)) {
		t.grow()
	}
	k, old := t.slot(key)
	if *old == 0 {
		t.count++
	}
	*k, *old = key, at
}

func (t *instants) clear() {
	clear(t.lines)
	t.count = 0
}

// slot is where key is or would be. A free slot always exists.
func (t *instants) slot(key uint64) (*uint64, *uint32) {
	mask := len(t.lines) - 1
	for i := int(key) & mask; ; i = (i + 1) & mask {
		l := &t.lines[i]
		for j := range l.keys {
			if l.at[j] == 0 || l.keys[j] == key {
				return &l.keys[j], &l.at[j]
			}
		}
	}
}

func (t *instants) grow() {
	old := t.lines
	t.lines = make([]line, max(minLines, 2*len(old)))
	for i := range old {
		for j, at := range old[i].at {
			if at != 0 {
				k, to := t.slot(old[i].keys[j])
				*k, *to = old[i].keys[j], at
			}
		}
	}
}

// mix spreads the bits of a key over the word (the finaliser of SplitMix64).
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
