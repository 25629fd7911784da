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
		s.Match("GET", fmt.Sprintf("/shops/%s/orders/%d", n, i))
		s.Match("GET", fmt.Sprintf("/shops/%s", n))
		s.Match("GET", fmt.Sprintf("/img/%d.png", i))
		s.Match("POST", fmt.Sprintf("/v1/things/%d:cancel", i))
		s.Observe("GET", "/users/:user_name/posts", fmt.Sprintf("/users/%s/posts", n))
	}
	s.Match("GET", "/health")
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
	for _, path := range []string{"/shops/unseen-one/orders/9", "/users/unseen-one/posts", "/img/9.png"} {
		assert.Equal(t, first.Service("shop").Match("GET", path), second.Service("shop").Match("GET", path), path)
	}
	assert.JSONEq(t, string(first.Export()), string(second.Export()))
}

func TestImportKeepsToTheLimits(t *testing.T) {
	first := newTable(t, Options{Learn: true})
	for i := range 500 {
		first.Service("a").Match("GET", "/things/search"+words(i)+"/list")
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
	s.Match("GET", "/~home/(a)/x:y")
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
		assert.Equal(t, Result{s.Match("GET", path).Pattern, SourceTemplate}, declared.Service("shop").Match("GET", path), path)
	}

	b.Reset()
	require.NoError(t, newTable(t, Options{}).WriteYAML(&b))
	assert.Equal(t, "routes:\n  services: {}\n", b.String())
}

func TestTickForgetsWhatIsNotUsed(t *testing.T) {
	table := newTable(t, Options{Learn: true, MaxRoutes: 20})
	s := table.Service("a")
	for word := range strings.FieldsSeq("orders items carts users payments invoices refunds events files reports tags teams") {
		s.Match("GET", "/"+word)
	}
	require.Equal(t, 12, s.Patterns())
	now := time.Unix(0, 0)
	for range 10 {
		now = now.Add(Generation)
		table.Tick(now)
		s.Match("GET", "/orders")
	}
	assert.Equal(t, 1, s.Patterns(), "the one in use stays")
	assert.Equal(t, "/orders", s.Match("GET", "/orders").Pattern)
}

func TestObserveLearnsForItemsWithoutARoute(t *testing.T) {
	s := newTable(t, Options{Learn: true}).Service("a")
	for i := range 3 {
		r := s.Observe("GET", "/account/:who/ledger", fmt.Sprintf("/account/%s/ledger", words(i)))
		assert.Equal(t, Result{"/account/{who}/ledger", SourceFramework}, r)
	}
	assert.Equal(t, Result{"/account/{who}/ledger", SourceLearned}, s.Match("GET", "/account/zorro/ledger"))

	r := s.Observe("GET", "/files/*rest", "/files/a/b")
	assert.Equal(t, Result{"/files/{rest...}", SourceFramework}, r)
	assert.Equal(t, Result{"/files/{rest...}", SourceLearned}, s.Match("GET", "/files/c/d/e"))
}

func TestObserveKeepsOneTextForARoute(t *testing.T) {
	s := newTable(t, Options{Learn: true}).Service("a")
	for i := range 100 {
		require.Equal(t, "/orders/{int}", s.Match("GET", fmt.Sprintf("/orders/%d", i)).Pattern)
	}
	assert.Equal(t, Result{"/orders/{int}", SourceInferred}, s.Observe("GET", "/orders/{id}", "/orders/7"),
		"a settled pattern keeps its text")

	s.Match("GET", "/carts/1")
	s.Observe("GET", "/carts/{id}", "/carts/2")
	assert.Equal(t, Result{"/carts/{id}", SourceFramework}, s.Observe("GET", "/carts/{id}", "/carts/3"))
	assert.Equal(t, Result{"/carts/{id}", SourceLearned}, s.Match("GET", "/carts/4"),
		"a young one takes the framework's")
}

func TestObserveDoesNotBelieveRawPaths(t *testing.T) {
	s := newTable(t, Options{Learn: true}).Service("rails")
	for i := range 50 {
		path := fmt.Sprintf("/users/%d", i%3)
		assert.Equal(t, Result{"/users/{int}", SourceInferred}, s.Observe("GET", path, path))
	}
}

func TestObserveTakesNoMemoryForAKnownRoute(t *testing.T) {
	s := newTable(t, Options{Learn: true}).Service("a")
	for _, httpRoute := range []string{"/orders/{id}", "/orders/{other}", "/health"} {
		path := strings.Replace(strings.Replace(httpRoute, "{id}", "7", 1), "{other}", "8", 1)
		for range 100 {
			s.Observe("GET", httpRoute, path)
		}
		assert.Zero(t, testing.AllocsPerRun(100, func() { s.Observe("GET", httpRoute, path) }), httpRoute)
	}
	assert.Equal(t, Result{"/orders/{id}", SourceLearned}, s.Observe("GET", "/orders/{other}", "/orders/8"),
		"the first spelling of a route stays")
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
			assert.Equal(t, want, s.Observe("GET", httpRoute, ""), httpRoute)
		}
		assert.Zero(t, testing.AllocsPerRun(100, func() { s.Observe("GET", httpRoute, "") }), httpRoute)
	}
	for i := range 100 {
		s.Match("GET", fmt.Sprintf("/orders/%d", i))
	}
	assert.Equal(t, Result{"/orders/{int}", SourceInferred}, s.Observe("GET", "/orders/{id}", ""), "a settled pattern keeps its text")
	for i := range 100 {
		s.Observe("GET", fmt.Sprintf("/more/{id}/%s", words(i)), "")
	}
	assert.Equal(t, SourceOverflow, s.Observe("GET", "/yet/{more}", "").Source)
	assert.LessOrEqual(t, s.Patterns(), 20)
}
