// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func newTable(t *testing.T, o Options) *Table {
	t.Helper()
	if o.MaxRoutes == 0 {
		o.MaxRoutes = 1000
	}
	if o.MaxServices == 0 {
		o.MaxServices = 10
	}
	table, err := New(o)
	require.NoError(t, err)
	return table
}

// get asks for the pattern of a path.
func (s *Service) get(path string) Result { return s.ask("GET", path) }

func (s *Service) ask(method, path string) Result {
	return s.Match(Request{Method: method, Path: path})
}

// sent asks for the pattern of an item with an http.route.
func (s *Service) sent(httpRoute, path string) Result {
	return s.Match(Request{Method: "GET", Route: httpRoute, Path: path})
}

func TestMatchPrefersTheMostSpecificTemplate(t *testing.T) {
	s := newTable(t, Options{Templates: []string{
		"/users/:id", "/users/me", "/users/{id:[0-9]+}/posts", "/users/{name}/posts/all",
		"/files/*", "/files/{name}.json", "GET /orders/{id}", "/v1/{n}:cancel",
	}}).Service("a")
	for path, want := range map[string]string{
		"/users/42":                     "/users/{id}",
		"/users/me":                     "/users/me",
		"/users/m%65/":                  "/users/me",
		"/users/42/posts":               "/users/{id}/posts",
		"/users/bob/posts/all":          "/users/{name}/posts/all",
		"/users/42/posts/all":           "/users/{name}/posts/all",
		"/files/a/b/c":                  "/files/{path...}",
		"/files/a.json":                 "/files/{name}.json",
		"http://host:80/users/7?x=/a#b": "/users/{id}",
		"//users//7":                    "/users/{id}",
		"/v1/op7:cancel":                "/v1/{n}:cancel",
		"/files":                        "/files/{path...}",
	} {
		assert.Equal(t, Result{want, SourceTemplate}, s.ask("", path), path)
	}
	assert.Equal(t, SourceTemplate, s.ask("HEAD", "/orders/1").Source)
	assert.Equal(t, SourceInferred, s.ask("POST", "/orders/1").Source)
}

func TestMatchWithoutTemplates(t *testing.T) {
	for path, want := range map[string]string{
		"/":                       "/",
		"":                        "",
		"*":                       "",
		"host:443":                "",
		"users/1":                 "",
		"https://example.com":     "/",
		"https://example.com?q=1": "/",
		"/graphql":                "/graphql",
		"/users/42":               "/users/{int}",
		"/users/alice":            "/users/{param}",
		"/users/me":               "/users/me",
		"/v1/orders/3f1c8a52-9d0e-4c55-8f0a-6f1f5f0d9a11/items/7": "/v1/orders/{uuid}/items/{int}",
		"/2010-04-01/Accounts":                 "/2010-04-01/Accounts",
		"/api/2.0/files/12;v=1":                "/api/2.0/files/{int}",
		"/charges/ch_1NirD82eZvKYlo2CIvbtLWuY": "/charges/{param}",
		"/img/u/8841.png":                      "/img/u/{int}.png",
		"/mail/bob%40example.com":              "/mail/{email}",
		"/a/2024-05-06/b":                      "/a/{date}/b",
	} {
		s := newTable(t, Options{Learn: true}).Service("a")
		assert.Equal(t, want, s.get(path).Pattern, path)
	}
}

func TestPatternsNeverExceedTheLimit(t *testing.T) {
	for _, limit := range []int{1, 2, 10, 150} {
		s := newTable(t, Options{Learn: true, MaxRoutes: limit}).Service("a")
		seen := map[string]bool{}
		for i := range 5000 {
			path := fmt.Sprintf("/alpha%s/beta%s", words(i), words(i/7))
			seen[s.get(path).Pattern] = true
		}
		assert.LessOrEqual(t, len(seen), limit)
		assert.LessOrEqual(t, s.Patterns(), limit)
	}
}

// words spells i in letters, so that it looks like a word.
func words(i int) string {
	return strings.Map(func(r rune) rune { return r - '0' + 'a' }, fmt.Sprint(i))
}

func TestServicesBeyondTheLimitShareOne(t *testing.T) {
	table := newTable(t, Options{MaxServices: 2})
	a, b := table.Service("a"), table.Service("b")
	assert.NotSame(t, a, b)
	assert.Same(t, table.Service("c"), table.Service("d"))
	assert.Same(t, a, table.Service("a"))
	table.Service("c").ask("", "/x")
	var names []string
	for name := range table.Services {
		names = append(names, name)
	}
	assert.ElementsMatch(t, []string{"a", "b", ""}, names)
}

func TestMatchAllocatesNothingForAKnownShape(t *testing.T) {
	table := newTable(t, Options{Learn: true, Templates: []string{"/declared/{id}/x"}})
	s := table.Service("a")
	paths := []string{"/api/v1/users/42/orders", "/users/alice/repos/blue-bird/issues/7", "/declared/7/x", "https://h/users/me?a=b"}
	for range 200 {
		for _, p := range paths {
			s.get(p)
		}
	}
	for _, p := range paths {
		assert.Zero(t, testing.AllocsPerRun(100, func() { table.Service("a").get(p) }), p)
	}
}

