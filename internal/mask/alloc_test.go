// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Under the race detector a sync.Pool loses a quarter of what it is given, at
// random, so that allocations cannot be counted.
//go:build !race

package mask

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A hash takes the text it returns.
func TestHashesAllocateTheirText(t *testing.T) {
	h := NewHasher(nil)
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { h.Of("/users/17") }), 1.0)
}
