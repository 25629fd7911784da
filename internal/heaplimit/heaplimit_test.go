// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package heaplimit

import (
	"math"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

const miB = 1 << 20

func TestTheHeapHasTheRest(t *testing.T) {
	require.EqualValues(t, 512*miB-512*miB/20-256*miB, within(512*miB, 256*miB))
	require.EqualValues(t, 128*miB, within(512*miB, 500*miB), "a quarter in any case")
}

// Whatever this process runs in, its limit is as before once nothing is reserved.
func TestReleaseEndsIt(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "")
	before := debug.SetMemoryLimit(-1)
	one, two := Reserve(miB), Reserve(2*miB)
	one()
	one()
	require.EqualValues(t, 2*miB, reserved)
	two()
	require.Zero(t, reserved)
	require.Zero(t, Ours())
	require.Equal(t, before, debug.SetMemoryLimit(-1))
}

// Who set a limit meant it, also that there be none.
func TestOthersLimitStays(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "off")
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	defer Reserve(miB)()
	require.Zero(t, Ours())
	t.Setenv("GOMEMLIMIT", "")
	debug.SetMemoryLimit(math.MaxInt64 - 1)
	defer Reserve(miB)()
	require.Zero(t, Ours())
	require.EqualValues(t, math.MaxInt64-1, debug.SetMemoryLimit(-1))
}
