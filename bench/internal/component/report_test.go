// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package component

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMedianLooksAtTheFloorOfItsRound: rounds differ by what else the machine
// does, so a figure must not be held against another round's floor.
func TestMedianLooksAtTheFloorOfItsRound(t *testing.T) {
	r := results{
		"nop:both":       {{CPU: 100}, {CPU: 1000}, {CPU: 10}},
		"ours_tail:both": {{CPU: 105}, {CPU: 1007}, {CPU: 16}},
	}
	mid, low, high := r.median("ours_tail:both", cpuAbove)
	assert.Equal(t, []float64{6, 5, 7}, []float64{mid, low, high})
}

func TestTargetsBringTheirFloors(t *testing.T) {
	got, err := parseTargets("tail_sampling:traces,hash")
	require.NoError(t, err)
	assert.Equal(t, []Target{{"nop_peers", "traces"}, {"tail_sampling", "traces"}, {"probabilistic_hash_seed", "traces"}}, got[:3])
	assert.Contains(t, got, Target{"nop_peers", "logs"})
	_, err = parseTargets("tail_sampling")
	require.Error(t, err)
}

func TestEverySetNamesPeers(t *testing.T) {
	for name := range sets {
		_, err := parseTargets(name)
		require.NoError(t, err, name)
	}
}
