// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// teach sends what takes most memory: many services, each with long words, long
// http.routes and many of both.
func teach(table *Table, services, paths int) {
	for i := range services {
		s := table.Service(fmt.Sprint("service-", i))
		for j := range paths {
			word := strings.Repeat("word-", 15) + words(j)
			s.Match(Request{Method: "GET", Path: "/" + words(j) + "/" + word + "/" + words(j/3) + "/" + word})
			s.Match(Request{Method: "GET", Route: fmt.Sprintf("/%s/{x}/%s", words(j), strings.Repeat(word+"/", 20))})
		}
	}
}

// What many services learn together stays within the limit, and the estimate is
// what it takes.
func TestMemoryOfAllServicesIsLimited(t *testing.T) {
	const limit = 8 << 20
	before := heap()
	table := newTable(t, Options{Learn: true, MaxRoutes: 1000, MaxServices: 1000, MaxBytes: limit})
	teach(table, 300, 200)
	taken := int64(heap() - before)
	assert.Less(t, taken, int64(limit*5/4), "%d are counted", table.Bytes())
	assert.Greater(t, table.Bytes(), int64(limit/2))
	assert.InDelta(t, 1, float64(table.Bytes())/float64(taken), 0.35)
	assert.NotEmpty(t, table.Service("another").Match(Request{Method: "GET", Path: "/a/b"}).Pattern)
	runtime.KeepAlive(table)
}

// The estimate is close for ordinary services too.
func TestMemoryIsCounted(t *testing.T) {
	before := heap()
	table := newTable(t, Options{Learn: true, MaxRoutes: 1000, MaxServices: 1000})
	for i := range 50 {
		s := table.Service(fmt.Sprint("service-", i))
		for j := range 600 {
			s.Match(Request{Method: "GET", Path: fmt.Sprintf("/api/v1/%ss/%d/%s", words(j%40), j, words(j%7))})
			s.Match(Request{Method: "GET", Route: fmt.Sprintf("/shop/%s/{id}", words(j%100)), Path: fmt.Sprintf("/shop/%s/%d", words(j%100), j)})
		}
	}
	taken := heap() - before
	assert.InDelta(t, 1, float64(table.Bytes())/float64(taken), 0.35)
	runtime.KeepAlive(table)
}

// At the limit the memory goes to whom it is of use: what is not used is forgotten,
// and then others learn.
func TestMemoryIsFreeAgain(t *testing.T) {
	const limit = 1 << 20
	table := newTable(t, Options{Learn: true, MaxRoutes: 1000, MaxServices: 1000, MaxBytes: limit})
	teach(table, 20, 100)
	require.GreaterOrEqual(t, table.Bytes(), int64(limit*9/10))
	s := table.Service("service-0")
	fresh := func(i int) string {
		return s.Match(Request{Method: "GET", Path: fmt.Sprintf("/fresh%s/search", words(i))}).Pattern
	}
	require.Equal(t, overflowPattern, fresh(1))

	now := time.Unix(0, 0)
	for range pressedLifetime + 2 {
		table.Tick(now)
		now = now.Add(Generation)
	}
	require.Less(t, table.Bytes(), int64(limit))
	require.NotEqual(t, overflowPattern, fresh(2))

	for i := range 20 {
		table.Forget(fmt.Sprint("service-", i))
	}
	empty := newTable(t, Options{Learn: true, MaxRoutes: 1000, MaxServices: 1000}).Bytes()
	require.Equal(t, empty, table.Bytes(), "what is forgotten is not counted")
}

// What is declared for a service stays when it is forgotten.
func TestDeclaredTemplatesAreNotForgotten(t *testing.T) {
	table := newTable(t, Options{Learn: true, MaxServices: 10, Services: map[string][]string{"shop": {"/carts/{cart}"}}})
	table.Service("shop").Match(Request{Method: "GET", Path: "/users/1/orders"})
	table.Forget("shop")
	table.Forget("nobody")
	s := table.Service("shop")
	require.Equal(t, "/carts/{cart}", s.Match(Request{Method: "GET", Path: "/carts/1"}).Pattern)
	require.Equal(t, 1, s.Patterns())
}
