// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-correlation/correlationprocessor/internal/route/segment"
)

func TestChildrenAreFoundUntilTheyAreCutOff(t *testing.T) {
	tree := newTree(1000)
	n := tree.root
	label := func(i int) string { return fmt.Sprintf("%s-%d", strings.Repeat("x", i%40), i) }
	add := func(i int, value bool) { tree.adopt(n, tree.make(n, label(i), value, segment.Int)) }
	for i := range 100 {
		add(i, false)
		add(i, true)
		for j := range 100 {
			c, suffixed := tree.literalChild(n, label(j)), tree.valueChild(n, label(j), segment.Int)
			if j > i {
				assert.Nil(t, c)
				assert.Nil(t, suffixed)
				continue
			}
			assert.Equal(t, label(j), tree.label(c))
			assert.False(t, c.value)
			assert.Equal(t, label(j), tree.label(suffixed))
			assert.True(t, suffixed.value)
		}
	}
	order := func() (labels []string) {
		for c := range tree.children(n) {
			labels = append(labels, tree.label(c))
		}
		return labels
	}
	var came []string
	for i := range 100 {
		came = append(came, label(i), label(i))
	}
	assert.Equal(t, came, order())
	isEven := func(label string) bool { return label[len(label)-1]%2 == 0 }
	assert.Len(t, tree.abandon(n, func(c *node) bool { return isEven(tree.label(c)) }), 100)
	assert.Equal(t, slices.DeleteFunc(came, isEven), order())
	for i := range 100 {
		assert.Equal(t, i%2 == 1, tree.literalChild(n, label(i)) != nil)
	}
	add(0, false)
	assert.NotNil(t, tree.literalChild(n, label(0)), "in a place that became free")
	assert.True(t, n.isNear(tree.literalChild(n, label(0))))
	assert.Len(t, tree.abandon(n, func(*node) bool { return true }), 101)
	assert.Empty(t, order())
	assert.Nil(t, tree.literalChild(n, label(0)))
}

// TestNodesAreTwoCacheLines: what a walk reads of a node is in one line, and the
// garbage collector finds no pointer in it.
func TestNodesAreTwoCacheLines(t *testing.T) {
	const line = 64
	var n node
	assert.EqualValues(t, line, unsafe.Offsetof(n.tail))
	assert.EqualValues(t, 2*line, unsafe.Sizeof(n))
	assert.Zero(t, uintptr(unsafe.Pointer(newTree(0).root))%line)
	assert.False(t, holdsPointers(reflect.TypeFor[node]()))
}

func holdsPointers(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Struct:
		for f := range t.Fields() {
			if holdsPointers(f.Type) {
				return true
			}
		}
		return false
	case reflect.Array:
		return t.Len() > 0 && holdsPointers(t.Elem())
	}
	return t.Kind() > reflect.Complex128
}
