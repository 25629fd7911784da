// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"math/bits"
	"sync/atomic"

	"github.com/otelcol-correlation/correlationprocessor/internal/route/segment"
)

// children are the children of a node as readers find them. The first few that are
// literal or have a suffix are found without another object in between: most
// nodes have no more, and a walk waits for memory more than for anything else.
// Slots are filled, and emptied when a child is cut off; a child never moves
// from one to another, so a reader never misses one that stays.
type children struct {
	// tags holds 15 bits of the hash of each of near, the lowest bit set, and
	// in the highest lane what else there is: zero means no children.
	tags atomic.Uint64
	near [nearChildren]atomic.Uint32
	wild atomic.Uint32 // the child for values without a suffix
}

const (
	nearChildren = 3
	tagBits      = 16
	lowBits      = 0x0001_0001_0001 // of the lanes of near
	hasTable     = 1 << (nearChildren * tagBits)
	hasLong      = hasTable << 1 // a label is longer than its ends
	tableSlots   = 8             // of the smallest table
)

// A table holds the children for which near has no room: open addressing,
// never more than half full. It is a run of slots in the tree's arena. A slot is
// half of the child's hash and, in the lower half, the child, so that a miss
// touches no node; it is zero until it is filled, and gone when the child is cut
// off. To grow, the table is replaced.
const (
	slotNode = 1<<32 - 1
	gone     = 1 << 32 // no node
)

// table returns the slots of n, which has a table.
func (t *tree) table(n *node) []atomic.Uint64 {
	of := n.table.Load()
	return t.slots.run(of>>tableBits*tableSlots-firstChunk, 1<<(of&(1<<tableBits-1)))
}

// tableBits of a node's table are the logarithm of its length; the others tell
// where it begins, counted in the smallest tables.
const tableBits = 5

func put(slots []atomic.Uint64, c *node, hash uint64) {
	mask := uint64(len(slots) - 1)
	i := hash & mask
	for slots[i].Load() != 0 {
		i = (i + 1) & mask
	}
	slots[i].Store(hash&^slotNode | uint64(c.self))
}

func tagOf(hash uint64) uint64 { return hash>>(64-tagBits) | 1 }

// child returns the child that x stands for.
func (t *tree) child(n *node, x segment.Key, value bool, key segment.Class) *node {
	tags := n.tags.Load()
	if tags == 0 || len(x.Text) > segment.EndsLength && tags&hasLong == 0 {
		return nil
	}
	h := x.Hash(value, key)
	// A lane of zero, found by the borrow it causes: which child it is cannot
	// be predicted, so a branch for each would cost more. A borrow may mark a
	// lane too many, as the tag may, so the child is compared in any case.
	lanes := tags ^ tagOf(h)*lowBits
	for hits := (lanes - lowBits) &^ lanes & (lowBits << (tagBits - 1)); hits != 0; hits &= hits - 1 {
		if c := t.node(n.near[bits.TrailingZeros64(hits)/tagBits%nearChildren].Load()); c != nil && t.is(c, x, value, key) {
			return c
		}
	}
	if tags&hasTable == 0 {
		return nil
	}
	return t.farChild(t.table(n), h, x, value, key)
}

