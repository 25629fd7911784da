// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"strings"
	"sync/atomic"

	"github.com/otelcol-correlation/correlationprocessor/internal/route/segment"
	"github.com/otelcol-correlation/correlationprocessor/internal/route/template"
)

// Service finds the patterns of one service.
type Service struct {
	name       string
	declared   *template.Index
	frameworks atomic.Pointer[map[string]*framework] // replaced, never changed
	learned    atomic.Pointer[template.Index]        // from http.route; replaced, never changed
	learner    *learner
	learn      bool
	declares   bool // declared is not empty: spares readers a load
	overflowed atomic.Uint64
}

func newService(name string, declared *template.Index, maxPatterns int, learn bool, in *account) *Service {
	s := &Service{
		name: name, declared: declared, declares: declared.Len() > 0,
		learner: newLearner(maxPatterns, learn, in), learn: learn,
	}
	s.frameworks.Store(&map[string]*framework{})
	return s
}

// Match returns the pattern of a request: the http.route it carries, in normal
// form, from which the service learns; else what the user declared, what was
// learned, or what the path's segments and the traffic so far say. It never keeps
// the request's memory and makes none for a path whose pattern exists. An
// http.route that cannot be read, or is but the raw path, counts as absent.
func (s *Service) Match(q Request) Result {
	if q.Route != "" && len(q.Route) <= segment.MaxPathBytes {
		return s.observe(&q)
	}
	return s.match(&q)
}

// match is Match of a request that carries no http.route.
func (s *Service) match(q *Request) Result {
	var v segment.Path
	if !v.Split(q.Path) {
		return Result{}
	}
	if r, ok := s.lookUp(q.Method, &v); ok {
		return r
	}
	return s.infer(q, &v)
}

// hasTemplates reports templates that go before the tree.
func (s *Service) hasTemplates() bool { return s.declares || s.learned.Load() != nil }

// lookUp asks the templates. A route that says no more than a prefix does not go
// before one that leads all the way.
func (s *Service) lookUp(method string, v *segment.Path) (Result, bool) {
	if !s.hasTemplates() {
		return Result{}, false
	}
	if t := s.declared.Find(method, v); t != nil {
		return Result{Pattern: t.Pattern(), Source: SourceTemplate}, true
	}
	if t := s.learned.Load().Find(method, v); t != nil && !(t.Tail() && s.learner.taught(v)) {
		return Result{Pattern: strings.TrimSuffix(t.Pattern(), "/"), Source: SourceLearned}, true
	}
	return Result{}, false
}

// infer asks the tree, which was taught by other items and by evidence.
func (s *Service) infer(q *Request, v *segment.Path) Result {
	return s.inferAt(q, v, s.learner.find(v))
}

// inferAt does so for a path that led find to e.
func (s *Service) inferAt(q *Request, v *segment.Path, e end) Result {
	if e.step != stepSure && v.Keyed() {
		keys := v.Keys()
		v, e = &keys, s.learner.find(&keys)
	}
	pattern, source := s.learner.match(q, v, e)
	if source == SourceOverflow {
		s.overflowed.Add(1)
	}
	return Result{Pattern: pattern, Source: source}
}

// Parameters yields the name and value of each placeholder of pattern, which
// must be a pattern this service gave for path. The values point into path.
func (s *Service) Parameters(pattern, path string, yield func(name, value string) bool) {
	var v segment.Path
	if v.Split(path) {
		template.Parameters(pattern, v.Segments(), yield)
	}
}

// Fits reports whether the path, with its query or without, is one of the pattern.
func Fits(pattern, path string) bool {
	var v segment.Path
	return v.Split(path) && !v.Deeper() && template.Fits(pattern, v.Segments())
}

// Patterns returns how many places of the limit are in use at present, by declared
// patterns and by those handed out: all of them once new paths share overflow
// patterns.
func (s *Service) Patterns() int {
	return s.declared.Len() + s.learner.patterns()
}

// Overflowed returns how many items met the cap.
func (s *Service) Overflowed() uint64 { return s.overflowed.Load() }

// rotate starts a new generation.
func (s *Service) rotate() {
	s.learner.rotate(s.learned.Load().All())
	s.forgetFrameworks()
}

// forgetFrameworks forgets what was read of http.routes, if there is no room for more:
// those that still arrive are read anew.
func (s *Service) forgetFrameworks() {
	s.learner.mu.Lock()
	defer s.learner.rest()
	known := *s.frameworks.Load()
	if len(known) < s.maxFrameworks() && !s.learner.account.full() {
		return
	}
	s.frameworks.Store(&map[string]*framework{})
	for _, f := range known {
		s.learner.read -= f.size()
	}
}

// maxFrameworks bounds the memory of http.routes that were read: a service may
// well have more routes than it is allowed patterns.
func (s *Service) maxFrameworks() int { return 2*s.learner.budget.max + 256 }
