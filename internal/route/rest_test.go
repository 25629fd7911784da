// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// item is a path, and the http.route that comes with it, if any.
type item struct{ path, httpRoute string }

// send gives an item to the service as a processor does.
func (s *Service) send(i item) Result {
	if i.httpRoute != "" {
		return s.sent(i.httpRoute, i.path)
	}
	return s.get(i.path)
}

// lessons returns how many items took the lock so far.
func (s *Service) lessons() uint64 {
	s.learner.mu.Lock()
	defer s.learner.mu.Unlock()
	return s.learner.lessons
}

// restRounds is after how many rounds these sets of items have taught all they
// can. A word that comes again is counted settledValues*visit times at its place,
// and counted anew when the place was made anew.
const restRounds = 2 * visit * settledValues

// requireRest repeats the items until the tree must be at rest, and holds it
// to that: no lock, no memory, and the same answers.
func requireRest(t rapid.TB, s *Service, items []item) {
	t.Helper()
	for range restRounds {
		for _, i := range items {
			s.send(i)
		}
	}
	first := make([]Result, len(items))
	for k, i := range items {
		first[k] = s.send(i)
	}
	before := s.lessons()
	allocs := testing.AllocsPerRun(5, func() {
		for k, i := range items {
			if r := s.send(i); r != first[k] {
				t.Fatalf("%q: %v, before %v", i.path, r, first[k])
			}
		}
	})
	assert.Zero(t, allocs, "memory for %v", items)
	if got := s.lessons(); got != before {
		for _, i := range items {
			if was := s.lessons(); s.send(i) == (Result{}) || s.lessons() != was {
				t.Errorf("%q still takes the lock", i.path)
			}
		}
		t.Errorf("the lock was taken %d times", got-before)
	}
}

// traffic fills a shape's placeholders: N a number of few, I one of many, W a
// name, C a word that APIs use.
func traffic(shape string, count int) (items []item) {
	random := rand.New(rand.NewPCG(5, 6))
	common := strings.Fields("search list status users items export batch report")
	for range count {
		var b strings.Builder
		for _, c := range shape {
			switch c {
			case 'N':
				fmt.Fprint(&b, random.IntN(30))
			case 'I':
				fmt.Fprint(&b, random.IntN(1e6))
			case 'W':
				b.WriteString(words(random.IntN(500)))
			case 'C':
				b.WriteString(common[random.IntN(len(common))])
			default:
				b.WriteRune(c)
			}
		}
		items = append(items, item{path: b.String()})
	}
	return items
}

// shapes are families of paths that can be judged in more than one way.
var shapes = []string{
	"/api/v1/resourceN/I/items/I", "/resourceN/I", "/x/resourceN/C", "/users/W", "/users/W/C/I", "/x/W", "/x/W/C",
	"/W", "/W/C", "/W/I/C", "/C/W/C/W/C", "/blog/W-W-W", "/blog/W-N", "/blog/W-N/C", "/files/W.png", "/files/C-N.css",
	"/files/report-N.pdf", "/things/I:C", "/things/W:C", "/a/b/c/d/e/f/g/h/C/W/I", "/W/W/W/W/W/W/W/W/W", "/projects/W/C/W/C/W",
	"/tenants/CN/C", "/CN/CN/CN", "/v1/C/CN/W", "/users/@W/C", "/x/W_W/N", "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x/y/C",
}

func TestTrafficThatRepeatsComesToRest(t *testing.T) {
	for _, limit := range []int{4, 40, 1000} {
		for _, shape := range shapes {
			t.Run(fmt.Sprint(limit, shape), func(t *testing.T) {
				table := newTable(t, Options{Learn: true, MaxRoutes: limit})
				requireRest(t, table.Service("a"), traffic(shape, 64))
			})
		}
	}
}

func TestMixedTrafficComesToRest(t *testing.T) {
	var items []item
	for _, shape := range shapes {
		items = append(items, traffic(shape, 20)...)
	}
	for _, limit := range []int{10, 100, 1000} {
		table := newTable(t, Options{Learn: true, MaxRoutes: limit, MaxServices: 2})
		for _, name := range []string{"a", "b", "beyond"} {
			requireRest(t, table.Service(name), items)
		}
	}
}

func TestItemsWithAFrameworksRouteComeToRest(t *testing.T) {
	routes := []string{
		"/users/{id}", "/users/{id}/C", "/report/{kind}", "/report/search", "/files/{rest...}", "/mounted/{id}", "/things/{id}:cancel",
		"/x/{y}/{z}", "/search", "/{tenant}/billing", "/users/search", "/export",
	}
	fill := map[string]string{"{id}": "C", "{kind}": "C", "{rest...}": "W/C.txt", "{y}": "C", "{z}": "W", "{tenant}": "W", "/mounted": "/app/mounted"}
	for _, limit := range []int{4, 12, 1000} {
		for _, share := range []int{1, 2, 10} {
			var items []item
			for _, r := range routes {
				shape := r
				for from, to := range fill {
					shape = strings.ReplaceAll(shape, from, to)
				}
				for k, i := range traffic(shape, 20) {
					if k%share == 0 {
						i.httpRoute = strings.Replace(r, "C", "search", 1)
					}
					items = append(items, i)
				}
			}
			t.Run(fmt.Sprint(limit, " 1/", share), func(t *testing.T) {
				requireRest(t, newTable(t, Options{Learn: true, MaxRoutes: limit}).Service("a"), items)
				requireRest(t, newTable(t, Options{MaxRoutes: limit}).Service("a"), items)
			})
		}
	}
}

func TestAnyTrafficComesToRest(t *testing.T) {
	piece := rapid.OneOf(rapid.SampledFrom(strings.Fields("users items search v1 api acme-corp blue_bird alice bob zoetrope me list export 17 4711 report7 report8 logo.png a:cancel")),
		rapid.StringMatching(`[a-z]{2,6}[0-9]?`))
	path := rapid.Custom(func(t *rapid.T) string {
		return "/" + strings.Join(rapid.SliceOfN(piece, 1, 5).Draw(t, "segments"), "/")
	})
	routes := rapid.SampledFrom([]string{"", "", "", "/users/{id}", "/users/{id}/items", "/{a}/{b}/{c}", "/api/{rest...}", "/users/list", "/v1/users/{id}"})
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) item {
			return item{path.Draw(t, "path"), routes.Draw(t, "route")}
		}), 1, 40).Draw(t, "items")
		table, err := New(Options{Learn: true, MaxServices: 1, MaxRoutes: rapid.SampledFrom([]int{3, 20, 1000}).Draw(t, "limit")})
		if err != nil {
			t.Fatal(err)
		}
		requireRest(t, table.Service("a"), items)
	})
}
