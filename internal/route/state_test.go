// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// teach sends a service the traffic of a small shop.
func teachShop(s *Service) {
	names := strings.Fields("falcon orbit silver ember harbor quartz delta pixel nimbus atlas beacon cobalt drift fable garnet")
	for i := range 200 {
		n := names[i%len(names)]
		s.get(fmt.Sprintf("/shops/%s/orders/%d", n, i))
		s.get(fmt.Sprintf("/shops/%s", n))
		s.get(fmt.Sprintf("/img/%d.png", i))
		s.ask("POST", fmt.Sprintf("/v1/things/%d:cancel", i))
		s.sent("/users/:user_name/posts", fmt.Sprintf("/users/%s/posts", n))
	}
	s.get("/health")
}

const shopTree = `/
  health
  img literal
    {int}.png
  shops words
    {param}
      orders literal
        {int}
  users words
    {user_name}
      posts
  v1
    things literal
      {int}:cancel
`

// printTree writes the tree: labels in order, with what the values below are.
func printTree(t *tree) string {
	words := map[state]string{stateLeaning: " leaning", stateLiteral: " literal", stateWords: " words", stateMany: " many"}
	var b strings.Builder
	var walk func(label string, n *node)
	walk = func(label string, n *node) {
		fmt.Fprintf(&b, "%s%s%s\n", strings.Repeat("  ", int(n.depth)), label, words[t.known(n).state])
		below := map[string]*node{}
		for c := range t.children(n) {
			below[t.segment(c)] = c
		}
		for _, k := range slices.Sorted(maps.Keys(below)) {
			walk(k, below[k])
		}
	}
	walk("/", t.root)
	return b.String()
}

func TestTreeOfAShop(t *testing.T) {
	s := newTable(t, Options{Learn: true}).Service("shop")
	teachShop(s)
	assert.Equal(t, shopTree, printTree(s.learner.tree))
}

func TestExportIsTakenUpByImport(t *testing.T) {
	first := newTable(t, Options{Learn: true})
	teachShop(first.Service("shop"))
	second := newTable(t, Options{Learn: true})
	require.NoError(t, second.Import(first.Export()))

	assert.Equal(t, printTree(first.Service("shop").learner.tree), printTree(second.Service("shop").learner.tree))
	assert.Equal(t, first.Service("shop").Patterns(), second.Service("shop").Patterns())
	assert.JSONEq(t, string(first.Export()), string(second.Export()))
	for _, path := range []string{"/shops/unseen-one/orders/9", "/users/unseen-one/posts", "/img/9.png"} {
		assert.Equal(t, first.Service("shop").get(path), second.Service("shop").get(path), path)
	}
}

func TestImportKeepsToTheLimits(t *testing.T) {
	first := newTable(t, Options{Learn: true})
	for i := range 500 {
		first.Service("a").get("/things/search" + words(i) + "/list")
	}
	second := newTable(t, Options{Learn: true, MaxRoutes: 5, MaxServices: 1})
	require.NoError(t, second.Import(first.Export()))
	assert.LessOrEqual(t, second.Service("a").Patterns(), 5)
}

func TestImportRefusesWhatItCannotRead(t *testing.T) {
	table := newTable(t, Options{})
	require.ErrorContains(t, table.Import([]byte("{")), "learned routes")
	require.EqualError(t, table.Import([]byte(`{"version":7}`)), "learned routes: version 7 is not 1")
}

func TestYAMLReadsBackAsTemplates(t *testing.T) {
	table := newTable(t, Options{Learn: true})
	s := table.Service("shop")
	teachShop(s)
	s.get("/~home/(a)/x:y")
	var b bytes.Buffer
	require.NoError(t, table.WriteYAML(&b))
	assert.Equal(t, `routes:
  services:
    "shop":
      templates:
        - "/health"
        - "/img/{int}.png"
        - "/shops/{param}"
        - "/shops/{param}/orders/{int}"
        - "/users/{user_name}/posts"
        - "/v1/things/{int}\\:cancel"
        - "/~home/\\(a\\)/x\\:y"
`, b.String())

	declared := newTable(t, Options{Services: map[string][]string{"shop": s.learner.templates()}})
	for _, path := range []string{"/img/3.png", "/v1/things/3:cancel", "/~home/(a)/x:y", "/users/bob/posts"} {
		assert.Equal(t, Result{s.get(path).Pattern, SourceTemplate}, declared.Service("shop").get(path), path)
	}

	b.Reset()
	require.NoError(t, newTable(t, Options{}).WriteYAML(&b))
	assert.Equal(t, "routes:\n  services: {}\n", b.String())
}

