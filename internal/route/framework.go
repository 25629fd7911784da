// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
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
	raw      bool               // it holds what can only be a value
	below    *framework         // of a prefix, /static/: what is below it
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
		text, literal := s.Literal()
		_, parameter := s.Parameter()
		f.plain = f.plain && (literal || parameter)
		f.raw = f.raw || literal && segment.IsValue(text)
	}
	if !f.varies && len(t.Segments()) > 0 && strings.HasSuffix(t.Pattern(), "/") {
		f.below = readFramework(template.Escape(f.pattern) + overflowPattern)
	}
	return f
}

// covers reports whether the path is below a route without a placeholder: a mount,
// which is not the path's whole route.
func (f *framework) covers(v *segment.Path) bool {
	if f.varies || v.Len() <= len(f.template.Segments()) {
		return false
	}
	for i, s := range f.template.Segments() {
		if text, _ := s.Literal(); text != v.Segment(i) {
			return false
		}
	}
	return true
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
