// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"sync"
	"sync/atomic"

	"github.com/otelcol-correlation/correlationprocessor/internal/route/segment"
)

// learner turns paths into patterns by the shape of their segments and by what
// the traffic of one service shows. Its tree never holds more than maxNodes
// nodes and never hands out more than its budget of patterns.
//
// Readers walk the published tree; the embedded one is the same, for the
// holder of the lock.
type learner struct {
	published atomic.Pointer[tree]
	// generation is the number of rotations so far.
	generation atomic.Uint32
	// full: no node may be made any more; spent: no pattern may be handed out
	// any more. Readers that see them need not ask.
	full, spent atomic.Bool
	// placeholders: the service sent an http.route with a placeholder.
	placeholders atomic.Bool

	mu sync.Mutex
	*tree
	nodes    int // that stand, but for the root
	maxNodes int
	below    map[string]state // what stands below a label elsewhere
	reshaped bool             // nodes were cut off during the walk
	still    bool             // nodes must not be cut off
	learn    bool             // evidence may reshape the tree
	lessons  uint64           // items that were learned from; a tree at rest learns from none
	prunes   pruneLimit
	budget   budget
}

// maxLabels bounds the memory of below.
const maxLabels = 1024

func newLearner(maxPatterns int, learn bool) *learner {
	l := &learner{
		learn:    learn,
		maxNodes: 4*maxPatterns + 64,
		below:    map[string]state{},
		prunes:   newPruneLimit(4*maxPatterns + 64),
		budget:   budget{max: max(maxPatterns, 1)},
	}
	l.plant(newTree(ample(0)))
	l.root.pure = !learn
	l.budget.reset(l.tree, nil)
	return l
}

// plant publishes t as the tree.
func (l *learner) plant(t *tree) {
	l.tree = t
	l.published.Store(t)
}

// end is where a walk without the lock ended.
type end struct {
	*tree
	node *node
	step step
}

// step is how it ended.
type step uint8

const (
	stepSure    step = iota // every node was settled: nothing to learn
	stepYoung               // the next node is still being counted
	stepMissing             // there is no next node
)

// match returns the pattern of the path in v, which led find to e, and whether
// it was learned from an http.route, inferred, or cut short by the cap.
func (l *learner) match(v *segment.Path, e end) (pattern string, source Source) {
	if e.step == stepSure && !v.Deeper() {
		if p := e.node.issued.Load(); p != 0 {
			e.touch(e.node, l.generation.Load())
			return e.text(p), e.node.source()
		}
	}
	if l.exhausted(v, e) {
		e.touch(e.node, l.generation.Load())
		return e.nearestTail(e.node), SourceOverflow
	}
	return l.grow(v)
}

// exhausted reports that asking again, under the lock, would give the same
// overflow pattern.
func (l *learner) exhausted(v *segment.Path, e end) bool {
	switch {
	case !e.node.has(markCut):
		return false
	case e.step == stepMissing:
		return l.full.Load()
	}
	return e.step == stepSure && (v.Deeper() || l.spent.Load())
}

// nearestTail returns the overflow pattern of the node or the next one above.
func (t *tree) nearestTail(n *node) string {
	for ; n != nil; n = t.node(n.parent) {
		if i := n.tail.Load(); i != 0 {
			return t.text(i)
		}
	}
	return overflowPattern
}

// source tells where the node's pattern comes from.
func (n *node) source() Source {
	if n.has(markTaught) {
		return SourceLearned
	}
	return SourceInferred
}

// touch marks the node as used in this generation.
func (t *tree) touch(n *node, generation uint32) {
	for ; n != nil && n.lastUse.Load() != generation; n = t.node(n.parent) {
		n.lastUse.Store(generation)
	}
}

// find walks the tree without a lock.
func (l *learner) find(v *segment.Path) end {
	t := l.published.Load()
	n := t.root
	for i := range v.Len() {
		c := t.step(n, v, i)
		if c == nil {
			return end{t, n, stepMissing}
		}
		if !c.settled() {
			return end{t, n, stepYoung}
		}
		n = c
	}
	return end{t, n, stepSure}
}

// step returns the child for segment i, or nil if there is none yet.
func (t *tree) step(n *node, v *segment.Path, i int) *node {
	seg := v.Key(i)
	if c := t.child(n, seg, false, 0); c != nil {
		return c
	}
	c := n.readKinds(seg.Text, v.Kinds(i))
	if !t.isValue(n, c, v.Segment(i+1)) {
		return nil
	}
	return t.valueChild(n, c.Suffix, c.Class)
}

// lesson takes the lock, to learn from an item.
func (l *learner) lesson() {
	l.mu.Lock()
	l.lessons++
	if l.room() < maxReshapes*l.nodes+minRoom || int(l.used) > 2*l.nodes+minRoom {
		l.renew(l.nodes)
	}
}

