// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"fmt"
	"slices"
	"testing"

	"github.com/otelcol-correlation/correlationprocessor/e2e/harness"
)

// untilStopped holds every trace until the collector stops, so that no clock
// says which items a verdict is made of.
const untilStopped = `{
  decision_wait: 1h, decision_wait_after_root: 1h,
  sampling: {sampling_percentage: 10, errors: true}}`

// The order in which items come, how they are cut into requests, and which
// signal comes first: none of it changes which traces are kept.
func TestArrivalOrderDoesNotChangeTheVerdict(t *testing.T) {
	items := harness.NewLoad(7, 2_000)
	kept := harness.Kept(items, 10)
	orders := map[string][]harness.Batch{
		"trace by trace":        harness.Batches(items, 1, 50),
		"backwards":             harness.Batches(backwards(items), 2, 50),
		"logs first":            harness.Batches(logsFirst(items), 3, 300),
		"one item in a request": harness.Batches(harness.Interleave(items, 4, len(items)), 4, 1),
	}
	for seed := range uint64(4) {
		shuffled := harness.Interleave(items, seed, len(items))
		orders[fmt.Sprintf("shuffled %d", seed)] = harness.Batches(shuffled, seed, 1_000)
	}
	for name, batches := range orders {
		t.Run(name, func(t *testing.T) {
			rig := start(t, untilStopped)
			rig.send(t, batches)
			rig.stop(t)
			requireFates(t, rig.sink, items, kept)
		})
	}
}

func backwards(items []harness.Item) []harness.Item {
	reversed := slices.Clone(items)
	slices.Reverse(reversed)
	return reversed
}

func logsFirst(items []harness.Item) []harness.Item {
	sorted := slices.Clone(items)
	slices.SortStableFunc(sorted, func(a, b harness.Item) int { return int(b.Signal) - int(a.Signal) })
	return sorted
}
