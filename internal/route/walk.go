// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import "github.com/otelcol-correlation/correlationprocessor/internal/route/segment"

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
	stepBeside              // the next node is a literal, where a route has a parameter
)

// match returns the pattern of the path in v, which led find to e, and whether
// it was learned from an http.route, inferred, or cut short by the cap.
func (l *learner) match(q *Request, v *segment.Path, e end) (pattern string, source Source) {
	if e.step == stepSure && !v.Deeper() {
		if p := e.node.issued.Load(); p != 0 {
			e.touch(e.node, l.clock.Load())
			return e.text(p), e.node.source()
		}
	}
	if q.unmatched() {
		return l.recognise(v)
	}
	if l.exhausted(v, e) {
		e.touch(e.node, l.clock.Load())
		return e.nearestTail(e.node), SourceOverflow
	}
	return l.grow(q, v)
}

// recognise returns the pattern of a path if it has one, and makes none: strangers
// ask for whatever they please.
func (l *learner) recognise(v *segment.Path) (pattern string, source Source) {
	t := l.published.Load()
	n := t.root
	for i := 0; i < v.Len() && n != nil; i++ {
		n = t.step(n, v, i)
	}
	if n == nil || v.Deeper() || n.issued.Load() == 0 {
		return overflowPattern, SourceUnmatched
	}
	t.touch(n, l.clock.Load())
	return t.text(n.issued.Load()), n.source()
}

// taught reports whether an http.route led to where the path ends.
func (l *learner) taught(v *segment.Path) bool {
	t := l.published.Load()
	n := t.root
	for i := 0; i < v.Len() && n != nil; i++ {
		n = t.step(n, v, i)
	}
	return n != nil && !v.Deeper() && n.has(markTaught)
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
	if n.tags.Load() != 0 { // most places of values have no literals, and need no key
		if c := t.child(n, v.Key(i), false, 0); c != nil {
			if c.has(markAlias) {
				return t.node(n.wild.Load())
			}
			return c
		}
	}
	c := n.readKinds(v.Segment(i), v.Kinds(i))
	if !t.isValue(n, c, v.Segment(i+1)) {
		return nil
	}
	return t.valueChild(n, c.Suffix, c.Class)
}

// grow walks under the lock, makes what is missing and counts.
func (l *learner) grow(q *Request, v *segment.Path) (pattern string, source Source) {
	l.lesson(q)
	defer l.rest()
	n, whole := l.walk(v)
	for again := 1; l.reshaped; again++ {
		l.still = again == maxReshapes
		n, whole = l.walk(v)
	}
	l.still = false
	l.touch(n, l.clock.Load())
	if whole {
		if p, ok := l.issue(n); ok {
			return p, n.source()
		}
	}
	return l.issueTail(n, whole), SourceOverflow
}

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
		if c.has(markAlias) {
			return l.advanceValue(n, segment.Reading{Head: seg.Text, Class: segment.Word}, i+1 < v.Len())
		}
		if l.count(n, c) && c.mayHold() {
			l.unite(n)
		}
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
	l.count(n, child)
	if n.parent != 0 {
		l.mergeMisjudged(l.at(n.parent))
	}
	l.reconsider(n)
	l.uniteAbove(n)
	return child
}

// advanceValue steps to the child for values; passed tells that the path goes
// on behind it.
func (l *learner) advanceValue(n *node, c segment.Reading, passed bool) *node {
	child := l.valueChild(n, c.Suffix, c.Class)
	if child == nil {
		if child = l.makeNode(n, c.Suffix, true, c.Class); child == nil {
			return nil
		}
		l.findTags(n, c.Suffix)
		if name := l.names[l.label(n)]; name != "" && !n.value {
			child.name = l.keep(name)
		}
	}
	if child.settled() {
		return child
	}
	if n.visited(child, l.trace, uint32(segment.ReadKey(c.Head).Hash(false, 0))) {
		if !l.learn || l.profile(n, c, passed) {
			child.count()
		}
		l.widen(child, c.Class)
	}
	if child.settled() {
		l.setWords(n, nil) // decided; others need the memory
	}
	return child
}

// fewTags suffixes behind a colon that are no verbs are tags of versions.
const fewTags = 4

// findTags looks at what stands behind a colon once more, after n got a child for
// values with that suffix: a verb is made of words that APIs use, and there are few;
// what else varies, nginx:alpine, is a part of the value.
func (l *learner) findTags(n *node, suffix string) {
	if suffix == "" || suffix[0] != ':' || !l.learn {
		return
	}
	tags, verbs := 0, 0
	for c := range l.children(n) {
		label := l.label(c)
		switch {
		case !c.value || label == "" || label[0] != ':':
		case segment.ReadWording(label[1:]).Named():
			verbs++
		default:
			tags++
		}
	}
	if tags >= fewTags && tags > verbs {
		l.readWhole(n)
	}
}

// readWhole has the segments at n read without a suffix from now on.
func (l *learner) readWhole(n *node) {
	n.mark(markWhole)
	wild := l.node(n.wild.Load())
	if wild == nil {
		if wild = l.makeNode(n, "", true, segment.Word); wild == nil {
			return
		}
	}
	l.dissolve(n, wild, func(c *node) bool { return c.value && c != wild })
	l.reshaped = true
}

// widen changes the placeholder's name once values of another class are more
// than stray ones. A settled name stays.
func (l *learner) widen(n *node, c segment.Class) {
	if !l.learn || n.name != 0 || n.class.Placeholder() == c.Placeholder() || n.class == segment.Hex && c == segment.Int {
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
