// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hostile makes paths that try to grow a table.
type hostile struct {
	random *rand.Rand
	long   string
	deep   string
}

func newHostile() *hostile {
	return &hostile{
		random: rand.New(rand.NewPCG(3, 4)),
		long:   "/" + strings.Repeat("x1", 1<<19),
		deep:   strings.Repeat("/seg", 10_000),
	}
}

func (h *hostile) path(i int) string {
	switch i % 10 {
	case 0:
		return h.deep[:4*(i%10_000)] + "/" + words(i)
	case 1:
		return h.long[:1+i%len(h.long)]
	case 2:
		return fmt.Sprintf("/%x/%c%c/é\xff", h.random.Uint64(), rune(h.random.IntN(256)), rune(h.random.IntN(1<<16)))
	case 3:
		return "/users/" + words(i) + "/" + words(i/3) + "/" + words(i/7)
	case 4:
		return "/" + words(i) + ".png"
	}
	var b strings.Builder
	for range 1 + h.random.IntN(8) {
		b.WriteByte('/')
		for range 1 + h.random.IntN(12) {
			b.WriteByte("abcdefghijklmnopqrstuvwxyzABC019-_.:"[h.random.IntN(36)])
		}
	}
	return b.String()
}

// hostilePaths is how many distinct ones are sent; ROUTE_HOSTILE_PATHS asks
// for another number, ten million in the long run of the Makefile.
func hostilePaths(t *testing.T) int {
	text := os.Getenv("ROUTE_HOSTILE_PATHS")
	if text == "" {
		return 100_000
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err)
	return n
}

func TestHostilePathsCannotGrowATable(t *testing.T) {
	const limit = 200
	h, n := newHostile(), hostilePaths(t)
	s := newTable(t, Options{Learn: true, MaxRoutes: limit}).Service("victim")
	seen := map[string]bool{}
	var half uint64
	for i := range n {
		if i == n/2 {
			half = heap()
		}
		p := h.path(i)
		r := s.get(p)
		require.NotEmpty(t, r.Pattern, "%.80q", p)
		seen[r.Pattern] = true
		if i%100 == 0 {
			s.sent(p+"/{x}", p+"/y")
		}
	}
	assert.LessOrEqual(t, s.Patterns(), limit)
	assert.LessOrEqual(t, len(seen), 2*limit)
	assert.LessOrEqual(t, s.learner.nodes, s.learner.maxNodes)
	assert.Equal(t, s.learner.size(s.learner.root)-1, s.learner.nodes, "nodes are counted right")
	assert.Positive(t, s.Overflowed())
	assert.Less(t, heap(), half+1<<20, "the second half takes no memory of its own")
	runtime.KeepAlive(s)
}

// heap returns the bytes in use after a collection.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestAThousandPatternsFitInTwoMiB(t *testing.T) {
	before := heap()
	table := newTable(t, Options{Learn: true, MaxRoutes: 2000})
	s := table.Service("big")
	for i := range 1400 {
		resource, action := busyResources[i%39], busyActions[i/39%20]
		for range 3 {
			s.get(fmt.Sprintf("/api/v%d/%s/%d/%s/details", i/780, resource, i, action))
		}
	}
	require.GreaterOrEqual(t, s.Patterns(), 1000)
	assert.Less(t, heap()-before, uint64(2<<20))
	runtime.KeepAlive(table)
}

func TestMatchKeepsNothingOfThePath(t *testing.T) {
	s := newTable(t, Options{Learn: true}).Service("a")
	buffer := []byte("/accounts/wendy/orders")
	got := s.get(unsafeString(buffer)).Pattern
	want := strings.Clone(got)
	for range 3 {
		s.sent("/accounts/{name}/orders", unsafeString(buffer))
	}
	for i := range buffer {
		buffer[i] = '#'
	}
	assert.Equal(t, want, got)
	tree := s.learner.save()
	assert.NotContains(t, fmt.Sprint(tree), "#")
	assert.Contains(t, fmt.Sprint(tree), "accounts")
}

// unsafeString shares the bytes, as a pooled buffer does.
func unsafeString(b []byte) string { return unsafe.String(&b[0], len(b)) }

func TestTheSamePathGetsTheSamePattern(t *testing.T) {
	h := newHostile()
	table := newTable(t, Options{MaxRoutes: 100_000})
	a, b := table.Service("a"), table.Service("b")
	var paths []string
	for i := range 3000 {
		paths = append(paths, h.path(i))
	}
	first := map[string]string{}
	for _, p := range paths {
		first[p] = a.get(p).Pattern
	}
	for _, p := range slices.Backward(paths) {
		assert.Equal(t, first[p], b.get(p).Pattern, "without learning the order does not matter")
	}

	learning := newTable(t, Options{Learn: true}).Service("c")
	for range 300 {
		for _, p := range paths[:50] {
			learning.get(p)
		}
	}
	for _, p := range paths[:50] {
		assert.Equal(t, learning.get(p), learning.get(p))
	}
}
