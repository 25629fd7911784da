// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"maps"
	"slices"
	"strings"
)

// framework is an http.route as a service sent it, read once.
type framework struct {
	pattern  string
	template *Template // nil: it cannot be read
	plain    bool      // segments are literals and whole parameters only
	seen     int       // how often it came; guarded by the learner's lock
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
		return &framework{}
	}
	t := templates[0]
	f := &framework{template: t, pattern: t.pattern, plain: len(templates) == 1}
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
	if f := (*s.frameworks.Load())[httpRoute]; f != nil {
		return f
	}
	httpRoute = strings.Clone(httpRoute)
	f := readFramework(httpRoute)
	s.learner.mu.Lock()
	defer s.learner.mu.Unlock()
	old := *s.frameworks.Load()
	if len(old) >= s.maxFrameworks() {
		return f
	}
	known := make(map[string]*framework, len(old)+1)
	maps.Copy(known, old)
	known[httpRoute] = f
	s.frameworks.Store(&known)
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
	f := s.framework(httpRoute)
	if f.template == nil || !v.split(path) {
		return s.Match(method, path)
	}
	if f.template.holdsParameter() {
		return s.observe(f, &v)
	}
	r := s.match(method, &v)
	if strings.TrimSuffix(r.Pattern, "/") == f.pattern {
		return Result{Pattern: r.Pattern, Source: SourceFramework}
	}
	if s.learner.trusts(f) {
		return s.observe(f, &v)
	}
	return r
}

// observe teaches the tree a trusted route and returns the pattern the route
// goes by.
func (s *Service) observe(f *framework, v *pathView) Result {
	if n, step := s.learner.find(v); step == stepSure && !v.deeper {
		if p := n.issued.Load(); p != nil && (n.final.Load() || *p == f.pattern) {
			n.touch(s.learner.generation.Load())
			return Result{Pattern: *p, Source: n.observed(f, *p)}
		}
	}
	r := s.learner.teach(f, v)
	if r.Source == SourceOverflow {
		s.overflowed.Add(1)
	}
	if r.Source == SourceFramework && !f.plain && s.learn {
		s.learnTemplate(f.template)
	}
	return r
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
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.placeholders {
		return false
	}
	f.seen++
	return f.seen >= trustedRepeats
}

// teach leads the path through the tree as the route has it. The route goes
// by the framework's spelling as soon as more items came with it than without;
// until then, and for good once many came without, it goes by the pattern that
// was handed out first: one route, one text.
func (l *learner) teach(f *framework, v *pathView) Result {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.learn || !f.plain || v.deeper || v.n != len(f.template.segs) {
		return l.takeFramework(f)
	}
	l.placeholders = l.placeholders || f.template.holdsParameter()
	n := &l.root
	for i, seg := range v.segments() {
		if n = l.lead(n, f.template.segs[i].parts[0], seg, i+1 < v.n); n == nil {
			return l.takeFramework(f)
		}
	}
	n.touch(l.generation.Load())
	n.labelled++
	if p := n.issued.Load(); p != nil && n.labelled <= n.bare {
		return Result{Pattern: *p, Source: n.observed(f, *p)}
	}
	return l.respell(n, f)
}

// takeFramework hands out a route that the tree cannot hold.
func (l *learner) takeFramework(f *framework) Result {
	if p := l.budget.take(f.pattern, l.budget.tails-1); p != nil {
		return Result{Pattern: *p, Source: SourceFramework}
	}
	return Result{Pattern: overflowPattern, Source: SourceOverflow}
}

// respell gives the node the framework's spelling. The place of the old one
// is free again: this happens to a node once, so no more than twice the limit
// of texts is ever handed out this way.
func (l *learner) respell(n *node, f *framework) Result {
	old := n.issued.Load()
	if old != nil && *old != f.pattern && !n.taught.Load() {
		delete(l.budget.texts, *old)
	}
	if n.taught.Load() && old != nil {
		return Result{Pattern: *old, Source: n.observed(f, *old)}
	}
	r := l.takeFramework(f)
	if r.Source == SourceFramework {
		n.own = l.budget.texts[f.pattern]
		n.taught.Store(true)
		n.issued.Store(n.own)
		n.final.Store(true) // the first spelling stays
	}
	return r
}

// lead steps from n over seg as part says it is: literal or value. It returns
// nil if there is no room or the path is not one of the route.
func (l *learner) lead(n *node, p part, seg string, passed bool) *node {
	if p.name == "" {
		return l.leadLiteral(n, p.text, seg)
	}
	l.demote(n, seg)
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

func (l *learner) leadLiteral(n *node, text, seg string) *node {
	if text != seg {
		return nil
	}
	c := n.kid(seg)
	if c == nil {
		if c = l.makeNode(n, seg, false, 0); c == nil {
			return nil
		}
	}
	c.certain = true
	n.count(c)
	return c
}

// demote makes a value of a literal that the framework says is one.
func (l *learner) demote(n *node, seg string) {
	c := n.kid(seg)
	if c == nil || c.certain {
		return
	}
	for _, d := range n.abandon(func(k *node) bool { return k == c }) {
		l.nodes -= d.size()
	}
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
	s.learner.mu.Lock()
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