func TestConcurrentMatchAndTick(t *testing.T) {
	table := newTable(t, Options{Learn: true, MaxRoutes: 50})
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 3000 {
				s := table.Service(fmt.Sprint("s", i%3))
				r := s.get(fmt.Sprintf("/c%s/%s/x%d", words(i%40), words(i*g), i%9))
				if r.Pattern == "" {
					t.Error("no pattern")
				}
				s.sent(fmt.Sprintf("/r%d/:id/x/*y", i%70), "/r1/5/x/z")
				s.sent("/people/{name}", "/people/"+words(i))
			}
		})
	}
	wg.Go(func() {
		for range 20 {
			if err := errors.Join(table.Import(table.Export()), table.WriteYAML(io.Discard)); err != nil {
				t.Error(err)
			}
		}
	})
	now := time.Unix(0, 0)
	for range 200 {
		now = now.Add(time.Hour)
		table.Tick(now)
	}
	wg.Wait()
	for _, s := range table.Services {
		assert.LessOrEqual(t, s.Patterns(), 50)
	}
}

func TestParameters(t *testing.T) {
	s := newTable(t, Options{Templates: []string{"/r/{base}...{head}/f/{rest...}"}}).Service("a")
	got := map[string]string{}
	path := "/r/main...dev/f/a/b?q"
	s.Parameters(s.ask("", path).Pattern, path, func(name, value string) bool {
		got[name] = value
		return true
	})
	assert.Equal(t, map[string]string{"base": "main", "head": "dev", "rest": "a/b"}, got)

	clear(got)
	inferred := newTable(t, Options{Learn: true}).Service("a")
	path = "/~home/(a)/4/5/img.7.png"
	r := inferred.ask("", path)
	inferred.Parameters(r.Pattern, path, func(name, value string) bool {
		got[name] = value
		return true
	})
	assert.Equal(t, "/~home/(a)/{int}/{int2}/{param}.png", r.Pattern)
	assert.Equal(t, map[string]string{"int": "4", "int2": "5", "param": "img.7"}, got)
}

func TestObserve(t *testing.T) {
	s := newTable(t, Options{Learn: true}).Service("a")
	assert.Equal(t, Result{"/users/{id}", SourceFramework}, s.sent("GET /users/:id", "/users/7"))
	assert.Equal(t, Result{"/accounts/{int}", SourceInferred}, s.sent("/accounts/7", "/accounts/7"), "a raw path is no route")
	assert.Equal(t, Result{"/health", SourceFramework}, s.sent("/health", "/health"))
}

func TestARouteThatIsNoUTF8IsIgnored(t *testing.T) {
	s := newTable(t, Options{Learn: true}).Service("a")
	for i := range 50 {
		s.sent("/{in\xf4}/box", fmt.Sprintf("/%d/box", i))
	}
	assert.Equal(t, "/{int}/box", s.sent("/{in\xf4}/box", "/7/box").Pattern)
	assert.Equal(t, "/{int}/box", s.get("/8/box").Pattern)
}

func TestBeyondTheLimitThePrefixStays(t *testing.T) {
	s := newTable(t, Options{Learn: true, MaxRoutes: 24}).Service("a")
	for range 2 {
		for _, top := range []string{"orders", "files"} {
			for word := range strings.FieldsSeq("list search count export import archive restore health status metrics login logout create update delete") {
				s.get("/" + top + "/" + word)
			}
		}
	}
	assert.Equal(t, Result{"/files/{path...}", SourceOverflow}, s.get("/files/delete"))
	assert.Equal(t, Result{"/orders/list", SourceInferred}, s.get("/orders/list"), "what has a place keeps it")
	for range settledVisits * visit {
		s.get("/files/delete") // the places in front of it come to rest
	}
	before := s.Overflowed()
	assert.Zero(t, testing.AllocsPerRun(100, func() { s.get("/files/delete") }))
	assert.Greater(t, s.Overflowed(), before)
	assert.Equal(t, 24, s.Patterns(), "all places are in use, or kept for prefixes: whoever watches the limit sees that it is met")
}

func TestPlacesInUseAreAllOnceTheLimitIsMet(t *testing.T) {
	for _, templates := range [][]string{nil, {"/declared/{id}", "/declared/{id}/x"}} {
		s := newTable(t, Options{Learn: true, MaxRoutes: 100, Templates: templates}).Service("a")
		for i := 0; s.Overflowed() == 0; i++ {
			assert.Less(t, s.Patterns(), 100)
			s.get("/" + busyResources[i%39] + "/" + busyActions[i/39%20] + "/details")
		}
		assert.Equal(t, 100, s.Patterns())
	}
}

// Small budgets keep enough for a prefix and the last resort.
func TestPlacesKeptForPrefixes(t *testing.T) {
	for places, want := range map[int]int{1: 1, 8: 1, 16: 2, 32: 2, 150: 9, 1000: 62} {
		b := budget{max: places}
		assert.Equal(t, want, b.tails(), places)
	}
}
