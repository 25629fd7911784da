// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// describe writes all that is known of the nodes, but for where they lie.
func describe(t *tree) string {
	var b strings.Builder
	var walk func(n *node)
	walk = func(n *node) {
		known := n.guarded
		known.self, known.parent, known.youngest, known.next, known.name, known.own, known.far = 0, 0, 0, 0, 0, 0, 0
		text := func(i uint32) string {
			if i == 0 {
				return ""
			}
			return t.text(i)
		}
		fmt.Fprintf(&b, "%*s%q %q %q %q %q %x %d %v %v %v %v %v %v %+v %+v %v\n", n.depth, "",
			t.label(n), text(n.issued.Load()), text(n.tail.Load()), text(n.name), text(n.own), n.marks.Load(), n.lastUse.Load(),
			n.value, n.pure, n.key, n.class, n.place, n.depth, *t.known(n), known, t.words[n.self])
		for c := range t.children(n) {
			walk(c)
		}
	}
	walk(t.root)
	return b.String()
}

// mixed is traffic of all shapes, with and without an http.route.
func mixed(count int) (items []item) {
	for _, shape := range shapes {
		items = append(items, traffic(shape, count)...)
	}
	for i := range count {
		items = append(items, item{fmt.Sprintf("/members/%s/%d", words(i), i), "/members/{login}/{number}"})
	}
	return items
}

func TestACopiedTreeIsTheSame(t *testing.T) {
	for _, o := range []Options{{Learn: true, MaxRoutes: 1000}, {Learn: true, MaxRoutes: 40}, {MaxRoutes: 1000}} {
		s := newTable(t, o).Service("a")
		l := s.learner
		for _, i := range mixed(200) {
			s.send(i)
		}
		before, texts := describe(l.tree), slices.Sorted(maps.Keys(l.budget.texts))
		l.renew(l.nodes)
		require.Equal(t, before, describe(l.tree))
		assert.Equal(t, texts, slices.Sorted(maps.Keys(l.budget.texts)))
		for text, i := range l.budget.texts {
			assert.Equal(t, text, l.text(i))
		}
		assert.EqualValues(t, l.nodes+1, l.used, "nothing but what stands")
		for c := range l.children(l.root) {
			assert.Same(t, c, l.twin(l.root, l.label(c), c.value, c.class))
		}
	}
}

func TestWhatWasCutOffTakesNoMore(t *testing.T) {
	s := newTable(t, Options{Learn: true, MaxRoutes: 1000}).Service("a")
	l, renewed := s.learner, 0
	for i, item := range mixed(2000) {
		was := l.tree
		s.send(item)
		if l.tree != was {
			renewed++
		}
		require.LessOrEqual(t, int(l.used), (maxReshapes+2)*(l.nodes+minRoom), i)
	}
	assert.GreaterOrEqual(t, renewed, 2)
	assert.Less(t, renewed, 40, "seldom")
}

func TestALargeTreeIsImportedWhole(t *testing.T) {
	first := newTable(t, Options{Learn: true, MaxRoutes: 4000})
	for i := range 3000 {
		first.Service("a").sent(fmt.Sprintf("/area%d/things/{id}/part%d", i%50, i), fmt.Sprintf("/area%d/things/7/part%d", i%50, i))
	}
	second := newTable(t, Options{Learn: true, MaxRoutes: 4000})
	require.NoError(t, second.Import(first.Export()))
	assert.Greater(t, second.Service("a").learner.nodes, 3000)
	assert.JSONEq(t, string(first.Export()), string(second.Export()))
}
