// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"iter"
	"math/bits"
	"sync/atomic"

	"github.com/otelcol-correlation/correlationprocessor/internal/route/segment"
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

// children yields the children in the order they were made.
func (t *tree) children(n *node) iter.Seq[*node] {
	youngest := n.youngest
	return func(yield func(*node) bool) {
		if youngest == 0 {
			return
		}
		for i := t.at(youngest).next; ; {
			c := t.at(i)
			i = c.next // now, for yield may take c out of the ring
			if !yield(c) || c.self == youngest {
				return
			}
		}
	}
}

// any reports whether f holds for a child of n.
func (t *tree) any(n *node, f func(*node) bool) bool {
	for c := range t.children(n) {
		if f(c) {
			return true
		}
	}
	return false
}

// literalChild returns the literal child with the label, or nil.
func (t *tree) literalChild(n *node, label string) *node {
	return t.child(n, segment.ReadKey(label), false, 0)
}

// valueChild returns the child for values of a class followed by suffix, or nil.
func (t *tree) valueChild(n *node, suffix string, c segment.Class) *node {
	switch {
	case n.pure:
		return t.child(n, segment.ReadKey(suffix), true, c.Named())
	case suffix == "":
		return t.node(n.wild.Load())
	}
	return t.child(n, segment.ReadKey(suffix), true, 0)
}

// literals counts the literal children.
func (t *tree) literals(n *node) uint32 {
	var count uint32
	for c := range t.children(n) {
		if c.isLiteral() {
			count++
		}
	}
	return count
}

// size returns the number of nodes at and below n.
func (t *tree) size(n *node) int {
	total := 1
	for c := range t.children(n) {
		total += t.size(c)
	}
	return total
}

// spot identifies a place by the labels from the root to it, so that it is the
// same when the nodes above were made anew.
func (t *tree) spot(n *node) uint64 {
	if n.parent == 0 {
		return 0
	}
	return (t.spot(t.at(n.parent)) ^ t.hash(n)) * spotFactor
}

// spotFactor is odd, and its bits are mixed: the golden ratio's.
const spotFactor = 0x9e3779b97f4a7c15

// twin returns the child of n that stands for the same as one with that label,
// of that class if it is for values, or nil.
func (t *tree) twin(n *node, label string, value bool, of segment.Class) *node {
	if value {
		return t.valueChild(n, label, of)
	}
	return t.literalChild(n, label)
}