func TestTickForgetsWhatIsNotUsed(t *testing.T) {
	table := newTable(t, Options{Learn: true, MaxRoutes: 20})
	s := table.Service("a")
	for word := range strings.FieldsSeq("orders items carts users payments invoices refunds events files reports tags teams") {
		s.get("/" + word)
	}
	require.Equal(t, 12, s.Patterns())
	now := time.Unix(0, 0)
	for range 10 {
		now = now.Add(Generation)
		table.Tick(now)
		s.get("/orders")
	}
	assert.Equal(t, 1, s.Patterns(), "the one in use stays")
	assert.Equal(t, "/orders", s.get("/orders").Pattern)
}

func TestObserveLearnsForItemsWithoutARoute(t *testing.T) {
	s := newTable(t, Options{Learn: true}).Service("a")
	for i := range 3 {
		r := s.sent("/account/:who/ledger", fmt.Sprintf("/account/%s/ledger", words(i)))
		assert.Equal(t, Result{"/account/{who}/ledger", SourceFramework}, r)
	}
	assert.Equal(t, Result{"/account/{who}/ledger", SourceLearned}, s.get("/account/zorro/ledger"))

	r := s.sent("/files/*rest", "/files/a/b")
	assert.Equal(t, Result{"/files/{rest...}", SourceFramework}, r)
	assert.Equal(t, Result{"/files/{rest...}", SourceLearned}, s.get("/files/c/d/e"))
}

func TestABelievedRouteIsFinal(t *testing.T) {
	s := newTable(t, Options{Learn: true}).Service("a")
	for i := range 100 {
		require.Equal(t, "/orders/{int}", s.get(fmt.Sprintf("/orders/%d", i)).Pattern)
	}
	before := s.Patterns()
	assert.Equal(t, Result{"/orders/{id}", SourceFramework}, s.sent("/orders/{id}", "/orders/7"), "however many came before it")
	assert.Equal(t, before, s.Patterns(), "the place of the inferred text is free again")
	for i := range 100 {
		require.Equal(t, Result{"/orders/{id}", SourceLearned}, s.get(fmt.Sprintf("/orders/%d", i)))
	}
	assert.Equal(t, Result{"/orders/zoetrope", SourceFramework}, s.sent("/orders/zoetrope", "/orders/zoetrope"), "the service's routes have placeholders")
	assert.Equal(t, Result{"/orders/{id}", SourceLearned}, s.sent("/orders/17", "/orders/17"), "a raw path is no route")
}

// TestAnItemHasTheRouteItCarries plays what routers send, each request as a span
// with its route and a log without, as words, files and whatever looks like an
// endpoint: the span has its own route, the log that of the last span.
func TestAnItemHasTheRouteItCarries(t *testing.T) {
	for httpRoute, paths := range map[string][]string{
		"/media/:bucket/:file":        {"/media/avatars/ab12.jpg", "/media/list/report.pdf", "/media/avatars/readme", "/media/search/12:cancel"},
		"/api/orders/{id}":            {"/api/orders/17", "/api/orders/latest", "/api/orders/a3f9c2d1"},
		"/users/{name}":               {"/users/me", "/users/search", "/users/zoetrope", "/users/7"},
		"/{tenant}/billing":           {"/health/billing", "/acme/billing", "/api/billing"},
		"/blog/{year}/{month}/{slug}": {"/blog/2024/05/settings", "/blog/2024/5/a-b-c.html"},
	} {
		s := newTable(t, Options{Learn: true}).Service("a")
		want := strings.NewReplacer(":bucket", "{bucket}", ":file", "{file}").Replace(httpRoute)
		for i := range 300 {
			path := paths[i%len(paths)]
			if i < len(paths) {
				s.get(path) // the log came first
			}
			require.Equal(t, Result{want, SourceFramework}, s.Match(Request{Route: httpRoute, Path: path, Trace: uint64(i)}), "%d %s", i, path)
			require.Equal(t, Result{want, SourceLearned}, s.Match(Request{Path: path, Trace: uint64(i)}), "%d %s", i, path)
		}
		again := newTable(t, Options{Learn: true})
		require.NoError(t, again.Import(s.exported(t)))
		for _, path := range paths {
			assert.Equal(t, want, again.Service("a").get(path).Pattern, "%s after a restart", path)
		}
	}
}

// exported is what a table exports that holds the service alone.
func (s *Service) exported(t *testing.T) []byte {
	t.Helper()
	table := newTable(t, Options{Learn: true})
	table.services.Store(&map[string]*Service{"a": s})
	return table.Export()
}

