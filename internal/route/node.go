// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"hash/maphash"
	"strconv"
	"sync/atomic"
)

// node is a position in a learned tree: the path from the root to it is a
// pattern. Readers walk the tree without a lock: the fields they read are set
// before the node is published, or are atomic. Everything else belongs to the
// holder of the learner's lock.
type node struct {
	label  string // literal text; of a value, the text behind it (.png, :cancel)
	hash   uint64
	spot   uint64 // identifies the labels from the root to here
	parent *node
	value  bool
	place  place // what the segments below stand behind
	depth  int
	// pure: nothing is learned here, so values of each class have their own
	// child and the answer for a path hangs on the path alone. key is that class.
	pure bool
	key  class

	kids    atomic.Pointer[kidTable]
	wild    atomic.Pointer[node]    // the child for values without a suffix
	profile atomic.Pointer[profile] // what the values among the children are
	visits  atomic.Uint32           // saturates at settledVisits
	final   atomic.Bool             // the pattern stays, whatever an http.route says
	taught  atomic.Bool             // an http.route ended here
	certain atomic.Bool             // a literal that stays one
	issued  atomic.Pointer[string]
	tail    atomic.Pointer[string]
	cut     atomic.Bool   // what ends here or goes on has no place of its own
	lastUse atomic.Uint32 // generation

	// Owned by the lock.
	name     string    // of a value: the parameter name a framework gave it
	own      *string   // the pattern as the framework spells it
	labelled int       // items that came with an http.route
	bare     int       // items that came without, until final
	class    class     // of a value: gives the placeholder's name
	order    []*node   // children in the order they came
	young    uint32    // children seen once
	passes   uint32    // visits of the children, each saturated
	typed    int       // values of a plain shape that came, saturated
	worded   int       // words taken for values, saturated
	distinct int       // different ones of them, about
	words    []suspect // some of them
	odd      uint32    // of a value: visits that do not fit the placeholder's name
	checked  int       // literal children at the last reconsideration
}

// suspect is a word that was taken for a value while little was known.
type suspect struct {
	word string
	hits int
	// passed: something came behind it, once at least.
	passed bool
}

// state says what the children of a node are taken for.
type state uint32

const (
	// stateOpen: too little seen; the wording of a segment decides.
	stateOpen state = iota
	// stateLeaning: the few values so far have a shape (numbers, random ids).
	stateLeaning
	// stateLiteral: values here have a shape, or the same few words come again
	// and again; words are literals.
	stateLiteral
	// stateWords: values here are words; a word is a value unless known better.
	stateWords
	// stateMany: so many different words came that nearly every one is a value.
	stateMany
)

// place says what a segment stands behind, the strongest prior there is.
type place uint8

const (
	placeRoot       place = iota // start of the path, a version, api
	placeCollection              // a plural literal: a member is likely next
	placeLiteral                 // another literal
	placeValue                   // a value: a literal is likely next
)

// known returns what is known of the values among the children.
func (n *node) known() *profile {
	if p := n.profile.Load(); p != nil {
		return p
	}
	return &openProfile
}

const (
	// settledVisits is how often a node is counted before readers leave it alone.
	settledVisits = 8
	// settledValues is the same for the values at a position.
	settledValues = 64
)

// settled reports whether there is nothing more to count.
func (n *node) settled() bool {
	if n.value {
		return n.visits.Load() >= settledValues
	}
	return n.visits.Load() >= settledVisits
}

// kidTable finds the literal and suffixed children of a node: open addressing,
// never more than half full. Slots are only ever filled; to remove children or
// grow, the table is replaced.
type kidTable struct {
	slots []kidSlot
	used  int
}

// kidSlot keeps the hash beside the node, so that a miss touches no node. The
// hash is written before the node is published.
type kidSlot struct {
	hash uint64
	node atomic.Pointer[node]
}

var hashSeed = maphash.MakeSeed()

// suffixSalt keeps the suffix of values apart from literals of equal text.
const suffixSalt = 0x9e3779b97f4a7c15

func hashLabel(label string, value bool, key class) uint64 {
	h := maphash.String(hashSeed, label)
	if value {
		h ^= suffixSalt * uint64(key+1)
	}
	return h
}

// kid returns the literal child with the label, or nil.
func (n *node) kid(label string) *node { return n.find(label, false, 0) }

func (n *node) find(label string, value bool, key class) *node {
	t := n.kids.Load()
	if t == nil {
		return nil
	}
	h := hashLabel(label, value, key)
	mask := uint64(len(t.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		c := t.slots[i].node.Load()
		if c == nil || t.slots[i].hash == h && c.value == value && c.key == key && c.label == label {
			return c
		}
	}
}

// valueKid returns the child for values of a class followed by suffix, or nil.
func (n *node) valueKid(suffix string, c class) *node {
	switch {
	case n.pure:
		return n.find(suffix, true, c.named())
	case suffix == "":
		return n.wild.Load()
	}
	return n.find(suffix, true, 0)
}

// adopt publishes c as a child. The caller holds the lock.
func (n *node) adopt(c *node) {
	c.parent, c.depth = n, n.depth+1
	c.hash = hashLabel(c.label, c.value, c.key)
	c.spot = spotBelow(n.spot, c.hash)
	n.order = append(n.order, c)
	if c.value && c.label == "" && !n.pure {
		n.wild.Store(c)
		return
	}
	t := n.kids.Load()
	if t == nil || 2*(t.used+1) > len(t.slots) {
		t = n.rebuild()
		n.kids.Store(t)
		return
	}
	t.put(c)
}

// rebuild makes a table of the present children.
func (n *node) rebuild() *kidTable {
	size := 4
	for size < 3*len(n.order) {
		size *= 2
	}
	t := &kidTable{slots: make([]kidSlot, size)}
	for _, c := range n.order {
		if !c.value || c.label != "" || n.pure {
			t.put(c)
		}
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
	if w := n.wild.Load(); w != nil && drop(w) {
		n.wild.Store(nil)
	}
	n.kids.Store(n.rebuild())
	return dropped
}

// literals counts the literal children.
func (n *node) literals() int {
	count := 0
	for _, c := range n.order {
		if !c.value {
			count++
		}
	}
	return count
}

// segment returns the node's own piece of the pattern. Placeholders of one
// name are numbered from the second on, so that a pattern reads as a template.
func (n *node) segment() string {
	if !n.value {
		return n.label
	}
	name, earlier := n.placeholder(), 1
	for p := n.parent; p != nil; p = p.parent {
		if p.value && p.placeholder() == name {
			earlier++
		}
	}
	if earlier > 1 {
		name += strconv.Itoa(earlier)
	}
	return "{" + name + "}" + n.label
}

// placeholder returns the name of a value.
func (n *node) placeholder() string {
	if n.name != "" {
		return n.name
	}
	return classNames[n.class]
}

// prefix returns the pattern from the root to the node.
func (n *node) prefix() string {
	if n.parent == nil {
		return ""
	}
	return n.parent.prefix() + "/" + n.segment()
}

// size returns the number of nodes at and below n.
func (n *node) size() int {
	total := 1
	for _, c := range n.order {
		total += c.size()
	}
	return total
}
