// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"maps"
	"slices"
	"strings"
	"sync/atomic"
)

// framework is an http.route as a service sent it, read once.
type framework struct {
	text     string // as it was sent
	pattern  string
	template *Template // nil: it cannot be read
	plain    bool      // segments are literals and whole parameters only
	varies   bool      // it holds a parameter
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
	templates, err := ParseTemplate(httpRoute)
	if err != nil {
		return &framework{text: httpRoute}
	}
	t := templates[0]
	f := &framework{text: httpRoute, template: t, pattern: t.pattern, plain: len(templates) == 1, varies: t.holdsParameter()}
	if trimmed := strings.TrimSuffix(t.pattern, "/"); trimmed != "" {
		f.pattern = trimmed
	}
	for _, s := range t.segs {
		f.plain = f.plain && len(s.parts) == 1 && !s.tail
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
// cannot be read, or is but the raw path counts as absent.
func (s *Service) Observe(method, httpRoute, path string) Result {
	if httpRoute == "" || len(httpRoute) > maxPathBytes {
		return s.Match(method, path)
	}
	var v pathView
	if !v.split(path) {
		return Result{}
	}
	n, step := s.learner.find(&v)
	sure := step == stepSure && !v.deeper
	if sure {
		if r, ok := s.remembered(n, httpRoute); ok {
			return r
		}
	}
	f := s.framework(httpRoute)
	if sure {
		n.remember(f)
	}
	return s.observeAt(method, f, &v, n, step)
}

// observeAt is Observe of a path that find led to n.
func (s *Service) observeAt(method string, f *framework, v *pathView, n *node, step step) Result {
	if f.varies {
		return s.observe(f, v, n, step)
	}
	r, ok := s.lookUp(method, v)
	if !ok {
		r = s.inferAt(v, n, step)
	}
	switch {
	case f.template == nil:
	case strings.TrimSuffix(r.Pattern, "/") == f.pattern:
		r.Source = SourceFramework
	case s.learner.trusts(f):
		n, step = s.learner.find(v)
		return s.observe(f, v, n, step)
	}
	return r
}

// remember keeps the route at the node, unless it may be a raw path.
func (n *node) remember(f *framework) {
	if n.route.Load() != nil {
		return
	}
	if p := n.issued.Load(); f.varies || p != nil && *p == f.pattern {
		n.route.CompareAndSwap(nil, f)
	}
}

// remembered is what Observe comes to for a route that the node remembers, if
// nothing the item tells can change it. It spares the map of all routes, whose
// loads wait for each other: 0.2 to 0.3 µs if the caches have forgotten them.
func (s *Service) remembered(n *node, httpRoute string) (Result, bool) {
	f := n.route.Load()
	if f == nil || f.text != httpRoute {
		return Result{}, false
	}
	if f.varies {
		return s.learner.settledResult(n, f)
	}
	p := n.issued.Load()
	if p == nil || strings.TrimSuffix(*p, "/") != f.pattern || s.hasTemplates() {
		return Result{}, false
	}
	n.touch(s.learner.generation.Load())
	return Result{Pattern: *p, Source: SourceFramework}, true
}

// observe teaches the tree a trusted route and returns the pattern the route
// goes by. The path led find to n.
func (s *Service) observe(f *framework, v *pathView, n *node, step step) Result {
	l := s.learner
	if step == stepSure && !v.deeper {
		if r, ok := l.settledResult(n, f); ok {
			return r
		}
	}
	if f.varies && !l.placeholders.Load() {
		l.placeholders.Store(true)
	}
	if !s.learn || !f.fits(v) {
		return s.observeBeside(f)
	}
	n, step = l.follow(f, v)
	if step == stepSure {
		if r, ok := l.settledResult(n, f); ok {
			return r
		}
	}
	refused := f.granted(l.generation.Load())
	switch {
	case refused != nil && step == stepSure && n.issued.Load() == nil:
		return s.infer(v)
	case refused != nil && step == stepMissing && l.full.Load():
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
func (f *framework) fits(v *pathView) bool {
	if !f.plain || v.deeper || v.n != len(f.template.segs) {
		return false
	}
	for i := range v.n {
		if p := f.template.segs[i].parts[0]; p.name == "" && p.text != v.seg(i) {
			return false
		}
	}
	return true
}

// settledResult returns the pattern of n for an item that carried the route f,
// if nothing the item tells can change it.
func (l *learner) settledResult(n *node, f *framework) (Result, bool) {
	p := n.issued.Load()
	if p == nil || !n.final.Load() && *p != f.pattern {
		return Result{}, false
	}
	n.touch(l.generation.Load())
	return Result{Pattern: *p, Source: n.observed(f, *p)}, true
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
func (l *learner) follow(f *framework, v *pathView) (*node, step) {
	n := &l.root
	for i := range v.n {
		c := n.find(v.text(i), false, 0)
		switch {
		case c != nil && !c.certain.Load():
			return n, stepYoung
		case c == nil && f.template.segs[i].parts[0].name != "":
			c = n.wild.Load()
		}
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

// teach leads the path through the tree as the route has it. The route goes
// by the framework's spelling as soon as more items came with it than without;
// until then, and for good once many came without, it goes by the pattern that
// was handed out first: one route, one text.
func (l *learner) teach(f *framework, v *pathView) Result {
	l.lesson()
	defer l.mu.Unlock()
	n := &l.root
	for i := range v.n {
		if n = l.lead(n, f.template.segs[i].parts[0], v.seg(i), i+1 < v.n); n == nil {
			return l.takeFramework(f)
		}
	}
	n.touch(l.generation.Load())
	n.labelled++
	if p := n.issued.Load(); p != nil && (n.labelled <= n.bare || n.taught.Load()) {
		return Result{Pattern: *p, Source: n.observed(f, *p)}
	}
	return l.respell(n, f)
}

// takeFramework asks the budget for a place for the route, and notes what it
// said.
func (l *learner) takeFramework(f *framework) Result {
	r := Result{Pattern: overflowPattern, Source: SourceOverflow}
	if p := l.budget.take(f.pattern, l.budget.tails-1); p != nil {
		r = Result{Pattern: *p, Source: SourceFramework}
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
	if old != nil {
		delete(l.budget.texts, *old)
	}
	r := l.takeFramework(f)
	switch {
	case r.Source == SourceFramework:
		n.own = l.budget.texts[f.pattern]
		n.taught.Store(true)
		n.issued.Store(n.own)
		n.final.Store(true)
	case old != nil:
		l.budget.texts[*old] = old
		n.final.Store(true)
		return Result{Pattern: *old, Source: n.source()}
	}
	return r
}

// lead steps from n over seg as part says it is: literal or value. It returns
// nil if there is no room.
func (l *learner) lead(n *node, p part, seg string, passed bool) *node {
	if p.name == "" {
		return l.leadLiteral(n, seg)
	}
	if c := n.kid(seg); c != nil && !l.demote(n, c) {
		n.count(c)
		return c
	}
	c := n.read(seg)
	if c.suffix != "" {
		c = cut{head: seg, class: classWord}
	}
	if c.class == classWord && n.known().state < stateWords {
		q := *n.known()
		q.state = stateWords
		n.profile.Store(&q)
	}
	child := l.advanceValue(n, c, passed)
	if child != nil && child.name == "" {
		child.name = p.name // for patterns not handed out yet
	}
	return child
}

func (l *learner) leadLiteral(n *node, seg string) *node {
	c := n.kid(seg)
	if c == nil {
		if c = l.makeNode(n, seg, false, 0); c == nil {
			return nil
		}
	}
	c.certain.Store(true)
	n.count(c)
	return c
}

// demote cuts off the literal c, which the framework says is a value. One that
// came back too often stays, and takes the framework's spelling.
func (l *learner) demote(n, c *node) bool {
	if c.certain.Load() {
		return false
	}
	if !l.cuts.allow(c) {
		c.certain.Store(true)
		return false
	}
	for _, d := range n.abandon(func(k *node) bool { return k == c }) {
		l.cuts.note(d)
		l.nodes -= d.size()
	}
	return true
}

// maxLearnedTemplates bounds the routes that the tree cannot hold: those with
// tails and partial segments.
const maxLearnedTemplates = 64

// learnTemplate keeps such a route. A catch-all says nothing of the routes
// below it, so a tail must have a literal in front.
func (s *Service) learnTemplate(t *Template) {
	if len(t.segs) == 0 {
		return
	}
	if _, ok := t.segs[0].literal(); !ok {
		return
	}
	s.learner.lesson()
	defer s.learner.mu.Unlock()
	templates := s.learned.Load().all()
	for _, known := range templates {
		if known.shape() == t.shape() {
			return
		}
	}
	if len(templates) >= maxLearnedTemplates {
		return
	}
	if x, err := newIndex(append(slices.Clip(templates), t)); err == nil {
		s.learned.Store(x)
	}
}
