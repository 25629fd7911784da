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
	frameworks atomic.Pointer[map[string]*framework] // replaced, never changed
	learned    atomic.Pointer[index]                 // from http.route; replaced, never changed
	learner    *learner
	learn      bool
	declares   bool // declared is not empty: spares readers a load
	overflowed atomic.Uint64
}

func newService(name string, declared *index, maxPatterns int, learn bool) *Service {
	s := &Service{
		name: name, declared: declared, declares: declared.count > 0,
		learner: newLearner(maxPatterns, learn), learn: learn,
	}
	s.frameworks.Store(&map[string]*framework{})
	return s
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
	if r, ok := s.lookUp(method, v); ok {
		return r
	}
	return s.infer(v)
}

// hasTemplates reports templates that go before the tree.
func (s *Service) hasTemplates() bool { return s.declares || s.learned.Load() != nil }

// lookUp asks the templates.
func (s *Service) lookUp(method string, v *pathView) (Result, bool) {
	if !s.hasTemplates() {
		return Result{}, false
	}
	q := query{method: method, pathView: v}
	if t := s.declared.find(&q); t != nil {
		return Result{Pattern: t.pattern, Source: SourceTemplate}, true
	}
	if t := s.learned.Load().find(&q); t != nil {
		return Result{Pattern: strings.TrimSuffix(t.pattern, "/"), Source: SourceLearned}, true
	}
	return Result{}, false
}

// infer asks the tree, which was taught by other items and by evidence.
func (s *Service) infer(v *pathView) Result {
	return s.inferAt(v, s.learner.find(v))
}

// inferAt does so for a path that led find to e.
func (s *Service) inferAt(v *pathView, e end) Result {
	pattern, source := s.learner.match(v, e)
	if source == SourceOverflow {
		s.overflowed.Add(1)
	}
	return Result{Pattern: pattern, Source: source}
}

// Parameters yields the name and value of each placeholder of pattern, which
// must be a pattern this service gave for path. The values point into path.
func (s *Service) Parameters(pattern, path string, yield func(name, value string) bool) {
	var v pathView
	if v.split(path) {
		parameters(readNormal(pattern), v.segments(), yield)
	}
}

// readNormal reads the normal form of a path, in which nothing but braces has
// a meaning.
func readNormal(pattern string) *Template {
	t := &Template{pattern: pattern, text: pattern}
	for text := range strings.SplitSeq(strings.Trim(pattern, "/"), "/") {
		var seg segment
		for text != "" {
			literal, rest, found := strings.Cut(text, "{")
			name, after, closed := strings.Cut(rest, "}")
			if !found || !closed {
				seg.parts = append(seg.parts, part{text: text})
				break
			}
			if literal != "" {
				seg.parts = append(seg.parts, part{text: literal})
			}
			name, seg.tail = strings.CutSuffix(name, "...")
			seg.parts = append(seg.parts, part{name: name})
			text = after
		}
		if len(seg.parts) > 0 {
			t.segs = append(t.segs, seg)
		}
	}
	return t
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

// rotate starts a new generation.
func (s *Service) rotate() {
	s.learner.rotate(s.learned.Load().all())
	if known := s.frameworks.Load(); len(*known) >= s.maxFrameworks() {
		s.frameworks.CompareAndSwap(known, &map[string]*framework{}) // read anew what still comes
	}
}

// maxFrameworks bounds the memory of http.routes that were read: a service may
// well have more routes than it is allowed patterns.
func (s *Service) maxFrameworks() int { return 2*s.learner.budget.max + 256 }
