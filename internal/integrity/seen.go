// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

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

func (s *seen) bytes() int { return (len(s.young.keys) + len(s.old.keys)) * instantBytes }

// instantBytes is the size of a slot: an 8-byte key and a 4-byte time.
const instantBytes = 12

// instants is a hash table from key to a time that is not 0. It only grows, to a
// power of two, at most three quarters full.
type instants struct {
	keys  []uint64
	at    []uint32
	count int
}

func (t *instants) get(key uint64) uint32 {
	if t.count == 0 {
		return 0
	}
	return t.at[t.slot(key)]
}

func (t *instants) put(key uint64, at uint32) {
	if 4*(t.count+1) > 3*len(t.keys) {
		t.grow()
	}
	i := t.slot(key)
	if t.at[i] == 0 {
		t.keys[i] = key
		t.count++
	}
	t.at[i] = at
}

func (t *instants) clear() {
	clear(t.at)
	t.count = 0
}

// slot is where key is or would be. A free slot always exists.
func (t *instants) slot(key uint64) int {
	mask := len(t.keys) - 1
	for i := int(mix(key)) & mask; ; i = (i + 1) & mask {
		if t.at[i] == 0 || t.keys[i] == key {
			return i
		}
	}
}

func (t *instants) grow() {
	old := *t
	size := max(64, 2*len(old.keys))
	*t = instants{keys: make([]uint64, size), at: make([]uint32, size), count: old.count}
	for i, at := range old.at {
		if at != 0 {
			j := t.slot(old.keys[i])
			t.keys[j], t.at[j] = old.keys[i], at
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
