// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"slices"
	"strings"
	"sync/atomic"
)

// Service finds the patterns of one service.
type Service struct {
	name       string
	declared   *index
	learned    atomic.Pointer[index] // from http.route; replaced, never changed
	learner    *learner
	learn      bool
	overflowed atomic.Uint64
}

func newService(name string, declared *index, maxPatterns int, learn bool) *Service {
	return &Service{name: name, declared: declared, learner: newLearner(maxPatterns), learn: learn}
}

// Match returns the pattern of a path: what the user declared, else what was
// learned, else what its segments and the traffic so far say. The path may be
// a URL and may carry query and fragment. It never keeps the path's memory and
// makes none for a path whose pattern exists.
func (s *Service) Match(method, path string) Result {
	var v pathView
	if !v.split(path) {
		return Result{}
	}
	return s.match(method, &v)
}

func (s *Service) match(method string, v *pathView) Result {
	q := query{method: method, host: v.host, segs: v.segments(), deeper: v.deeper}
	if t := s.declared.find(&q); t != nil {
		return Result{Pattern: t.pattern, Source: SourceTemplate}
	}
	if t := s.learned.Load().find(&q); t != nil {
		return Result{Pattern: t.pattern, Source: SourceLearned}
	}
	pattern, overflow := s.learner.match(v)
	if overflow {
		s.overflowed.Add(1)
		return Result{Pattern: pattern, Source: SourceOverflow}
	}
	return Result{Pattern: pattern, Source: SourceInferred}
}

// Observe returns the pattern of an item that carried the framework's own
// http.route, in normal form. An httpRoute that is empty, cannot be read, or
// is but the raw path counts as absent.
func (s *Service) Observe(method, httpRoute, path string) Result {
	t := s.framework(httpRoute)
	if t == nil {
		return s.Match(method, path)
	}
	if t.holdsParameter() {
		return Result{Pattern: t.pattern, Source: SourceFramework}
	}
	r := s.Match(method, path)
	if strings.TrimSuffix(r.Pattern, "/") == strings.TrimSuffix(t.pattern, "/") {
		r.Source = SourceFramework
	}
	return r
}

// framework reads an http.route.
func (s *Service) framework(httpRoute string) *Template {
	if httpRoute == "" || len(httpRoute) > maxPathBytes {
		return nil
	}
	templates, err := ParseTemplate(httpRoute)
	if err != nil {
		return nil
	}
	return templates[0]
}

// Parameters yields the name and value of each placeholder of pattern, which
// must be a pattern this service gave for path. The values point into path.
func (s *Service) Parameters(pattern, path string, yield func(name, value string) bool) {
	var v pathView
	templates, err := ParseTemplate(pattern)
	if err != nil || !v.split(path) {
		return
	}
	parameters(templates[0], v.segments(), yield)
}

// parameters walks template and path from the left; a tail in the middle
// leaves as many segments as the template still needs.
func parameters(t *Template, segs []string, yield func(name, value string) bool) {
	for i, s := range t.segs {
		if s.tail {
			end := max(len(segs)-(len(t.segs)-i-1), 0)
			if !yield(s.parts[0].name, strings.Join(segs[:end], "/")) {
				return
			}
			segs = segs[end:]
			continue
		}
		if len(segs) == 0 {
			return
		}
		var values []string
		if !s.match(segs[0], &values) {
			return
		}
		segs = segs[1:]
		names := slices.DeleteFunc(slices.Clone(s.parts), func(p part) bool { return p.name == "" })
		for j, p := range names {
			if !yield(p.name, values[j]) {
				return
			}
		}
	}
}

// Patterns returns how many patterns the service has at present: the declared
// ones and those handed out.
func (s *Service) Patterns() int {
	return s.declared.count + s.learner.patterns()
}

// Overflowed returns how many items met the cap.
func (s *Service) Overflowed() uint64 { return s.overflowed.Load() }

func (s *Service) rotate() { s.learner.rotate() }
