// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/otelcol-correlation/correlationprocessor/internal/route/segment"
	"github.com/otelcol-correlation/correlationprocessor/internal/route/template"
)

// framework is an http.route as a service sent it, read once.
type framework struct {
	text     string // as it was sent
	pattern  string
	template *template.Template // nil: it cannot be read
	plain    bool               // segments are literals and whole parameters only
	varies   bool               // it holds a parameter
	seen     atomic.Int32
	given    atomic.Pointer[grant]
	// offered: it was offered to the learned templates.
	offered atomic.Bool
}

// grant is what the budget said to a route that has no node. It holds for a
// generation; the next one may have room, or may have given the place away.
type grant struct {
	Result
	generation uint32
}

// trustedRepeats is how often a route without a placeholder must come before
// it is believed against the evidence, and only from a service that sends
// placeholders too: some instrumentations send the raw path.
const trustedRepeats = 2

// readFramework parses an http.route. Its normal form has no trailing slash,
// for a path with one and a path without get the same pattern.
func readFramework(httpRoute string) *framework {
	templates, err := template.Parse(httpRoute)
	if err != nil {
		return &framework{text: httpRoute}
	}
	t := templates[0]
	f := &framework{text: httpRoute, template: t, pattern: t.Pattern(), plain: len(templates) == 1, varies: t.Varies()}
	if trimmed := strings.TrimSuffix(t.Pattern(), "/"); trimmed != "" {
		f.pattern = trimmed
	}
	for _, s := range t.Segments() {
		_, literal := s.Literal()
		_, parameter := s.Parameter()
		f.plain = f.plain && (literal || parameter)
	}
	return f
}

// framework returns what an http.route says, from memory if it is known. The
// memory is bounded; beyond it routes are read anew each time.
func (s *Service) framework(httpRoute string) *framework {
	known := s.frameworks.Load()
	if f := (*known)[httpRoute]; f != nil {
		return f
	}
	httpRoute = strings.Clone(httpRoute)
	f := readFramework(httpRoute)
	if len(*known) >= s.maxFrameworks() {
		return f
	}
	s.learner.lesson()
	defer s.learner.mu.Unlock()
	old := *s.frameworks.Load()
	more := make(map[string]*framework, len(old)+1)
	maps.Copy(more, old)
	more[httpRoute] = f
	s.frameworks.Store(&more)
	return f
}

// Observe returns the pattern of an item that carried the framework's own
// http.route, in normal form, and learns from it. An httpRoute that is empty,
// cannot be read, or is but the raw path counts as absent. The path may be "".
func (s *Service) Observe(method, httpRoute, path string) Result {
	if httpRoute == "" || len(httpRoute) > segment.MaxPathBytes {
		return s.Match(method, path)
	}
	if path == "" {
		return s.named(method, s.framework(httpRoute))
	}
	var v segment.Path
	if !v.Split(path) {
		return Result{}
	}
	e := s.learner.find(&v)
	sure := e.step == stepSure && !v.Deeper()
	if sure {
		if r, ok := s.remembered(e, httpRoute); ok {
			return r
		}
	}
	f := s.framework(httpRoute)
	if sure {
		e.remember(f)
	}
	return s.observeAt(method, f, &v, e)
}

// observeAt is Observe of a path that led find to e.
func (s *Service) observeAt(method string, f *framework, v *segment.Path, e end) Result {
	if f.varies {
		return s.observe(f, v, e)
	}
	r, ok := s.lookUp(method, v)
	if !ok {
		r = s.inferAt(v, e)
	}
	switch {
	case f.template == nil:
	case strings.TrimSuffix(r.Pattern, "/") == f.pattern:
		r.Source = SourceFramework
	case s.learner.trusts(f):
		return s.observe(f, v, s.learner.find(v))
	}
	return r
}

// named is Observe of an item that does not tell its path. A route without a
// placeholder may be a raw path, and is read like one.
func (s *Service) named(method string, f *framework) Result {
	switch {
	case f.template == nil:
		return Result{}
	case !f.varies:
		r := s.Match(method, f.pattern)
		if r.Pattern == f.pattern {
			r.Source = SourceFramework
		}
		return r
	}
	t := s.learner.published.Load()
	if n := t.placed(f); n != nil {
		if r, ok := s.learner.settledResult(end{t, n, stepSure}, f); ok {
			return r
		}
	}
	return s.observeBeside(f)
}

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

