// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"strings"
	"sync"
	"sync/atomic"
)

// learner turns paths into patterns by the shape of their segments and by what
// the traffic of one service shows. Its tree never holds more than maxNodes
// nodes and never hands out more than its budget of patterns.
type learner struct {
	root node
	// generation is the number of rotations so far.
	generation atomic.Uint32
	// full: no node may be made any more; spent: no pattern may be handed out
	// any more. Readers that see them need not ask.
	full, spent atomic.Bool
	// placeholders: the service sent an http.route with a placeholder.
	placeholders atomic.Bool

	mu       sync.Mutex
	nodes    int
	maxNodes int
	labels   map[string]state // what stands below a label elsewhere
	reshaped bool             // nodes were cut off during the walk
	still    bool             // nodes must not be cut off
	learn    bool             // evidence may reshape the tree
	lessons  uint64           // items that were learned from; a tree at rest learns from none
	cuts     cuts
	budget   budget
	_        [24]byte // fills up a multiple of cache lines, as Go's allocator has them
}

// maxLabels bounds the memory of labels.
const maxLabels = 1024

func newLearner(maxPatterns int, learn bool) *learner {
	l := &learner{
		learn:    learn,
		maxNodes: 4*maxPatterns + 64,
		labels:   map[string]state{},
		cuts:     newCuts(4*maxPatterns + 64),
		budget:   newBudget(maxPatterns),
	}
	l.root.pure = !learn
	return l
}

// match returns the pattern of the path in v, which find led to n, and whether
// it was learned from an http.route, inferred, or cut short by the cap.
func (l *learner) match(v *pathView, n *node, step step) (pattern string, source Source) {
	if step == stepSure && !v.deeper {
		if p := n.issued.Load(); p != nil {
			n.touch(l.generation.Load())
			return *p, n.source()
		}
	}
	if l.exhausted(n, step, v) {
		n.touch(l.generation.Load())
		return n.nearestTail(), SourceOverflow
	}
	return l.grow(v)
}

// exhausted reports that asking again, under the lock, would give the same
// overflow pattern.
func (l *learner) exhausted(n *node, step step, v *pathView) bool {
	switch {
	case !n.cut.Load():
		return false
	case step == stepMissing:
		return l.full.Load()
	}
	return step == stepSure && (v.deeper || l.spent.Load())
}

// nearestTail returns the overflow pattern of the node or the next one above.
func (n *node) nearestTail() string {
	for ; n != nil; n = n.parent {
		if p := n.tail.Load(); p != nil {
			return *p
		}
	}
	return overflowPattern
}

// source tells where the node's pattern comes from.
func (n *node) source() Source {
	if n.taught.Load() {
		return SourceLearned
	}
	return SourceInferred
}

// touch marks the node as used in this generation.
func (n *node) touch(generation uint32) {
	for ; n != nil && n.lastUse.Load() != generation; n = n.parent {
		n.lastUse.Store(generation)
	}
}

// step is how a walk without the lock ended.
type step uint8

const (
	stepSure    step = iota // every node was settled: nothing to learn
	stepYoung               // the next node is still being counted
	stepMissing             // there is no next node
)

// find walks the tree without a lock.
func (l *learner) find(v *pathView) (*node, step) {
	n := &l.root
	for i := range v.n {
		c := n.step(v, i)
		if c == nil {
			return n, stepMissing
		}
		if !c.settled() {
			return n, stepYoung
		}
		n = c
	}
	return n, stepSure
}

// step returns the child for segment i, or nil if there is none yet.
func (n *node) step(v *pathView, i int) *node {
	seg := v.text(i)
	if c := n.find(seg, false, 0); c != nil {
		return c
	}
	c := n.readKinds(seg.string, v.spans[i].kinds)
	if !n.isValue(c, v.seg(i+1)) {
		return nil
	}
	return n.valueKid(c.suffix, c.class)
}

// lesson takes the lock, to learn from an item.
func (l *learner) lesson() {
	l.mu.Lock()
	l.lessons++
}

