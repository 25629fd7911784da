// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package component

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/bench/internal/peers"
)

func TestCollected(t *testing.T) {
	n, err := collected([]byte("==7== \n==7== Events    : Ir\n==7== Collected : 185831644\n==7== \n==7== I   refs:      185,831,644\n"))
	require.NoError(t, err)
	assert.Equal(t, int64(185_831_644), n)
	_, err = collected([]byte("Killed"))
	require.ErrorContains(t, err, "Killed")
}

func TestInstructionsOverBudget(t *testing.T) {
	require.NoError(t, judgeInstructions("ours_tail", 1.09, 1))
	require.ErrorContains(t, judgeInstructions("ours_tail", 1.11, 1), "ours_tail")
}

func TestEveryInstructionBudgetHasAPeer(t *testing.T) {
	for _, b := range instructionBudgets {
		assert.True(t, peers.Exists(b.peer), b.peer)
	}
}
