// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestReadInsideReadsAsIfAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		path := rapid.StringN(0, 40, 60).Draw(t, "path")
		end := rapid.IntRange(0, len(path)).Draw(t, "end")
		start := rapid.IntRange(0, end).Draw(t, "start")
		assert.Equal(t, readText(path[start:end]), readInside(path, start, end))
	})
}

// TestEndsTellShortTextsApart: with the length they are the whole text.
func TestEndsTellShortTextsApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		short := rapid.StringMatching(`[\x00ab]{0,16}`)
		a, b := short.Draw(t, "a"), short.Draw(t, "b")
		assert.Equal(t, a == b, readText(a).ends == readText(b).ends && len(a) == len(b))
	})
}

func TestKidsAreFoundUntilTheyAreCutOff(t *testing.T) {
	var n node
	label := func(i int) string { return fmt.Sprintf("%s-%d", strings.Repeat("x", i%40), i) }
	for i := range 100 {
		n.adopt(&node{label: label(i)})
		n.adopt(&node{label: label(i), value: true})
		for j := range 100 {
			c, suffixed := n.kid(label(j)), n.valueKid(label(j), classInt)
			if j > i {
				assert.Nil(t, c)
				assert.Nil(t, suffixed)
				continue
			}
			assert.Equal(t, label(j), c.label)
			assert.False(t, c.value)
			assert.Equal(t, label(j), suffixed.label)
			assert.True(t, suffixed.value)
		}
	}
	even := func(c *node) bool { return c.label[len(c.label)-1]%2 == 0 }
	assert.Len(t, n.abandon(even), 100)
	for i := range 100 {
		assert.Equal(t, i%2 == 1, n.kid(label(i)) != nil)
	}
	n.adopt(&node{label: label(0)})
	assert.NotNil(t, n.kid(label(0)), "in a place that became free")
	assert.True(t, n.isNear(n.kid(label(0))))
}

// TestNodesFillCacheLines: what a step reads of a node is in one line, what the
// end of a walk reads in the next.
func TestNodesFillCacheLines(t *testing.T) {
	const line = 64
	var n node
	assert.EqualValues(t, line, unsafe.Offsetof(n.issued))
	assert.EqualValues(t, 2*line, unsafe.Offsetof(n.label))
	assert.LessOrEqual(t, unsafe.Sizeof(n), uintptr(5*line))
	assert.Greater(t, unsafe.Sizeof(n), uintptr(288), "the allocator's next size below is no multiple of a line")
	assert.Zero(t, unsafe.Sizeof(learner{})%line)
}