func (t *tree) farChild(slots []atomic.Uint64, h uint64, x segment.Key, value bool, key segment.Class) *node {
	mask := uint64(len(slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		s := slots[i].Load()
		if s == 0 {
			return nil
		}
		if (s^h)&^slotNode == 0 && s != gone {
			if c := t.at(uint32(s & slotNode)); t.is(c, x, value, key) {
				return c
			}
		}
	}
}

// is reports whether c is the child that x stands for.
func (t *tree) is(c *node, x segment.Key, value bool, key segment.Class) bool {
	return c.Ends == x.Ends && c.length == x.Length() && c.value == value &&
		(!value || c.key == key) && (len(x.Text) <= segment.EndsLength || t.label(c) == x.Text)
}

// hash returns the hash of the text that a node stands for.
func (t *tree) hash(c *node) uint64 {
	if c.length > segment.EndsLength {
		return segment.ReadKey(t.label(c)).Hash(c.value, c.key)
	}
	return c.Ends.Hash(int(c.length), c.value, c.key)
}

// adopt publishes c as a child.
func (t *tree) adopt(n, c *node) {
	c.parent = n.self
	t.append(n, c)
	if n.isWild(c) {
		n.wild.Store(c.self)
		return
	}
	if c.length > segment.EndsLength {
		n.tags.Store(n.tags.Load() | hasLong)
	}
	hash := t.hash(c)
	if n.adoptNear(c, hash) {
		return
	}
	if n.tags.Load()&hasTable != 0 {
		if slots := t.table(n); 2*int(n.far+1) <= len(slots) {
			put(slots, c, hash)
			n.far++
			return
		}
	}
	t.grow(n)
}

// append closes the ring of children behind c.
func (t *tree) append(n, c *node) {
	c.next = c.self
	if n.youngest != 0 {
		youngest := t.at(n.youngest)
		youngest.next, c.next = c.self, youngest.next
	}
	n.youngest = c.self
}

// isWild: values without a suffix have a place of their own.
func (n *node) isWild(c *node) bool { return c.value && c.length == 0 && !n.pure }

// adoptNear stores c in a free slot near by, the node before the tag.
func (n *node) adoptNear(c *node, hash uint64) bool {
	for i := range n.near {
		if n.near[i].Load() == 0 {
			n.near[i].Store(c.self)
			lane := i * tagBits
			n.tags.Store(n.tags.Load()&^(0xffff<<lane) | tagOf(hash)<<lane)
			return true
		}
	}
	return false
}

// isNear reports whether c has a slot near by.
func (n *node) isNear(c *node) bool {
	for i := range n.near {
		if n.near[i].Load() == c.self {
			return true
		}
	}
	return false
}

// grow makes a table of the present children that are not near.
func (t *tree) grow(n *node) {
	n.far = 0
	for c := range t.children(n) {
		if n.isFar(c) {
			n.far++
		}
	}
	size := max(bits.Len32(3*n.far-1), bits.Len(tableSlots-1))
	start := t.slots.addRun(1 << size)
	slots := t.slots.run(start, 1<<size)
	for c := range t.children(n) {
		if n.isFar(c) {
			put(slots, c, t.hash(c))
		}
	}
	n.table.Store((start+firstChunk)/tableSlots<<tableBits | uint32(size))
	n.tags.Store(n.tags.Load() | hasTable)
}

// isFar reports whether c belongs into the table.
func (n *node) isFar(c *node) bool { return !n.isWild(c) && !n.isNear(c) }

// abandon removes the children that drop reports, with all below them.
func (t *tree) abandon(n *node, drop func(*node) bool) (dropped []*node) {
	for c := range t.children(n) {
		if drop(c) {
			dropped = append(dropped, c)
		}
	}
	if len(dropped) == 0 {
		return nil
	}
	all, next := t.children(n), dropped
	n.youngest = 0
	for c := range all {
		if len(next) > 0 && c == next[0] {
			next = next[1:]
			t.unlink(n, c)
		} else {
			t.append(n, c)
		}
	}
	return dropped
}

// unlink hides c from readers.
func (t *tree) unlink(n, c *node) {
	if n.isWild(c) {
		n.wild.Store(0)
		return
	}
	for i := range n.near {
		if n.near[i].Load() == c.self {
			n.near[i].Store(0)
			return
		}
	}
	slots := t.table(n)
	mask := uint64(len(slots) - 1)
	i := t.hash(c) & mask
	for slots[i].Load()&slotNode != uint64(c.self) {
		i = (i + 1) & mask
	}
	slots[i].Store(gone)
}