// remembered is what Observe comes to for a route that is kept with the pattern,
// if nothing the item tells can change it. It spares the map of all routes, whose
// loads wait for each other: 0.2 to 0.3 µs if the caches have forgotten them.
func (s *Service) remembered(e end, httpRoute string) (Result, bool) {
	i := e.node.issued.Load()
	if i == 0 {
		return Result{}, false
	}
	p := e.texts.at(i)
	f := p.route.Load()
	if f == nil || f.text != httpRoute {
		return Result{}, false
	}
	if f.varies {
		return s.learner.settledResult(e, f)
	}
	if strings.TrimSuffix(p.text, "/") != f.pattern || s.hasTemplates() {
		return Result{}, false
	}
	e.touch(e.node, s.learner.generation.Load())
	return Result{Pattern: p.text, Source: SourceFramework}, true
}

// observe teaches the tree a trusted route and returns the pattern the route
// goes by. The path led find to e.
func (s *Service) observe(f *framework, v *segment.Path, e end) Result {
	l := s.learner
	if e.step == stepSure && !v.Deeper() {
		if r, ok := l.settledResult(e, f); ok {
			return r
		}
	}
	if f.varies && !l.placeholders.Load() {
		l.placeholders.Store(true)
	}
	if !s.learn || !f.fits(v) {
		return s.observeBeside(f)
	}
	e = l.follow(f, v)
	if e.step == stepSure {
		if r, ok := l.settledResult(e, f); ok {
			return r
		}
	}
	refused := f.granted(l.generation.Load())
	switch {
	case refused != nil && e.step == stepSure && e.node.issued.Load() == 0:
		return s.infer(v)
	case refused != nil && e.step == stepMissing && l.full.Load():
		return s.counted(refused.Result)
	}
	return s.counted(l.teach(f, v))
}

// observeBeside hands out a route that the tree cannot hold.
func (s *Service) observeBeside(f *framework) Result {
	if g := f.granted(s.learner.generation.Load()); g != nil {
		return s.counted(g.Result)
	}
	s.learner.lesson()
	r := s.learner.takeFramework(f)
	s.learner.mu.Unlock()
	if r.Source == SourceFramework && !f.plain && s.learn && f.offered.CompareAndSwap(false, true) {
		s.learnTemplate(f.template)
	}
	return s.counted(r)
}

// counted counts a result that met the cap.
func (s *Service) counted(r Result) Result {
	if r.Source == SourceOverflow {
		s.overflowed.Add(1)
	}
	return r
}

// granted returns what the budget said in this generation, or nil.
func (f *framework) granted(generation uint32) *grant {
	if g := f.given.Load(); g != nil && g.generation == generation {
		return g
	}
	return nil
}

// fits reports whether the path is one of the route, segment by segment. A
// route often lacks the prefix its router is mounted at.
func (f *framework) fits(v *segment.Path) bool {
	if !f.plain || v.Deeper() || v.Len() != len(f.template.Segments()) {
		return false
	}
	for i, s := range f.template.Segments() {
		if text, literal := s.Literal(); literal && text != v.Segment(i) {
			return false
		}
	}
	return true
}

// settledResult returns the pattern of the node that find came to, for an item
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
// by the framework's spelling as soon as more items came with it than without;
// until then, and for good once many came without, it goes by the pattern that
// was handed out first: one route, one text.
func (l *learner) teach(f *framework, v *segment.Path) Result {
	l.lesson()
	defer l.mu.Unlock()
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
	if i := l.take(f.pattern, l.budget.tails()-1); i != 0 {
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
// came back too often stays, and takes the framework's spelling.
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

// maxLearnedTemplates bounds the routes that the tree cannot hold: those with
// tails and partial segments.
const maxLearnedTemplates = 64

// learnTemplate keeps such a route. A catch-all says nothing of the routes
// below it, so a tail must have a literal in front.
func (s *Service) learnTemplate(t *template.Template) {
	if len(t.Segments()) == 0 {
		return
	}
	if _, ok := t.Segments()[0].Literal(); !ok {
		return
	}
	s.learner.lesson()
	defer s.learner.mu.Unlock()
	templates := s.learned.Load().All()
	for _, known := range templates {
		if known.Shape() == t.Shape() {
			return
		}
	}
	if len(templates) >= maxLearnedTemplates {
		return
	}
	if x, err := template.NewIndex(append(slices.Clip(templates), t)); err == nil {
		s.learned.Store(x)
	}
}
