// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// index finds the template of a path. It is built once and then only read, so
// readers need no lock. Within a segment a literal wins over a partial segment
// or a constrained parameter, that over a plain parameter, that over a tail;
// the search goes back when a choice leads nowhere. Segments are compared left
// to right, so the most specific first segment decides first.
//
// A lookup visits each branch at most once per way to spend a mid-path tail,
// so its time is bounded by the templates, not by the path.
type index struct {
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
	seg   segment
	shape string
	to    *branch
}

// newIndex builds the index of templates, earlier ones first among equals. It
// refuses two templates that match the same paths under different names.
func newIndex(templates []*Template) (*index, error) {
	x := &index{root: &branch{}, templates: templates}
	for _, t := range templates {
		if err := x.add(t); err != nil {
			return nil, err
		}
	}
	return x, nil
}

func (x *index) add(t *Template) error {
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

// bound counts the conditions of a template beside its path.
func (t *Template) bound() int {
	n := 0
	if t.host != "" {
		n++
	}
	if t.method != "" {
		n++
	}
	return n
}

// descend returns the branch behind segment s, made if need be.
func (b *branch) descend(s segment) *branch {
	if text, ok := s.literal(); ok {
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

func descendEdge(edges *[]edge, s segment) *branch {
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

// strictness orders edges: more literal text first, then more constraints; a
// tail that needs a segment goes before one that does not.
func (s segment) strictness() int {
	n := 2 * s.min
	for _, p := range s.parts {
		if p.check != nil {
			n++
		}
		n += 16 * len(p.text)
	}
	return n
}

// all returns the templates; a nil index has none.
func (x *index) all() []*Template {
	if x == nil {
		return nil
	}
	return x.templates
}

// query is what a lookup is about.
type query struct {
	method string
	*pathView
}

// find returns the template of the query, or nil.
func (x *index) find(q *query) *Template {
	if x == nil || x.count == 0 {
		return nil
	}
	return x.root.find(q, 0)
}

func (b *branch) find(q *query, i int) *Template {
	if i == q.n {
		if !q.deeper {
			if t := b.end(q); t != nil {
				return t
			}
		}
		return b.findTail(q, i)
	}
	seg := q.seg(i)
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
	return b.literals[string(unescape(buf[:0], seg))]
}

// findTail lets a tail take the rest, or in the middle of a template as much
// as leaves the rest a match, the longest first.
func (b *branch) findTail(q *query, i int) *Template {
	for _, e := range b.tails {
		for end := q.n; end >= i+e.seg.min; end-- {
			if q.deeper && end < q.n {
				break
			}
			if c := e.seg.parts[0].check; c != nil && !c.allows(q.join(i, end)) {
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
	if i == q.n {
		return b.end(q)
	}
	return b.find(q, i)
}

// end returns the template that ends here and allows the method and host. A
// host is compared only where the path carried one.
func (b *branch) end(q *query) *Template {
	for _, t := range b.ends {
		if t.allowsMethod(q.method) && (t.host == "" || q.host == "" || strings.EqualFold(t.host, hostName(q.host))) {
			return t
		}
	}
	return nil
}

// allowsMethod: GET answers HEAD, and an unknown method rules nothing out.
func (t *Template) allowsMethod(method string) bool {
	return t.method == "" || method == "" || t.method == method || t.method == "GET" && method == "HEAD"
}

// hostName cuts user and port.
func hostName(host string) string {
	host = host[strings.LastIndexByte(host, '@')+1:]
	if colon := strings.LastIndexByte(host, ':'); colon >= 0 && strings.IndexByte(host[colon:], ']') < 0 {
		host = host[:colon]
	}
	return host
}