func TestRoutesThatSpellAPlaceDifferentlyAreEachFinal(t *testing.T) {
	s := newTable(t, Options{Learn: true}).Service("a")
	for i := range 200 {
		path := fmt.Sprintf("/orders/%d", i)
		require.Equal(t, "/orders/{id}", s.sent("/orders/{id}", path).Pattern)
		require.Equal(t, "/orders/{order}", s.sent("/orders/{order}", path).Pattern)
		require.Equal(t, "/orders/{id}", s.get(path).Pattern, "the first one named the place")
	}
}

func TestALiteralAndAParameterForTheSameText(t *testing.T) {
	s := newTable(t, Options{Learn: true}).Service("a")
	for i := range 100 {
		require.Equal(t, "/users/{id}", s.sent("/users/{id}", "/users/me").Pattern, i)
		s.sent("/users/me", "/users/me")
	}
	assert.Equal(t, Result{"/users/me", SourceFramework}, s.sent("/users/me", "/users/me"))
	assert.Equal(t, Result{"/users/{id}", SourceFramework}, s.sent("/users/{id}", "/users/me"))
}

func TestAMountIsAPrefix(t *testing.T) {
	s := newTable(t, Options{Learn: true}).Service("a")
	for _, path := range []string{"/static/app.js", "/static/css/site.css", "/static/img/7.png"} {
		assert.Equal(t, Result{"/static/{path...}", SourceFramework}, s.sent("/static/", path), path)
	}
	assert.Equal(t, Result{"/static/{path...}", SourceLearned}, s.get("/static/js/x.js"))
	assert.Equal(t, Result{"/blog/{int}", SourceInferred}, s.sent("/", "/blog/7"), "a mount at the root says nothing")

	s.sent("/shop/", "/shop/carts/7")
	s.sent("/shop/carts/{id}", "/shop/carts/7")
	assert.Equal(t, Result{"/shop/carts/{id}", SourceLearned}, s.get("/shop/carts/8"), "the router below the mount says more")
	assert.Equal(t, Result{"/shop/{path...}", SourceLearned}, s.get("/shop/other/8"))
	for range 9 {
		s.sent("/users/{id}", "/users/7")
		assert.Equal(t, Result{"/api/users/{id}", SourceInferred}, s.sent("/api", "/api/users/7"), "nor does the name of a part")
	}
}

func TestObserveDoesNotBelieveRawPaths(t *testing.T) {
	s := newTable(t, Options{Learn: true}).Service("rails")
	for i := range 50 {
		path := fmt.Sprintf("/users/%d", i%3)
		assert.Equal(t, Result{"/users/{int}", SourceInferred}, s.sent(path, path))
	}
}

func TestObserveTakesNoMemoryForAKnownRoute(t *testing.T) {
	s := newTable(t, Options{Learn: true}).Service("a")
	for _, httpRoute := range []string{"/orders/{id}", "/orders/{other}", "/health"} {
		path := strings.Replace(strings.Replace(httpRoute, "{id}", "7", 1), "{other}", "8", 1)
		for range settledValues * visit {
			s.sent(httpRoute, path)
		}
		assert.Zero(t, testing.AllocsPerRun(100, func() { s.sent(httpRoute, path) }), httpRoute)
	}
	assert.Equal(t, Result{"/orders/{id}", SourceLearned}, s.get("/orders/8"), "the first spelling of a route stays")
}

func TestObserveWithoutAPath(t *testing.T) {
	s := newTable(t, Options{Learn: true, MaxRoutes: 20}).Service("a")
	for httpRoute, want := range map[string]Result{
		"/users/:id":       {"/users/{id}", SourceFramework},
		"GET /users/{id}/": {"/users/{id}", SourceFramework},
		"/files/*rest":     {"/files/{rest...}", SourceFramework},
		"/health":          {"/health", SourceFramework},
		"/carts/17":        {"/carts/{int}", SourceInferred},
		"/users/{id":       {},
	} {
		for range 3 {
			assert.Equal(t, want, s.sent(httpRoute, ""), httpRoute)
		}
		assert.Zero(t, testing.AllocsPerRun(100, func() { s.sent(httpRoute, "") }), httpRoute)
	}
	for i := range 100 {
		s.get(fmt.Sprintf("/orders/%d", i))
	}
	assert.Equal(t, Result{"/orders/{id}", SourceFramework}, s.sent("/orders/{id}", ""))
	for i := range 100 {
		s.sent(fmt.Sprintf("/more/{id}/%s", words(i)), "")
	}
	assert.Equal(t, SourceOverflow, s.sent("/yet/{more}", "").Source)
	assert.LessOrEqual(t, s.Patterns(), 20)
}
