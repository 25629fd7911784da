// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"strconv"
	"sync/atomic"
)

// node is a position in a learned tree: the path from the root to it is a
// pattern. Readers walk the tree without a lock: the fields they read are set
// before the node is published, or are atomic. Everything else belongs to the
// holder of the learner's lock.
//
// A walk steps on nodes that the caches have forgotten, so what a step reads
// comes first, in one cache line, and what the end of a walk reads behind it.
type node struct {
	ends
	kids
	wild   atomic.Pointer[node] // the child for values without a suffix
	visits atomic.Uint32        // saturates at settledValues
	length uint8                // of the label, saturated
	value  bool
	place  place // what the segments below stand behind
	// pure: nothing is learned here, so values of each class have their own
	// child and the answer for a path hangs on the path alone. key is that class.
	pure bool

	issued  atomic.Pointer[string]
	lastUse atomic.Uint32 // generation
	taught  atomic.Bool   // an http.route ended here
	final   atomic.Bool   // the pattern stays, whatever an http.route says
	certain atomic.Bool   // a literal that stays one
	more    atomic.Pointer[kidTable]
	profile atomic.Pointer[profile] // what the values among the children are
	parent  *node
	route   atomic.Pointer[framework] // the http.route that comes here
	tail    atomic.Pointer[string]

	label string      // literal text; of a value, the text behind it (.png, :cancel)
	cut   atomic.Bool // what ends here or goes on has no place of its own
	key   class

	// Owned by the lock.
	class    class // of a value: gives the placeholder's name
	hash     uint64
	spot     uint64 // identifies the labels from the root to here
	depth    int
	name     string    // of a value: the parameter name a framework gave it
	own      *string   // the pattern as the framework spells it
	labelled int       // items that came with an http.route
	bare     int       // items that came without, until final
	order    []*node   // children in the order they came
	typed    int       // values of a plain shape that came, saturated
	worded   int       // words taken for values, saturated
	distinct int       // different ones of them, about
	words    []suspect // some of them
	young    uint32    // children seen once
	passes   uint32    // visits of the children, each saturated
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

// kid returns the literal child with the label, or nil.
func (n *node) kid(label string) *node { return n.find(readText(label), false, 0) }

// valueKid returns the child for values of a class followed by suffix, or nil.
func (n *node) valueKid(suffix string, c class) *node {
	switch {
	case n.pure:
		return n.find(readText(suffix), true, c.named())
	case suffix == "":
		return n.wild.Load()
	}
	return n.find(readText(suffix), true, 0)
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