// grow walks under the lock, makes what is missing and counts.
func (l *learner) grow(v *segment.Path) (pattern string, source Source) {
	l.lesson()
	defer l.mu.Unlock()
	n, whole := l.walk(v)
	for again := 1; l.reshaped; again++ {
		l.still = again == maxReshapes
		n, whole = l.walk(v)
	}
	l.still = false
	l.touch(n, l.generation.Load())
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
	if count(&n.bare); n.bare >= settledVisits && n.bare > n.labelled && !n.has(markTaught) {
		n.mark(markFinal)
	}
}

// maxReshapes bounds how often one path is walked anew because the tree
// changed under it; the last walk changes nothing but what it adds.
const maxReshapes = 4

// walk goes down the tree along v as far as there is room. It stops when the
// tree is reshaped, for then it may stand on what was cut off.
func (l *learner) walk(v *segment.Path) (n *node, whole bool) {
	n, l.reshaped = l.root, false
	for i := range v.Len() {
		c := l.advance(n, v, i)
		if c == nil {
			return n, false
		}
		n = c
		if l.reshaped {
			return n, false
		}
	}
	return n, !v.Deeper()
}

// advance returns the child for segment i, made if need be, or nil if there is
// no room.
func (l *learner) advance(n *node, v *segment.Path, i int) *node {
	seg := v.Key(i)
	if c := l.child(n, seg, false, 0); c != nil {
		n.count(c)
		return c
	}
	c := n.readKinds(seg.Text, v.Kinds(i))
	if next := v.Segment(i + 1); l.isValue(n, c, next) {
		return l.advanceValue(n, c, next != "")
	}
	child := l.makeNode(n, seg.Text, false, 0)
	if child == nil {
		return nil
	}
	n.count(child)
	if n.parent != 0 {
		l.mergeMisjudged(l.at(n.parent))
	}
	l.reconsider(n)
	return child
}

// count notes a visit of c, a child of n.
func (n *node) count(c *node) {
	visits := c.visits()
	if c.settled() {
		return
	}
	c.setVisits(visits + 1)
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
func (l *learner) advanceValue(n *node, c segment.Reading, passed bool) *node {
	child := l.valueChild(n, c.Suffix, c.Class)
	if child == nil {
		if child = l.makeNode(n, c.Suffix, true, c.Class); child == nil {
			return nil
		}
	}
	if child.settled() {
		return child
	}
	child.setVisits(child.visits() + 1)
	if l.learn {
		l.profile(n, c, passed)
		l.widen(child, c.Class)
	}
	if child.settled() {
		delete(l.words, n.self) // decided; others need the memory
	}
	return child
}

// widen changes the placeholder's name once values of another class are more
// than stray ones. A settled name stays.
func (l *learner) widen(n *node, c segment.Class) {
	if n.name != 0 || n.class.Placeholder() == c.Placeholder() || n.class == segment.Hex && c == segment.Int {
		return
	}
	count(&n.odd)
	if uint32(n.odd)*typedShare < n.visits() {
		return
	}
	to := segment.Word
	if n.class == segment.Int && c == segment.Hex {
		to = segment.Hex
	}
	l.rename(n, to)
}

// rename gives the placeholder the name of a class.
func (l *learner) rename(n *node, to segment.Class) {
	if n.class.Placeholder() != to.Placeholder() {
		n.class = to
		l.forgetPatterns(n)
	}
}

// makeNode adds a child, for values first seen in a class, or returns nil if
// the tree is full.
func (l *learner) makeNode(n *node, label string, value bool, of segment.Class) *node {
	if l.nodes >= l.maxNodes {
		l.full.Store(true)
		return nil
	}
	if l.room() == 0 {
		return nil // for this item; see lesson
	}
	l.nodes++
	c := l.make(n, label, value, of)
	if s := l.below[label]; !value && s != stateOpen {
		l.know(c, &plain[s])
	}
	c.lastUse.Store(l.generation.Load())
	l.adopt(n, c)
	return c
}

// minRoom is room for the nodes that the walks of an item add; grafting adds no
// more than stand, each time the tree is reshaped.
const minRoom = segment.MaxSegments * (maxReshapes + 1)

// ample is room for a tree of so many nodes to become thrice as many before it is
// copied. It takes a tenth of what they take.
func ample(nodes int) int { return 16 * (nodes + minRoom) }

// renew copies the tree, without what was cut off and what is named no more, to
// one with ample room for so many nodes.
func (l *learner) renew(nodes int) {
	m := compaction{from: l.tree, to: newTree(ample(nodes)), texts: map[uint32]uint32{}}
	texts := make(map[string]uint32, len(l.budget.texts))
	for _, i := range l.budget.texts {
		i = m.text(i)
		texts[m.to.text(i)] = i
	}
	l.budget.texts = texts
	m.node(m.from.root, m.to.root)
	l.plant(m.to)
}
