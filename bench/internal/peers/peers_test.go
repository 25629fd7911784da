// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package peers

import (
	"runtime/debug"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEveryPeerHasOneProgram: a name in both would be measured by one of them,
// against the floor of that one.
func TestEveryPeerHasOneProgram(t *testing.T) {
	names := slices.Sorted(slices.Values(Names()))
	assert.Equal(t, names, slices.Compact(slices.Clone(names)))
	assert.Equal(t, "nop", FloorOf("ours_tail"))
	assert.Equal(t, "nop_peers", FloorOf("tail_sampling"))
	for _, name := range names {
		floor := FloorOf(name)
		assert.True(t, IsFloor(floor), floor)
		assert.Equal(t, Ours(name), Ours(floor), name)
	}
}

func TestTextOfUnknownPeer(t *testing.T) {
	_, err := Text("unknown")
	require.ErrorContains(t, err, "tail_sampling")
	require.ErrorContains(t, err, "ours_tail")
}

func TestCollectorNamesEachVersionOnce(t *testing.T) {
	assert.Equal(t, "v0.2.0 / v1.4.0", collector(&debug.BuildInfo{Deps: []*debug.Module{
		{Path: "go.opentelemetry.io/collector/component", Version: "v1.4.0"},
		{Path: "go.opentelemetry.io/collector/component/componenttest", Version: "v0.2.0"},
		{Path: "go.opentelemetry.io/collector/pdata", Version: "v1.4.0"},
		{Path: "go.opentelemetry.io/otel", Version: "v1.9.0"},
	}}))
}
