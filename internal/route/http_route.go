// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"github.com/otelcol-correlation/correlationprocessor/internal/route/segment"
	"github.com/otelcol-correlation/correlationprocessor/internal/route/template"
)

// trustedRepeats is how often a route without a placeholder must arrive before
// it is believed against the evidence, and only from a service that sends
// placeholders too: some instrumentations send the raw path.
const trustedRepeats = 2

// placed returns the node of a route, or nil.
func (t *tree) placed(f *framework) *node {
	if !f.plain {
		return nil
	}
	n := t.root
	for _, s := range f.template.Segments() {
		if text, literal := s.Literal(); literal {
			n = t.literalChild(n, text)
		} else {
			n = t.node(n.wild.Load())
		}
		if n == nil {
			return nil
		}
	}
	return n
}

// remember keeps the route with the pattern, unless it may be a raw path.
func (e end) remember(f *framework) {
	i := e.node.issued.Load()
	if i == 0 {
		return
	}
	if s := e.texts.at(i); (f.varies || s.text == f.pattern) && s.route.Load() == nil {
		s.route.CompareAndSwap(nil, f)
	}
}

// settledResult returns the pattern of the node that find reached, for an item
// that carried the route f, if nothing the item tells can change it.
func (l *learner) settledResult(e end, f *framework) (Result, bool) {
	i := e.node.issued.Load()
	if i == 0 {
		return Result{}, false
	}
	text := e.text(i)
	if text != f.pattern && !e.node.has(markFinal) {
		return Result{}, false
	}
	e.touch(e.node, l.generation.Load())
	return Result{Pattern: text, Source: e.node.observed(f, text)}, true
}

// observed is the source of pattern p for an item that carried the route f.
func (n *node) observed(f *framework, p string) Source {
	if p == f.pattern {
		return SourceFramework
	}
	return n.source()
}

// trusts reports whether a route without a placeholder is to be believed.
func (l *learner) trusts(f *framework) bool {
	return l.placeholders.Load() && (f.seen.Load() >= trustedRepeats || f.seen.Add(1) >= trustedRepeats)
}

// follow walks the tree as the route has it, without a lock.
func (l *learner) follow(f *framework, v *segment.Path) end {
	t := l.published.Load()
	n := t.root
	for i, s := range f.template.Segments() {
		c := t.child(n, v.Key(i), false, 0)
		if c != nil && !c.has(markCertain) {
			return end{t, n, stepYoung}
		}
		if _, literal := s.Literal(); c == nil && !literal {
			c = t.node(n.wild.Load())
		}
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

// teach leads the path through the tree as the route has it. The route goes
// by the framework's spelling as soon as more items carried it than did not;
// until then, and for good once many did not, it goes by the pattern that
// was handed out first: one route, one text.
func (l *learner) teach(f *framework, v *segment.Path) Result {
	l.lesson()
	defer l.rest()
	n := l.root
	for i, s := range f.template.Segments() {
		if n = l.lead(n, s, v.Key(i), i+1 < v.Len()); n == nil {
			return l.takeFramework(f)
		}
	}
	l.touch(n, l.generation.Load())
	count(&n.labelled)
	if i := n.issued.Load(); i != 0 && (n.labelled <= n.bare || n.has(markTaught)) {
		return Result{Pattern: l.text(i), Source: n.observed(f, l.text(i))}
	}
	return l.respell(n, f)
}

// takeFramework asks the budget for a place for the route, and notes what it
// said.
func (l *learner) takeFramework(f *framework) Result {
	r := Result{Pattern: overflowPattern, Source: SourceOverflow}
	if i := l.budget.take(l.tree, f.pattern, l.budget.tails()-1); i != 0 {
		r = Result{Pattern: l.text(i), Source: SourceFramework}
	}
	f.given.Store(&grant{Result: r, generation: l.generation.Load()})
	return r
}

// respell gives the node the framework's spelling, the first for good. The
// place of the old one is free again: this happens to a node once, so no more
// than twice the limit of texts is ever handed out this way. If there is no
// place even so, the old spelling stays.
func (l *learner) respell(n *node, f *framework) Result {
	old := n.issued.Load()
	if old != 0 {
		delete(l.budget.texts, l.text(old))
	}
	r := l.takeFramework(f)
	switch {
	case r.Source == SourceFramework:
		n.own = l.budget.texts[f.pattern]
		n.mark(markTaught)
		n.issued.Store(n.own)
		n.mark(markFinal)
	case old != 0:
		l.budget.texts[l.text(old)] = old
		n.mark(markFinal)
		return Result{Pattern: l.text(old), Source: n.source()}
	}
	return r
}

// lead steps from n over the segment of a path, as the one of the route says it
// is: literal or value. It returns nil if there is no room.
func (l *learner) lead(n *node, of template.Segment, seg segment.Key, passed bool) *node {
	name, parameter := of.Parameter()
	if !parameter {
		return l.leadLiteral(n, seg)
	}
	if c := l.child(n, seg, false, 0); c != nil && !l.demote(n, c) {
		n.count(c)
		return c
	}
	c := n.read(seg.Text)
	if c.Suffix != "" {
		c = segment.Reading{Head: seg.Text, Class: segment.Word}
	}
	if c.Class == segment.Word && l.known(n).state < stateWords {
		l.know(n, l.known(n).in(stateWords))
	}
	child := l.advanceValue(n, c, passed)
	if child != nil && child.name == 0 {
		child.name = l.keep(name) // for patterns not handed out yet
	}
	return child
}

func (l *learner) leadLiteral(n *node, seg segment.Key) *node {
	c := l.child(n, seg, false, 0)
	if c == nil {
		if c = l.makeNode(n, seg.Text, false, 0); c == nil {
			return nil
		}
	}
	c.mark(markCertain)
	n.count(c)
	return c
}

// demote cuts off the literal c, which the framework says is a value. One that
// was made anew too often stays, and takes the framework's spelling.
func (l *learner) demote(n, c *node) bool {
	if c.has(markCertain) {
		return false
	}
	if !l.prunes.allow(l.spot(c)) {
		c.mark(markCertain)
		return false
	}
	for _, d := range l.abandon(n, func(k *node) bool { return k == c }) {
		l.prunes.note(l.spot(d))
		l.nodes -= l.size(d)
	}
	return true
}
