// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"github.com/otelcol-correlation/correlationprocessor/internal/route/segment"
	"github.com/otelcol-correlation/correlationprocessor/internal/route/template"
)

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
// that carried the route f, if that is its pattern.
func (l *learner) settledResult(e end, f *framework) (Result, bool) {
	i := e.node.issued.Load()
	if i == 0 || e.text(i) != f.pattern {
		return Result{}, false
	}
	e.touch(e.node, l.clock.Load())
	return Result{Pattern: e.text(i), Source: SourceFramework}, true
}

// trusts reports whether a route without a placeholder is to be believed: if the
// service sends placeholders too, for some instrumentations send the raw path; not
// if there is a value in it, or the service says that it has no such route.
func (l *learner) trusts(q *Request, f *framework) bool {
	return l.placeholders.Load() && !q.unmatched() && !f.raw
}

// follow walks the tree as the route has it, without a lock.
func (l *learner) follow(f *framework, v *segment.Path) end {
	t := l.published.Load()
	n := t.root
	for i, s := range f.template.Segments() {
		_, literal := s.Literal()
		c := t.child(n, v.Key(i), false, 0)
		switch {
		case c == nil && literal:
			return end{t, n, stepMissing}
		case c == nil || c.has(markAlias) && !literal:
			if c = t.node(n.wild.Load()); c == nil {
				return end{t, n, stepMissing}
			}
		case !c.has(markCertain):
			return end{t, n, stepYoung}
		case !literal:
			return end{t, n, stepBeside}
		}
		if !c.settled() {
			return end{t, n, stepYoung}
		}
		n = c
	}
	return end{t, n, stepSure}
}

// teach leads the path through the tree as the route has it. Items without an
// http.route get the route's spelling from now on: the first one that is believed.
func (l *learner) teach(q *Request, f *framework, v *segment.Path) Result {
	l.lesson(q)
	l.told = true
	defer func() {
		l.told = false
		l.rest()
	}()
	n := l.root
	for i, s := range f.template.Segments() {
		if n = l.lead(n, s, v.Key(i), i+1 < v.Len()); n == nil {
			return l.takeFramework(f)
		}
	}
	l.touch(n, l.clock.Load())
	if n.has(markTaught) {
		return l.takeFramework(f)
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
	f.given.Store(&grant{Result: r, generation: l.generation()})
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
	case old != 0:
		l.budget.texts[l.text(old)] = old
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
	c := n.read(seg.Text)
	if c.Suffix != "" {
		c = segment.Reading{Head: seg.Text, Class: segment.Word}
	}
	if c.Class == segment.Word && l.known(n).state < stateWords {
		l.know(n, l.known(n).in(stateWords))
	}
	child := l.advanceValue(n, c, passed)
	if child == nil {
		return nil
	}
	if child.name == 0 {
		l.giveName(n, child, name)
	}
	l.takeWhole(n, child, seg)
	return child
}

// giveName names the values at n as the framework does: in its other patterns too,
// and behind the same label elsewhere.
func (l *learner) giveName(n, child *node, name string) {
	child.name = l.keep(name)
	l.spellAnew(child)
	label := l.label(n)
	if n.value || label == "" || l.names[label] != "" || len(l.names) >= maxLabels {
		return
	}
	l.names[label] = l.text(child.name)
	l.nameAlike(l.root, label, child.name)
}

// nameAlike names the values behind a label wherever nobody named them.
func (l *learner) nameAlike(n *node, label string, name uint32) {
	wild := l.node(n.wild.Load())
	if wild != nil && wild.name == 0 && n.isLiteral() && l.label(n) == label {
		wild.name = name
		l.spellAnew(wild)
	}
	for c := range l.children(n) {
		l.nameAlike(c, label, name)
	}
}

// spellAnew makes the patterns at and below n be spelled again, but for those a
// framework spelled. The places of the old ones are free again.
func (l *learner) spellAnew(n *node) {
	if i := n.issued.Load(); i != 0 && n.own == 0 {
		delete(l.budget.texts, l.text(i))
		n.issued.Store(0)
	}
	for c := range l.children(n) {
		l.spellAnew(c)
	}
}

func (l *learner) leadLiteral(n *node, seg segment.Key) *node {
	c := l.child(n, seg, false, 0)
	if c == nil {
		if c = l.makeNode(n, seg.Text, false, 0); c == nil {
			return nil
		}
	}
	c.unmark(markAlias)
	c.mark(markCertain)
	l.count(n, c)
	return c
}

// takeWhole sees to it that the segment of a path, which a framework says is a
// value, is taken for one from now on, without what looks like a suffix: its
// literal becomes a name of the child for values.
func (l *learner) takeWhole(n, wild *node, seg segment.Key) {
	alias := l.child(n, seg, false, 0)
	if alias != nil && alias.has(markAlias) {
		return
	}
	l.dissolve(n, wild, func(c *node) bool { return c == alias })
	c := n.read(seg.Text)
	if c.Suffix != "" {
		l.readWhole(n)
		c = n.read(seg.Text)
	}
	if l.isValue(n, c, "") && alias == nil {
		return
	}
	l.makeAlias(n, seg.Text)
}

// makeAlias has a text at n be taken for a value that would be taken for a literal.
func (l *learner) makeAlias(n *node, text string) {
	if alias := l.makeNode(n, text, false, 0); alias != nil {
		alias.mark(markAlias)
		alias.setVisits(settledVisits)
	}
}

// dissolve cuts off children of n and puts what is below them below wild.
func (l *learner) dissolve(n, wild *node, drop func(*node) bool) {
	for _, c := range l.abandon(n, drop) {
		l.nodes -= l.size(c)
		l.graft(wild, c)
	}
}
