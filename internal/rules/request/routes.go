// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package request

import (
	"fmt"
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/check"
	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/route/segment"
	"github.com/otelcol-correlation/correlationprocessor/internal/route/template"
)

// Routes finds which of some routes of the configuration a request went to, by the
// path of the request and by its pattern. It is immutable.
type Routes struct {
	index *template.Index
	// places has the route of each template. A route is several of them where parts
	// of it are optional.
	places map[*template.Template]int
	// shapes has the template of each method and pattern without the names of
	// parameters: what was inferred is {int} where the user wrote {id}.
	shapes map[string]*template.Template
	// heads has the first segments of the templates with the template, nil where there
	// are several; it is nil if a parameter is among them. They spare most paths the
	// search.
	heads map[string]*template.Template
}

// NewRoutes compiles routes such as "GET /feed/{id}", in any of the syntaxes that
// templates may have. Its errors name the route.
func NewRoutes(routes []string) (*Routes, error) {
	s := &Routes{places: map[*template.Template]int{}, shapes: map[string]*template.Template{}}
	var all []*template.Template
	shapes := map[string]int{}
	for i, text := range routes {
		templates, err := template.Parse(text)
		if err != nil {
			return nil, err
		}
		for _, t := range templates {
			if err := checkMethod(t); err != nil {
				return nil, err
			}
			if j, taken := shapes[t.Shape()]; taken && j != i {
				return nil, fmt.Errorf("%q is the same route as %q", text, routes[j])
			}
			shapes[t.Shape()] = i
			// A pattern does not tell which values a parameter may have: the template
			// that takes most stands for it.
			key := string(appendRouteKey(nil, t.Method(), t.Pattern()))
			if other := s.shapes[key]; other == nil || other.Compare(t) < 0 {
				s.shapes[key] = t
			}
			s.places[t] = i
			all = append(all, t)
		}
	}
	var err error
	s.index, err = template.NewIndex(all)
	s.heads = heads(all)
	return s, err
}

func heads(all []*template.Template) map[string]*template.Template {
	m := map[string]*template.Template{}
	for _, t := range all {
		text, literal := "", true
		if segments := t.Segments(); len(segments) > 0 {
			text, literal = segments[0].Literal()
		}
		if !literal {
			return nil
		}
		if _, several := m[text]; several {
			t = nil
		}
		m[text] = t
	}
	return m
}

// methods are those that a route may have: of HTTP, WebDAV and caches.
var methods = set(
	"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY",
	"PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "SEARCH", "REPORT", "LINK", "UNLINK", "PURGE", "BAN",
)

// checkMethod refuses a method that no request has: such a route would never match.
func checkMethod(t *template.Template) error {
	return check.That(t.Method() == "" || methods[t.Method()], "%q has an unknown method, got %q", t, t.Method())
}

// Find returns the number of the route that the request went to: of several, that of
// the most special template.
func (s *Routes) Find(q *record.Request) (route int, ok bool) {
	if len(s.places) == 0 {
		return 0, false
	}
	method := strings.ToUpper(q.Method)
	found := s.byPattern(method, q.Pattern)
	if q.Path != "" && s.mayDiffer(q.Path, found) {
		if t := s.byPath(method, q.Path); found == nil || t != nil && t.Compare(found) <= 0 {
			found = t
		}
	}
	if found == nil {
		return 0, false
	}
	return s.places[found], true
}

// mayDiffer reports whether the path may lead to another template than the one found by
// the pattern, which may be nil.
func (s *Routes) mayDiffer(path string, found *template.Template) bool {
	head, _, _ := strings.Cut(path[1:], "/")
	t, known := s.heads[head]
	if known && t != nil {
		return t != found
	}
	return known || s.heads == nil || head == "" || strings.IndexByte(head, '%') >= 0 || strings.IndexByte(head, ';') >= 0
}

// unknownMethod is no route's: a request whose method is not known went to none that
// names one.
const unknownMethod = "?"

func (s *Routes) byPath(method, path string) *template.Template {
	var p segment.Path
	if !p.Split(path) {
		return nil
	}
	if method == "" {
		method = unknownMethod
	}
	return s.index.Find(method, &p)
}

// byPattern finds the route by the pattern alone: the path may be unknown, or have the
// prefix that an application is mounted at before what the pattern speaks of.
func (s *Routes) byPattern(method, pattern string) *template.Template {
	if pattern == "" {
		return nil
	}
	var scratch [128]byte
	key := appendRouteKey(scratch[:0], method, pattern)
	if t := s.shapes[string(key)]; t != nil {
		return t
	}
	bare := key[len(method):]
	if method == "HEAD" {
		if t := s.shapes["GET"+string(bare)]; t != nil {
			return t
		}
	}
	return s.shapes[string(bare)]
}

// appendRouteKey appends the method and the pattern without the names of its
// parameters and without a slash at its end.
func appendRouteKey(dst []byte, method, pattern string) []byte {
	dst = append(dst, method...)
	dst = append(dst, ' ')
	for pattern = withoutSlash(pattern); ; {
		before, rest, ok := strings.Cut(pattern, "{")
		dst = append(dst, before...)
		if !ok {
			return dst
		}
		name, after, _ := strings.Cut(rest, "}")
		if strings.HasSuffix(name, "...") {
			dst = append(dst, "..."...)
		}
		dst, pattern = append(dst, "{}"...), after
	}
}

// withoutSlash cuts the slash at the end of a path, unless it is all of it.
func withoutSlash(path string) string {
	if len(path) > 1 {
		return strings.TrimSuffix(path, "/")
	}
	return path
}

func set(members ...string) map[string]bool {
	m := make(map[string]bool, len(members))
	for _, member := range members {
		m[member] = true
	}
	return m
}
