// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/route/segment"
)

// naive finds the best template by looking at all of them: the model of index.
func naive(templates []*Template, q *query) *Template {
	var best *Template
	for _, t := range templates {
		if !naiveMatch(t, q) {
			continue
		}
		if best == nil || slices.Compare(rank(t), rank(best)) < 0 {
			best = t
		}
	}
	return best
}

func naiveMatch(t *Template, q *query) bool {
	if !t.allowsMethod(q.method) {
		return false
	}
	for i, s := range t.segs {
		switch {
		case s.tail:
			return q.Len()-i >= s.min
		case i >= q.Len():
			return false
		}
		if text, ok := s.Literal(); ok && text != q.Segment(i) || !ok && !s.match(q.Segment(i), nil) {
			return false
		}
	}
	return len(t.segs) == q.Len()
}

// rank orders templates that match the same path: segment by segment the more
// special first; an end before a tail; a method before none.
func rank(t *Template) []int {
	var r []int
	for _, s := range t.segs {
		_, literal := s.Literal()
		switch {
		case literal:
			r = append(r, 1)
		case s.tail:
			r = append(r, 9999-s.min)
		case len(s.parts) == 1 && s.parts[0].check == nil:
			r = append(r, 5000)
		default:
			r = append(r, 1000-s.strictness())
		}
	}
	return append(r, 0, -t.bound())
}

var (
	templateSegments = []string{"a", "b", "{x}", "{x:int}", "{x}.j", "a-{x}", "{x:[ab]+}"}
	pathSegments     = []string{"a", "b", "1", "a.j", "a-b", "ab", "1.j"}
)

// drawTemplate draws a template whose parameters have names of their own.
func drawTemplate(t *rapid.T) *Template {
	segs := rapid.SliceOfN(rapid.SampledFrom(templateSegments), 0, 4).Draw(t, "segments")
	text := rapid.SampledFrom([]string{"", "GET "}).Draw(t, "method")
	for i, s := range segs {
		text += "/" + strings.Replace(s, "x", fmt.Sprint("x", i), 1)
	}
	text += rapid.SampledFrom([]string{"", "", "/{rest...}"}).Draw(t, "tail")
	if !strings.Contains(text, "/") {
		text += "/"
	}
	templates, err := Parse(text)
	require.NoError(t, err)
	return templates[0]
}

func drawPath(t *rapid.T) *segment.Path {
	var v segment.Path
	v.Split("/" + strings.Join(rapid.SliceOfN(rapid.SampledFrom(pathSegments), 0, 5).Draw(t, "path"), "/"))
	return &v
}

func TestIndexAgreesWithItsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		templates := rapid.SliceOfN(rapid.Custom(drawTemplate), 1, 12).Draw(t, "templates")
		x, err := NewIndex(templates)
		require.NoError(t, err)
		q := &query{
			method: rapid.SampledFrom([]string{"GET", "POST", ""}).Draw(t, "method"),
			Path:   drawPath(t),
		}
		want, got := naive(templates, q), x.Find(q.method, q.Path)
		if want == nil {
			assert.Nil(t, got)
			return
		}
		require.NotNil(t, got, "want %s", want)
		assert.Equal(t, rank(want), rank(got), "want %s, got %s", want, got)
		assert.True(t, naiveMatch(got, q))
	})
}

func TestIndexOrderOfTemplatesDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		templates := rapid.SliceOfN(rapid.Custom(drawTemplate), 1, 8).Draw(t, "templates")
		q := &query{Path: drawPath(t)}
		x, err := NewIndex(templates)
		require.NoError(t, err)
		slices.Reverse(templates)
		y, err := NewIndex(templates)
		require.NoError(t, err)
		a, b := x.Find(q.method, q.Path), y.Find(q.method, q.Path)
		if a == nil || b == nil {
			assert.Equal(t, a == nil, b == nil)
			return
		}
		assert.Equal(t, rank(a), rank(b))
	})
}
