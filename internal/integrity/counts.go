// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

// counts counts findings: a hash table that only grows, at most half full. Every
// trace has some, mostly of the same few, so counting must cost next to nothing;
// a map takes several times as long.
type counts struct {
	slots []counted // a power of two long
	used  int
}

type counted struct {
	Finding
	n int // 0 is a free slot
}

const minCounts = 64

func (c *counts) add(f Finding) {
	if 2*(c.used+1) > len(c.slots) {
		c.grow()
	}
	s := c.slot(f)
	if s.n == 0 {
		s.Finding = f
		c.used++
	}
	s.n++
}

// slot is where f is or would be. A free slot always exists.
func (c *counts) slot(f Finding) *counted {
	mask := len(c.slots) - 1
	for i := int(f.hash()>>32) & mask; ; i = (i + 1) & mask {
		if s := &c.slots[i]; s.n == 0 || s.Finding == f {
			return s
		}
	}
}

func (f Finding) hash() uint64 {
	packed := uint64(f.Service) | uint64(f.Peer)<<16 | uint64(f.What)<<32 | uint64(f.Kind)<<40 | uint64(f.Reason)<<48
	return packed * 0x9e3779b97f4a7c15
}

func (c *counts) grow() {
	old := c.slots
	c.slots = make([]counted, max(minCounts, 2*len(old)))
	for i := range old {
		if old[i].n > 0 {
			*c.slot(old[i].Finding) = old[i]
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
		if s := &c.slots[i]; s.n > 0 && !yield(s.Finding, s.n) {
			return
		}
	}
}
