// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/route/segment"
)

// Index finds the template of a path. It is built once and then only read, so
// readers need no lock. Within a segment a literal wins over a partial segment
// or a constrained parameter, that over a plain parameter, that over a tail;
// the search goes back when a choice leads nowhere. Segments are compared left
// to right, so the most specific first segment decides first.
//
// A lookup visits each branch at most once per way to spend a mid-path tail,
// so its time is bounded by the templates, not by the path.
type Index struct {
	root      *branch
	count     int
	templates []*Template // as they were given
}

// branch is a position in the index, after some segments.
type branch struct {
	literals map[string]*branch
	edges    []edge // partial and constrained segments, the strictest first
	any      *branch
	tails    []edge
	ends     []*Template
}

// edge leads over a segment that is not a literal.
type edge struct {
	seg   Segment
	shape string
	to    *branch
}

// NewIndex builds the index of templates, earlier ones first among equals. It
// refuses two templates that match the same paths under different names.
func NewIndex(templates []*Template) (*Index, error) {
	x := &Index{root: &branch{}, templates: templates}
	for _, t := range templates {
		if err := x.add(t); err != nil {
			return nil, err
		}
	}
	return x, nil
}

func (x *Index) add(t *Template) error {
	b := x.root
	for _, s := range t.segs {
		b = b.descend(s)
	}
	for _, old := range b.ends {
		if old.method != t.method || old.host != t.host {
			continue
		}
		if strings.TrimSuffix(old.pattern, "/") != strings.TrimSuffix(t.pattern, "/") {
			return fmt.Errorf("template %q matches the same paths as %q", t.text, old.text)
		}
		return nil
	}
	b.ends = append(b.ends, t)
	// A template bound to a method or host is more specific than one that is not.
	sort.SliceStable(b.ends, func(i, j int) bool { return b.ends[i].bound() > b.ends[j].bound() })
	x.count++
	return nil
}

// descend returns the branch behind segment s, made if need be.
func (b *branch) descend(s Segment) *branch {
	if text, ok := s.Literal(); ok {
		if b.literals == nil {
			b.literals = map[string]*branch{}
		}
		return child(b.literals[text], func(c *branch) { b.literals[text] = c })
	}
	if s.tail {
		return descendEdge(&b.tails, s)
	}
	if len(s.parts) == 1 && s.parts[0].check == nil {
		return child(b.any, func(c *branch) { b.any = c })
	}
	return descendEdge(&b.edges, s)
}

func child(found *branch, keep func(*branch)) *branch {
	if found == nil {
		found = &branch{}
		keep(found)
	}
	return found
}

func descendEdge(edges *[]edge, s Segment) *branch {
	shape := s.shape()
	for _, e := range *edges {
		if e.shape == shape {
			return e.to
		}
	}
	e := edge{seg: s, shape: shape, to: &branch{}}
	*edges = append(*edges, e)
	slices.SortStableFunc(*edges, func(a, b edge) int { return b.seg.strictness() - a.seg.strictness() })
	return e.to
}

// All returns the templates; a nil index has none.
func (x *Index) All() []*Template {
	if x == nil {
		return nil
	}
	return x.templates
}

// Len returns how many templates can be found; of several that are equal it
// counts one.
func (x *Index) Len() int { return x.count }

// Find returns the template of a path, or nil; a nil index has none. An unknown
// method is "".
func (x *Index) Find(method string, path *segment.Path) *Template {
	if x == nil || x.count == 0 {
		return nil
	}
	return x.root.find(&query{method: method, Path: path}, 0)
}

// query is what a lookup is about.
type query struct {
	method string
	*segment.Path
}

func (b *branch) find(q *query, i int) *Template {
	if i == q.Len() {
		if !q.Deeper() {
			if t := b.end(q); t != nil {
				return t
			}
		}
		return b.findTail(q, i)
	}
	seg := q.Segment(i)
	if next := b.literalChild(seg); next != nil {
		if t := next.find(q, i+1); t != nil {
			return t
		}
	}
	for _, e := range b.edges {
		if e.seg.match(seg, nil) {
			if t := e.to.find(q, i+1); t != nil {
				return t
			}
		}
	}
	if b.any != nil {
		if t := b.any.find(q, i+1); t != nil {
			return t
		}
	}
	return b.findTail(q, i)
}

// literalChild looks seg up, decoded if it holds escapes.
func (b *branch) literalChild(seg string) *branch {
	if next := b.literals[seg]; next != nil || strings.IndexByte(seg, '%') < 0 || len(b.literals) == 0 {
		return next
	}
	var buf [128]byte
	return b.literals[string(segment.Unescape(buf[:0], seg))]
}

// findTail lets a tail take the rest, or in the middle of a template as much
// as leaves the rest a match, the longest first.
func (b *branch) findTail(q *query, i int) *Template {
	for _, e := range b.tails {
		for end := q.Len(); end >= i+e.seg.min; end-- {
			if q.Deeper() && end < q.Len() {
				break
			}
			if c := e.seg.parts[0].check; c != nil && !c.allows(q.Join(i, end)) {
				continue
			}
			if t := e.to.after(q, end); t != nil {
				return t
			}
		}
	}
	return nil
}

// after continues behind a tail that ended at segment i.
func (b *branch) after(q *query, i int) *Template {
	if i == q.Len() {
		return b.end(q)
	}
	return b.find(q, i)
}

// end returns the template that ends here and allows the method and host. A
// host is compared only where the path carried one.
func (b *branch) end(q *query) *Template {
	for _, t := range b.ends {
		if t.allowsMethod(q.method) && (t.host == "" || q.Host() == "" || strings.EqualFold(t.host, hostName(q.Host()))) {
			return t
		}
	}
	return nil
}

// hostName cuts user and port.
func hostName(host string) string {
	host = host[strings.LastIndexByte(host, '@')+1:]
	if colon := strings.LastIndexByte(host, ':'); colon >= 0 && strings.IndexByte(host[colon:], ']') < 0 {
		host = host[:colon]
	}
	return host
}
