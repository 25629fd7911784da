// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
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
			return q.n-i >= s.min
		case i >= q.n:
			return false
		}
		if text, ok := s.literal(); ok && text != q.seg(i) || !ok && !s.match(q.seg(i), nil) {
			return false
		}
	}
	return len(t.segs) == q.n
}

// rank orders templates that match the same path: segment by segment the more
// special first; an end before a tail; a method before none.
func rank(t *Template) []int {
	var r []int
	for _, s := range t.segs {
		_, literal := s.literal()
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
	templates, err := ParseTemplate(text)
	require.NoError(t, err)
	return templates[0]
}

func drawPath(t *rapid.T) *pathView {
	var v pathView
	v.split("/" + strings.Join(rapid.SliceOfN(rapid.SampledFrom(pathSegments), 0, 5).Draw(t, "path"), "/"))
	return &v
}

func TestIndexAgreesWithItsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		templates := rapid.SliceOfN(rapid.Custom(drawTemplate), 1, 12).Draw(t, "templates")
		x, err := newIndex(templates)
		require.NoError(t, err)
		q := &query{
			method:   rapid.SampledFrom([]string{"GET", "POST", ""}).Draw(t, "method"),
			pathView: drawPath(t),
		}
		want, got := naive(templates, q), x.find(q)
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
		q := &query{pathView: drawPath(t)}
		x, err := newIndex(templates)
		require.NoError(t, err)
		slices.Reverse(templates)
		y, err := newIndex(templates)
		require.NoError(t, err)
		a, b := x.find(q), y.find(q)
		if a == nil || b == nil {
			assert.Equal(t, a == nil, b == nil)
			return
		}
		assert.Equal(t, rank(a), rank(b))
	})
}

func TestIndexRefusesTwoNamesForOneRoute(t *testing.T) {
	for _, pair := range [][2]string{
		{"/a/{x}", "/a/:y"},
		{"/a/{x:[0-9]+}/b", "/a/{y:[0-9]+}/b"},
		{"GET /{x}", "GET /{y}"},
	} {
		for range 2 {
			_, err := New(Options{Templates: pair[:], MaxRoutes: 10, MaxServices: 1})
			require.EqualError(t, err, fmt.Sprintf("template %q matches the same paths as %q", pair[1], pair[0]))
			pair[0], pair[1] = pair[1], pair[0]
		}
	}
	for _, pair := range [][2]string{{"/a/{x}", "/a/{x:int}"}, {"GET /{x}", "POST /{y}"}, {"/a", "/a/"}, {"a.example.com/{x}", "b.example.com/{y}"}} {
		_, err := New(Options{Templates: pair[:], MaxRoutes: 10, MaxServices: 1})
		require.NoError(t, err, pair)
	}
}

func TestIndexTailInTheMiddle(t *testing.T) {
	s := newTable(t, Options{Templates: []string{"/repos/*path/edit", "/repos/{name}/raw"}}).Service("")
	for path, want := range map[string]string{
		"/repos/a/b/c/edit": "/repos/{path...}/edit",
		"/repos/edit/edit":  "/repos/{path...}/edit",
		"/repos/x/raw":      "/repos/{name}/raw",
		"/repos/edit":       "/repos/{path...}/edit",
	} {
		assert.Equal(t, Result{want, SourceTemplate}, s.Match("GET", path), path)
	}
	assert.NotEqual(t, SourceTemplate, s.Match("GET", "/repos/a/b/c/view").Source)
}

func TestNewRefusesMoreTemplatesThanRoutes(t *testing.T) {
	_, err := New(Options{Templates: []string{"/a", "/b"}, MaxRoutes: 2, MaxServices: 1})
	require.EqualError(t, err, "2 templates leave no room for other routes under the limit of 2")
	_, err = New(Options{Services: map[string][]string{"shop": {"/a/{"}}, MaxRoutes: 2, MaxServices: 1})
	require.EqualError(t, err, "service \"shop\": template \"/a/{\": at offset 3: { is not closed")
}
