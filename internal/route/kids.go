// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"math/bits"
	"sync/atomic"
)

// kids are the literal and suffixed children of a node, but for the only child
// for values. The first few are found without another object in between: most
// nodes have no more, and a walk waits for memory more than for anything else.
// Slots are filled, and emptied when a child is cut off; a child never moves
// from one to another, so a reader never misses one that stays.
type kids struct {
	// tags holds 15 bits of the hash of each of near, the lowest bit set, and
	// in the highest lane what else there is: zero means no children.
	tags atomic.Uint64
	near [nearKids]atomic.Pointer[node]
}

const (
	nearKids   = 3
	tagBits    = 16
	lowBits    = 0x0001_0001_0001 // of the lanes of near
	hasTable   = 1 << (nearKids * tagBits)
	hasLong    = hasTable << 1 // a label is longer than its ends
	tableSlots = 8             // of the smallest table
)

// kidTable holds the children for which near has no room: open addressing,
// never more than half full. Slots are only ever filled; to remove children or
// grow, the table is replaced.
type kidTable struct {
	slots []kidSlot
	used  int
	few   [tableSlots]kidSlot // slots of a small table: one object
}

// kidSlot keeps the hash beside the node, so that a miss touches no node. The
// hash is written before the node is published.
type kidSlot struct {
	hash uint64
	node atomic.Pointer[node]
}

func newKidTable(children int) *kidTable {
	t := &kidTable{}
	t.slots = t.few[:]
	if size := 1 << bits.Len(uint(3*children-1)); size > tableSlots {
		t.slots = make([]kidSlot, size)
	}
	return t
}

func (t *kidTable) put(c *node) {
	mask := uint64(len(t.slots) - 1)
	i := c.hash & mask
	for t.slots[i].node.Load() != nil {
		i = (i + 1) & mask
	}
	t.slots[i].hash = c.hash
	t.slots[i].node.Store(c)
	t.used++
}

func (t *kidTable) find(h uint64, of text, value bool, key class) *node {
	mask := uint64(len(t.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		s := &t.slots[i]
		if c := s.node.Load(); c == nil || s.hash == h && c.is(of, value, key) {
			return c
		}
	}
}

func tagOf(hash uint64) uint64 { return hash>>(64-tagBits) | 1 }

// find returns the child that t stands for.
func (n *node) find(t text, value bool, key class) *node {
	tags := n.tags.Load()
	if tags == 0 || len(t.string) > endsLength && tags&hasLong == 0 {
		return nil
	}
	h := t.hash(value, key)
	// A lane of zero, found by the borrow it causes: which child it is cannot
	// be predicted, so a branch for each would cost more. A borrow may mark a
	// lane too many, as the tag may, so the child is compared in any case.
	lanes := tags ^ tagOf(h)*lowBits
	for hits := (lanes - lowBits) &^ lanes & (lowBits << (tagBits - 1)); hits != 0; hits &= hits - 1 {
		if c := n.near[bits.TrailingZeros64(hits)/tagBits%nearKids].Load(); c != nil && c.is(t, value, key) {
			return c
		}
	}
	if tags&hasTable == 0 {
		return nil
	}
	return n.more.Load().find(h, t, value, key)
}

// is reports whether n is the child that t stands for.
func (n *node) is(t text, value bool, key class) bool {
	return n.ends == t.ends && n.length == t.length() && n.value == value &&
		(!value || n.key == key) && (len(t.string) <= endsLength || n.label == t.string)
}

// adopt publishes c as a child. The caller holds the lock.
func (n *node) adopt(c *node) {
	c.parent, c.depth = n, n.depth+1
	t := readText(c.label)
	c.ends, c.length, c.hash = t.ends, t.length(), t.hash(c.value, c.key)
	c.spot = spotBelow(n.spot, c.hash)
	n.order = append(n.order, c)
	if n.isWild(c) {
		n.wild.Store(c)
		return
	}
	if len(c.label) > endsLength {
		n.tags.Store(n.tags.Load() | hasLong)
	}
	if n.adoptNear(c) {
		return
	}
	if t := n.more.Load(); t != nil && 2*(t.used+1) <= len(t.slots) {
		t.put(c)
		return
	}
	n.rebuild()
}

// isWild: values without a suffix have a pointer of their own.
func (n *node) isWild(c *node) bool { return c.value && c.label == "" && !n.pure }

// adoptNear stores c in a free slot near by, the pointer before the tag.
func (n *node) adoptNear(c *node) bool {
	for i := range n.near {
		if n.near[i].Load() == nil {
			n.near[i].Store(c)
			lane := i * tagBits
			n.tags.Store(n.tags.Load()&^(0xffff<<lane) | tagOf(c.hash)<<lane)
			return true
		}
	}
	return false
}

// isNear reports whether c has a slot near by.
func (n *node) isNear(c *node) bool {
	for i := range n.near {
		if n.near[i].Load() == c {
			return true
		}
	}
	return false
}

// rebuild makes a table of the present children that are not near.
func (n *node) rebuild() {
	t := newKidTable(len(n.order))
	for _, c := range n.order {
		if !n.isWild(c) && !n.isNear(c) {
			t.put(c)
		}
	}
	n.more.Store(t)
	n.tags.Store(n.tags.Load() | hasTable)
}

// abandon removes the children that drop reports, with all below them.
func (n *node) abandon(drop func(*node) bool) (dropped []*node) {
	kept := make([]*node, 0, len(n.order))
	for _, c := range n.order {
		if drop(c) {
			dropped = append(dropped, c)
		} else {
			kept = append(kept, c)
		}
	}
	if len(dropped) == 0 {
		return nil
	}
	n.order = kept
	for _, c := range dropped {
		n.unlink(c)
	}
	if n.more.Load() != nil {
		n.rebuild()
	}
	return dropped
}

// unlink hides c from readers, but for the table.
func (n *node) unlink(c *node) {
	if n.wild.Load() == c {
		n.wild.Store(nil)
	}
	for i := range n.near {
		if n.near[i].Load() == c {
			n.near[i].Store(nil)
		}
	}
}
