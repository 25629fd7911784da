// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/e2e/harness"
)

// A collector that is told to stop in the middle of a load loses nothing it
// accepted. What it did not acknowledge may or may not be in the sink; what it
// did is there if its trace's verdict is keep, and is not if it is drop.
func TestNothingAcceptedIsLostBySIGTERM(t *testing.T) {
	items := harness.NewLoad(15, 40_000)
	batches := harness.Batches(harness.Interleave(items, 1, 5_000), 1, 200)
	rig := start(t, untilStopped)

	var accepted []harness.Item
	told := 0
	err := rig.sender.SendAll(t.Context(), batches, 4, func(batch harness.Batch) {
		accepted = append(accepted, batch.Items...)
		if told++; told == len(batches)/4 {
			assert.NoError(t, rig.collector.Terminate())
		}
	})
	require.Error(t, err, "the whole load was accepted: the collector was not stopped in its middle")
	require.NoError(t, rig.collector.Wait(stopTimeout))

	requireAccepted(t, rig.sink, items, accepted)
}

// requireAccepted holds the sink to what the sender knows to have arrived. A
// trace whose only evidence was not acknowledged may have either verdict.
func requireAccepted(t *testing.T, sink *harness.Sink, sent, accepted []harness.Item) {
	t.Helper()
	mustKeep, mayKeep := harness.Kept(accepted, 10), harness.Kept(sent, 10)
	came := arrivals(sink)
	checked, wrong := 0, 0
	for _, item := range accepted {
		n := came[item.Signal][item.Key].Count
		least, most := boolToInt(mustKeep[item.Trace]), boolToInt(mayKeep[item.Trace])
		checked += least
		if n < least || n > most {
			wrong++
			report(t, wrong, "accepted %v %d of trace %v came %d times, not %d to %d",
				item.Signal, item.Key, item.Trace, n, least, most)
		}
	}
	require.NotZero(t, checked, "no accepted item belongs to a kept trace")
	require.Zero(t, wrong, "of %d accepted items, so many are missing or unwanted", len(accepted))
}
