// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

// counts counts findings: a hash table that only grows, at most a quarter full. Every
// trace has some, mostly of the same few, so counting must cost next to nothing;
// a map takes several times as long.
type counts struct {
	slots []counted // a power of two long
	used  int
}

type counted struct {
	key uint64 // the finding, packed
	n   int    // 0 is a free slot
	// example is the first of them, where that is kept.
	example Example
}

const minCounts = 64

func (f Finding) pack() uint64 {
	return uint64(f.Service) | uint64(f.Peer)<<16 | uint64(f.What)<<32 | uint64(f.Kind)<<40 | uint64(f.Reason)<<48
}

func unpack(key uint64) Finding {
	return Finding{Service: uint16(key), Peer: uint16(key >> 16), What: What(key >> 32), Kind: Kind(key >> 40), Reason: Reason(key >> 48)}
}

func (c *counts) add(f Finding) *counted {
	if 4*(c.used+1) > len(c.slots) {
		c.grow()
	}
	key := f.pack()
	s := c.slot(key)
	if s.n == 0 {
		s.key = key
		c.used++
	}
	s.n++
	return s
}

func (c *counts) example(f Finding) Example {
	if len(c.slots) == 0 {
		return Example{}
	}
	return c.slot(f.pack()).example
}

// slot is where key is or would be. A free slot always exists.
func (c *counts) slot(key uint64) *counted {
	mask := len(c.slots) - 1
	for i := int(key*0x9e3779b97f4a7c15>>32) & mask; ; i = (i + 1) & mask {
		if s := &c.slots[i]; s.n == 0 || s.key == key {
			return s
		}
	}
}

func (c *counts) grow() {
	old := c.slots
	c.slots = make([]counted, max(minCounts, 2*len(old)))
	for i := range old {
		if old[i].n > 0 {
			*c.slot(old[i].key) = old[i]
		}
	}
}

func (c *counts) clear() {
	if c.used > 0 {
		clear(c.slots)
		c.used = 0
	}
}

func (c *counts) all(yield func(Finding, int) bool) {
	for i := range c.slots {
		if s := &c.slots[i]; s.n > 0 && !yield(unpack(s.key), s.n) {
			return
		}
	}
}
