// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"maps"
	"slices"
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/route/segment"
	"github.com/otelcol-correlation/correlationprocessor/internal/route/template"
)

// framework returns what an http.route says, from memory if it is known. The
// memory is bounded; beyond it routes are read anew each time.
func (s *Service) framework(httpRoute string) *framework {
	known := s.frameworks.Load()
	if f := (*known)[httpRoute]; f != nil {
		return f
	}
	httpRoute = strings.Clone(httpRoute)
	f := readFramework(httpRoute)
	if len(*known) >= s.maxFrameworks() || s.learner.account.full() {
		return f
	}
	s.learner.lesson(nil)
	defer s.learner.rest()
	old := *s.frameworks.Load()
	more := make(map[string]*framework, len(old)+1)
	maps.Copy(more, old)
	more[httpRoute] = f
	s.frameworks.Store(&more)
	s.learner.read += f.size()
	return f
}

// observe is Match of a request that carries an http.route. If the route is
// believed, it is the pattern, whatever the tree holds.
func (s *Service) observe(q *Request) Result {
	if q.Path == "" {
		return s.named(q, s.framework(q.Route))
	}
	var v segment.Path
	if !v.Split(q.Path) {
		return Result{}
	}
	e := s.learner.find(&v)
	sure := e.step == stepSure && !v.Deeper()
	if sure {
		if r, ok := s.remembered(e, q.Route); ok {
			return r
		}
	}
	f := s.framework(q.Route)
	if sure {
		e.remember(f)
	}
	if g := f.granted(s.learner.generation()); sure && g != nil && g.Source == SourceFramework && e.node.has(markTaught) {
		e.touch(e.node, s.learner.clock.Load())
		return g.Result // another route named the place
	}
	switch {
	case f.varies:
		return s.believe(q, f, &v)
	case f.below != nil && f.covers(&v):
		return s.observeBeside(f.below)
	}
	return s.observeLiteral(q, f, &v, e)
}

// observeLiteral is observe of a route without a placeholder, which may be a raw
// path. The path led find to e.
func (s *Service) observeLiteral(q *Request, f *framework, v *segment.Path, e end) Result {
	r, ok := s.lookUp(q.Method, v)
	if !ok {
		r = s.inferAt(q, v, e)
	}
	switch {
	case f.template == nil || f.covers(v):
	case strings.TrimSuffix(r.Pattern, "/") == f.pattern:
		r.Source = SourceFramework
	case s.learner.trusts(q, f):
		return s.believe(q, f, v)
	}
	return r
}

// named is observe of an item that does not tell its path. A route without a
// placeholder may be a raw path, and is read like one.
func (s *Service) named(q *Request, f *framework) Result {
	switch {
	case f.template == nil:
		return Result{}
	case f.varies:
		return s.observeBeside(f)
	}
	raw := *q
	raw.Path = f.pattern
	r := s.match(&raw)
	if r.Pattern == f.pattern {
		r.Source = SourceFramework
	}
	return r
}

// remembered returns the result of observe for a route that is kept with the
// pattern, if nothing in the item can change it. It spares the map of all routes, whose
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
	e.touch(e.node, s.learner.clock.Load())
	return Result{Pattern: p.text, Source: SourceFramework}, true
}

// believe returns a believed route as the pattern, and teaches it to the tree.
func (s *Service) believe(q *Request, f *framework, v *segment.Path) Result {
	l := s.learner
	if f.varies && !l.placeholders.Load() {
		l.placeholders.Store(true)
	}
	if !s.learn || !f.fits(v) {
		return s.observeBeside(f)
	}
	e := l.follow(f, v)
	g := f.granted(l.generation())
	switch e.step {
	case stepBeside:
		return s.observeBeside(f)
	case stepMissing:
		if g != nil && l.full.Load() {
			return s.counted(g.Result)
		}
	case stepSure:
		if r, ok := l.settledResult(e, f); ok {
			return r
		}
		if g != nil && (e.node.has(markTaught) || g.Source == SourceOverflow) {
			return s.granted(q, v, e, g)
		}
	}
	return s.counted(l.teach(q, f, v))
}

// granted returns what the budget said to a route whose node, where nothing more
// is learned, goes by another text. A route that has no place goes by that.
func (s *Service) granted(q *Request, v *segment.Path, e end, g *grant) Result {
	if g.Source == SourceFramework {
		e.touch(e.node, s.learner.clock.Load())
		return g.Result
	}
	return s.infer(q, v)
}

// observeBeside hands out a route that the tree cannot hold.
func (s *Service) observeBeside(f *framework) Result {
	if g := f.granted(s.learner.generation()); g != nil {
		return s.counted(g.Result)
	}
	s.learner.lesson(nil)
	r := s.learner.takeFramework(f)
	s.learner.rest()
	if r.Source == SourceFramework && !f.plain && s.learn && f.offered.CompareAndSwap(false, true) {
		s.learnTemplate(f)
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

// maxLearnedTemplates bounds the routes that the tree cannot hold: those with
// tails and partial segments.
const maxLearnedTemplates = 64

// learnTemplate keeps such a route. A catch-all says nothing of the routes
// below it, so a tail must have a literal in front.
func (s *Service) learnTemplate(f *framework) {
	t := f.template
	if len(t.Segments()) == 0 || s.learner.account.full() {
		return
	}
	if _, ok := t.Segments()[0].Literal(); !ok {
		return
	}
	s.learner.lesson(nil)
	defer s.learner.rest()
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
		s.learner.read += f.size()
	}
}
