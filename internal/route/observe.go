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
	s.learner.lesson()
	defer s.learner.rest()
	old := *s.frameworks.Load()
	more := make(map[string]*framework, len(old)+1)
	maps.Copy(more, old)
	more[httpRoute] = f
	s.frameworks.Store(&more)
	s.learner.read += f.size()
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

// remembered returns the result of Observe for a route that is kept with the
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
	s.learner.lesson()
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