// grow walks under the lock, makes what is missing and counts.
func (l *learner) grow(v *pathView) (pattern string, source Source) {
	l.lesson()
	defer l.mu.Unlock()
	n, whole := l.walk(v)
	for again := 1; l.reshaped; again++ {
		l.still = again == maxReshapes
		n, whole = l.walk(v)
	}
	l.still = false
	n.touch(l.generation.Load())
	if whole {
		if p, ok := l.issue(n); ok {
			n.countBare()
			return p, n.source()
		}
	}
	return l.issueTail(n, whole), SourceOverflow
}

// countBare counts an item without an http.route.
func (n *node) countBare() {
	if n.bare++; n.bare >= settledVisits && n.bare > n.labelled && !n.taught.Load() {
		n.final.Store(true)
	}
}

// maxReshapes bounds how often one path is walked anew because the tree
// changed under it; the last walk changes nothing but what it adds.
const maxReshapes = 4

// walk goes down the tree along v as far as there is room. It stops when the
// tree is reshaped, for then it may stand on what was cut off.
func (l *learner) walk(v *pathView) (n *node, whole bool) {
	n, l.reshaped = &l.root, false
	for i := range v.n {
		c := l.advance(n, v, i)
		if c == nil {
			return n, false
		}
		n = c
		if l.reshaped {
			return n, false
		}
	}
	return n, !v.deeper
}

// advance returns the child for segment i, made if need be, or nil if there is
// no room.
func (l *learner) advance(n *node, v *pathView, i int) *node {
	seg := v.seg(i)
	if c := n.kid(seg); c != nil {
		n.count(c)
		return c
	}
	c := n.read(seg)
	if next := v.seg(i + 1); n.isValue(c, next) {
		return l.advanceValue(n, c, next != "")
	}
	child := l.makeNode(n, seg, false, 0)
	if child == nil {
		return nil
	}
	n.count(child)
	if n.parent != nil {
		l.rejudge(n.parent)
	}
	l.reconsider(n)
	return child
}

// count notes a visit of c, a child of n.
func (n *node) count(c *node) {
	visits := c.visits.Load()
	if c.settled() {
		return
	}
	c.visits.Store(visits + 1)
	n.passes++
	switch visits {
	case 0:
		n.young++
	case 1:
		n.young--
	}
}

// advanceValue steps to the child for values; passed tells that the path goes
// on behind it.
func (l *learner) advanceValue(n *node, c cut, passed bool) *node {
	child := n.valueKid(c.suffix, c.class)
	if child == nil {
		if child = l.makeNode(n, c.suffix, true, c.class); child == nil {
			return nil
		}
	}
	if child.settled() {
		return child
	}
	child.visits.Add(1)
	if l.learn {
		l.profile(n, c, passed)
		l.widen(child, c.class)
	}
	if child.settled() {
		n.words = nil // decided; others need the memory
	}
	return child
}

// widen changes the placeholder's name once values of another class are more
// than stray ones. A settled name stays.
func (l *learner) widen(n *node, c class) {
	if n.name != "" || classNames[n.class] == classNames[c] || n.class == classHex && c == classInt {
		return
	}
	n.odd++
	if n.odd*typedShare < n.visits.Load() {
		return
	}
	to := classWord
	if n.class == classInt && c == classHex {
		to = classHex
	}
	l.rename(n, to)
}

// rename gives the placeholder the name of a class.
func (l *learner) rename(n *node, to class) {
	if classNames[n.class] != classNames[to] {
		n.class = to
		l.forgetPatterns(n)
	}
}

// makeNode adds a child, for values first seen in a class, or returns nil if
// the tree is full.
func (l *learner) makeNode(n *node, label string, value bool, of class) *node {
	if l.nodes >= l.maxNodes {
		l.full.Store(true)
		return nil
	}
	l.nodes++
	c := &node{label: strings.Clone(label), value: value, class: of, place: placeValue, pure: !l.learn}
	if c.pure && value {
		c.key = of.named()
	}
	if !value {
		c.place = placeBehind(n, c.label)
		if s := l.labels[c.label]; s != stateOpen {
			c.profile.Store(&profile{state: s})
		}
	}
	c.lastUse.Store(l.generation.Load())
	n.adopt(c)
	return c
}
