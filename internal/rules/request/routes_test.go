// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package request

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
)

// found is the text of the route that a request such as "GET /users/me" went to.
func found(t require.TestingT, routes []string, method, path, pattern string) string {
	s, err := NewRoutes(routes)
	require.NoError(t, err)
	n, ok := s.Find(&record.Request{Method: method, Path: path, Pattern: pattern})
	if !ok {
		return ""
	}
	return routes[n]
}

// Of several routes the most special one is found, by the path and by the pattern.
func TestTheMostSpecialRouteIsFound(t *testing.T) {
	for _, tt := range []struct {
		routes                []string
		path, pattern, wanted string
	}{
		{[]string{"/users/{id}", "/users/me"}, "/users/me", "/users/me", "/users/me"},
		{[]string{"/users/{id}", "/users/me"}, "/users/bob", "/users/bob", "/users/{id}"},
		{[]string{"/users/{name}", "/users/{id:int}"}, "/users/17", "/users/{int}", "/users/{id:int}"},
		{[]string{"/users/{name}", "/users/{id:int}"}, "/users/bob", "/users/bob", "/users/{name}"},
		{[]string{"/{rest...}", "/users/{id}"}, "/users/bob", "", "/users/{id}"},
		{[]string{"/{rest...}", "/users/{id}"}, "/a/b/c", "", "/{rest...}"},
		{[]string{"/users/{id}/"}, "/users/bob", "", "/users/{id}/"},
		{[]string{"/users/{id}/"}, "", "/users/{param}", "/users/{id}/"},
		{[]string{"/users/{id}"}, "/app/users/bob", "/users/{name}", "/users/{id}"},
		{[]string{"/users/{id}"}, "/orders/17", "/orders/{int}", ""},
		{[]string{"POST /users"}, "/users", "", ""},
		{nil, "/users", "/users", ""},
	} {
		require.Equal(t, tt.wanted, found(t, tt.routes, "GET", tt.path, tt.pattern), "%+v", tt)
	}
}

// A route is found whatever the values in the paths look like, and whether or not
// anything was learned of it.
func TestUndeclaredValuesDoNotHideTheirRoute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		path := "/blog/" + rapid.StringMatching(`[A-Za-z0-9._~-]{1,30}`).Draw(t, "slug") + rapid.SampledFrom([]string{"", "/"}).Draw(t, "end")
		pattern := rapid.SampledFrom([]string{"", path, "/blog/{param}", "/blog/{int}"}).Draw(t, "pattern")
		require.Equal(t, "GET /blog/{slug}", found(t, []string{"GET /blog/{slug}", "/about"}, "GET", path, pattern))
	})
}
