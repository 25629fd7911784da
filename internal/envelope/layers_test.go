// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package envelope

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

// deep is nested deeper than the library decodes.
func deep() pcommon.Map {
	top := pcommon.NewMap()
	m := top
	for range 60 {
		m = m.PutEmptyMap("a")
	}
	return top
}

// A resource and a scope become envelopes with the first record that asks for them, once
// for all of its records.
func TestLayersAreInternedOnce(t *testing.T) {
	b, flat := buffer(t), pcommon.NewMap()
	var l Layers
	for range 2 { // a batch, and the next one
		l.Begin(b, nil, 1000)
		l.AddResource([]byte("cart"))
		l.AddScope([]byte("a"))
		l.AddScope([]byte("bc"))
		l.EnterResource(flat)
		l.EnterScope(flat)
		require.True(t, l.Fit())
		require.Zero(t, l.Bytes(), "no record has asked yet")
		a := l.Scope()
		require.Same(t, a, l.Scope())
		require.Equal(t, []string{"a", "cart"}, []string{a.Content, a.Around.Content})
		require.Nil(t, a.Around.Around)
		require.Equal(t, len("cart"+"a"), l.Bytes())
		l.Forget()
		require.Zero(t, l.Bytes())
		require.Equal(t, "a", l.Scope().Content)
		require.Equal(t, len("cart"+"a"), l.Bytes(), "what was forgotten is interned again for the next record")
		l.Forget()
		l.EnterScope(flat)
		require.Equal(t, "bc", l.Scope().Content)
		require.Equal(t, len("cart"+"bc"), l.Bytes(), "the resource was forgotten, and is there again")
		l.Forget()
		l.Reset()
	}
	require.True(t, l.Large(1, 1000))
	require.True(t, l.Large(1000, 1))
	require.False(t, l.Large(1000, 1000))
}

// What the records of a call arrived with is around all of them.
func TestMetadataIsAroundResources(t *testing.T) {
	b, c := buffer(t), NewClients([]string{"x-tenant"}, 0)
	metadata, err := c.Intern(from("a"), b, 1000)
	require.NoError(t, err)
	var l Layers
	l.Begin(b, metadata, 1000)
	l.EnterStubs([]byte("cart"))
	require.Same(t, metadata, l.Scope().Around.Around)
}

// What is too large or too deep to be held is told before anything is interned.
func TestLayersThatDoNotFit(t *testing.T) {
	flat := pcommon.NewMap()
	var l Layers
	l.Begin(buffer(t), nil, 5)
	for _, resource := range []string{"cart", "carts", "cart"} {
		l.AddResource([]byte(resource))
		l.AddScope([]byte("a"))
		l.AddScope(nil)
	}
	enter := func(attrs pcommon.Map) bool { l.EnterScope(attrs); return l.Fit() }
	l.EnterResource(flat)
	require.True(t, enter(flat), "as much as can be")
	require.False(t, enter(deep()))
	l.EnterResource(flat)
	require.False(t, enter(flat), "one byte more")
	require.True(t, enter(flat))
	l.EnterResource(deep())
	require.False(t, enter(flat))
}
