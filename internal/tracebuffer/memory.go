// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import "github.com/otelcol-correlation/correlationprocessor/internal/sampling"

// memory remembers verdicts in two generations: when the young one is full it
// becomes the old one, whose verdicts are forgotten. Expiry costs nothing per
// verdict, and there are no false answers: the key is the whole low half of the
// trace id.
type memory struct {
	young, old generation
	limit      int // verdicts per generation
}

func (m *memory) put(key uint64, v sampling.Verdict) {
	if m.limit == 0 {
		return
	}
	if m.young.count >= m.limit {
		m.old, m.young = m.young, m.old
		m.young.clear()
	}
	m.young.put(key, v.Pack())
}

func (m *memory) get(key uint64) (sampling.Verdict, bool) {
	p := m.young.get(key)
	if p == 0 {
		p = m.old.get(key)
	}
	if p == 0 {
		return sampling.Verdict{}, false
	}
	return p.Unpack(), true
}

func (m *memory) len() int { return m.young.count + m.old.count }

func (m *memory) bytes() int64 {
	return int64(len(m.young.keys)+len(m.old.keys)) * slotBytes
}

// slotBytes is the size of a slot: an 8-byte key and a 4-byte verdict. At most
// three quarters of the slots are taken, and right after a doubling three
// eighths: 16 to 32 bytes a verdict.
const slotBytes = 12

// generation is a hash table from key to a verdict that only grows.
type generation struct {
	keys  []uint64
	vals  []sampling.Packed
	count int
}

func (g *generation) get(key uint64) sampling.Packed {
	if g.count == 0 {
		return 0
	}
	return g.vals[g.slot(key)]
}

func (g *generation) put(key uint64, val sampling.Packed) {
	if 4*(g.count+1) > 3*len(g.keys) {
		g.grow()
	}
	i := g.slot(key)
	if g.vals[i] == 0 {
		g.keys[i] = key
		g.count++
	}
	g.vals[i] = val
}

// clear empties the table and keeps its slots.
func (g *generation) clear() {
	clear(g.vals)
	g.count = 0
}

// slot is where key is or would be. A free slot always exists.
func (g *generation) slot(key uint64) int {
	mask := len(g.keys) - 1
	for i := int(mix(key)) & mask; ; i = (i + 1) & mask {
		if g.vals[i] == 0 || g.keys[i] == key {
			return i
		}
	}
}

func (g *generation) grow() {
	old := *g
	size := max(64, 2*len(old.keys))
	*g = generation{keys: make([]uint64, size), vals: make([]sampling.Packed, size), count: old.count}
	for i, v := range old.vals {
		if v != 0 {
			j := g.slot(old.keys[i])
			g.keys[j], g.vals[j] = old.keys[i], v
		}
	}
}

// mix spreads the bits of a key over the word (the finaliser of SplitMix64), so
// that neither shards nor slots follow the bits that sampling looks at.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
