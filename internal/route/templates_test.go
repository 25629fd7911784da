// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

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
		assert.Equal(t, Result{want, SourceTemplate}, s.get(path), path)
	}
	assert.NotEqual(t, SourceTemplate, s.get("/repos/a/b/c/view").Source)
}

func TestNewRefusesMoreTemplatesThanRoutes(t *testing.T) {
	_, err := New(Options{Templates: []string{"/a", "/b"}, MaxRoutes: 2, MaxServices: 1})
	require.EqualError(t, err, "2 templates leave no room for other routes under the limit of 2")
	_, err = New(Options{Services: map[string][]string{"shop": {"/a/{"}}, MaxRoutes: 2, MaxServices: 1})
	require.EqualError(t, err, "service \"shop\": template \"/a/{\": at offset 3: { is not closed")
}
