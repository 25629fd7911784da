// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A load holds what the end-to-end tests need to be able to fail: evidence of
// each kind, decoys, ids in each place, and traces on both sides of a threshold.
func TestLoadHasEverything(t *testing.T) {
	items := NewLoad(1, 2_000)
	faults, places := map[Fault]int{}, map[Place]int{}
	for i, item := range items {
		require.EqualValues(t, i+1, item.Key)
		faults[item.Fault]++
		if item.Signal == Logs {
			places[item.IDIn]++
		}
	}
	for fault := NoFault; fault <= SeverityTextError; fault++ {
		require.NotZero(t, faults[fault], "fault %d", fault)
	}
	for place := InField; place <= InBody; place++ {
		require.NotZero(t, places[place], "place %d", place)
	}
	kept := 0
	for _, keep := range Kept(items, 10) {
		if keep {
			kept++
		}
	}
	require.InDelta(t, 2_000*(0.1+0.9*evidencePercent/100), kept, 80)
}

// However a load is mixed and cut, each item goes out once.
func TestBatchesHoldEachItemOnce(t *testing.T) {
	items := NewLoad(2, 300)
	seen := map[int64]int{}
	for _, batch := range Batches(Interleave(items, 3, 100), 4, 20) {
		require.NotEmpty(t, batch.Items)
		for _, item := range batch.Items {
			require.Equal(t, batch.Signal, item.Signal)
			seen[item.Key]++
		}
	}
	require.Len(t, seen, len(items))
	for key, n := range seen {
		require.Equal(t, 1, n, "item %d", key)
	}
}
