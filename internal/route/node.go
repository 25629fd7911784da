// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"sync/atomic"

	"github.com/otelcol-correlation/correlationprocessor/internal/route/segment"
)

// node is a position in a learned tree: the path from the root to it is a
// pattern. Readers walk the tree without a lock: the fields they read are set
// before the node is published, or are atomic. Everything else belongs to the
// holder of the learner's lock, who alone changes the atomic ones, but for
// lastUse.
//
// A walk steps on nodes that the caches have forgotten, so what it reads is in
// one cache line. And nothing in a node is a pointer: 10,000 nodes with pointers,
// and what they pointed to, were 67,000 objects for the garbage collector, and
// twice the time of a collection in a process that holds little else. Nodes,
// texts and tables are named by their index in the tree.
type node struct {
	segment.Ends
	children
	issued  atomic.Uint32 // the pattern, a text
	lastUse atomic.Uint32 // on the learner's clock
	marks   atomic.Uint32 // how often it was visited, and what is known of it
	table   atomic.Uint32 // of children; see tableBits
	length  uint8         // of the label, saturated
	value   bool
	// pure: nothing is learned here, so values of each class have their own
	// child and the answer for a path hangs on the path alone. key is that class.
	pure  bool
	key   segment.Class
	class segment.Class // of a value: gives the placeholder's name
	place segment.Place // of the segments below
	depth uint8

	tail    atomic.Uint32 // the pattern for what has no place below, a text
	profile atomic.Uint32 // what the values among the children are
	guarded
}

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

// guarded is what is known of a node. Readers see self and parent, which never
// change once the node is published; the rest is owned by the lock.
type guarded struct {
	self, parent uint32
	youngest     uint32 // child; the children are a ring in the order they were made
	next         uint32 // sibling, or from the youngest the eldest
	name         uint32 // of a value: the parameter name a framework gave it, a text
	own          uint32 // the pattern as the framework spells it, a text
	far          uint32 // slots of the table that are not empty
	opened       uint32 // when the window began, on the learner's clock
	trace        uint32 // that visited it last, 0 if unknown
	latest       uint32 // of the segments that stood here: its hash
	// Saturated.
	passes   uint16 // visits of the children, each saturated
	compared uint16 // passes when the children were compared last
	young    uint16 // children that one trace visited, or several in a row
	checked  uint16 // literal children at the last reconsideration
	old      uint16 // literal children when the window began
	typed    uint16 // values of a plain shape
	worded   uint16 // words taken for values
	distinct uint8  // different ones of them, about
	odd      uint8  // of a value: visits that do not fit the placeholder's name
}

// The marks of a node; below them is the count of visits.
const (
	markTaught  = 1 << (11 + iota) // an http.route ended here
	markCertain                    // a literal that stays one
	markCut                        // what ends here or goes on has no place of its own
	markAPI                        // the label begins with api
	markOnce                       // no second trace has visited it yet
	markAlias                      // a text that a framework said is a value: what it stands for is the child for values
	markWhole                      // a framework said that values here are whole segments
	markKnown                      // a literal that stayed when those around it were made values
	markUnited                     // literal children that were alike were made values
	markWordy                      // a literal as people name endpoints
	markWord                       // a literal that may as well be a value

	visitsMask = 1<<11 - 1
)

func (n *node) has(mark uint32) bool { return n.marks.Load()&mark != 0 }
func (n *node) mark(mark uint32)     { n.marks.Store(n.marks.Load() | mark) }
func (n *node) unmark(mark uint32)   { n.marks.Store(n.marks.Load() &^ mark) }

// visits are counted in steps of visit, and saturate at settledValues. A visit that
// is no evidence is one step, so that it does not keep a node young for ever. A
// value that comes ten times, as span and log, takes little more than one that
// comes once: a place must see some sixteen names before it knows what it holds.
func (n *node) visits() uint32 { return n.marks.Load() & visitsMask / visit }

func (n *node) setVisits(v uint32) { n.marks.Store(n.marks.Load()&^visitsMask | v*visit) }

const visit = 16

// visited notes a visit of c, a child of n, by a segment with the hash, and
// reports whether it is evidence: neither of the trace that visited c last nor the
// same segment once more. One that comes many times in a row is one that came.
func (n *node) visited(c *node, trace, hash uint32) bool {
	again := hash == n.latest || trace != 0 && trace == c.trace
	c.trace, n.latest = trace, hash
	c.marks.Add(1)
	return !again || c.marks.Load()&visitsMask == 1
}

// count makes what visited noted a whole visit.
func (n *node) count() { n.marks.Add(visit - 1) }

// isLiteral reports a child that stands for its own text only.
func (n *node) isLiteral() bool { return !n.value && !n.has(markAlias) }

// candidate is a word that was taken for a value while little was known.
type candidate struct {
	word   string
	trace  uint32 // that brought it last, 0 if unknown
	hits   uint16 // saturated
	passed bool   // once at least a path went on behind it
	told   bool   // a framework said that it is a value
}

// state says what the children of a node are taken for.
type state uint32

const (
	// stateOpen: too little seen; the wording of a segment decides.
	stateOpen state = iota
	// stateLeaning: the few values so far have a shape (numbers, random ids).
	stateLeaning
	// stateLiteral: values here have a shape, or the same few words arrive
	// again and again; words are literals.
	stateLiteral
	// stateWords: values here are words; a word is a value unless known better.
	stateWords
	// stateMany: so many different words arrived that nearly every one is a value.
	stateMany
)

const (
	// settledVisits is how often a node is counted before readers leave it alone.
	settledVisits = 8
	// settledValues is the same for the values at a position.
	settledValues = 64
)

// settled reports whether there is nothing more to count.
func (n *node) settled() bool {
	visits := n.marks.Load() & visitsMask
	if n.value {
		return visits >= settledValues*visit
	}
	return visits >= settledVisits*visit
}

// read tells what a segment below n is.
func (n *node) read(seg string) segment.Reading {
	return n.readKinds(seg, segment.Scan(seg[:min(len(seg), segment.MaxLiteral)]))
}

// readKinds is read of a segment whose kinds of bytes are known.
func (n *node) readKinds(seg string, kinds segment.Kinds) segment.Reading {
	marks := n.marks.Load()
	return segment.Read(seg, kinds, n.place, segment.Hints{AfterAPI: marks&markAPI != 0, Whole: marks&markWhole != 0})
}

// wording returns the marks of a literal child of n: markWordy if people name endpoints
// like this, and markWord if it may as well be a value.
func wording(n *node, label string) (marks uint32) {
	w := segment.ReadWording(segment.WithoutExtension(label))
	if w.Named() || segment.IsPlural(label) || w.Camel && !w.Marks && !w.Digits && segment.IsLower(label[0]) {
		marks |= markWordy
	}
	if r := n.read(label); r.Class == segment.Word && r.Suffix == "" {
		marks |= markWord
	}
	return marks
}

// count counts one more, unless the counter is full.
func count[T uint8 | uint16](n *T) {
	if *n+1 > *n {
		*n++
	}
}

// source tells where the node's pattern comes from.
func (n *node) source() Source {
	if n.has(markTaught) {
		return SourceLearned
	}
	return SourceInferred
}
