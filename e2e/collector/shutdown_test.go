// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/e2e/harness"
	"github.com/otelcol-correlation/correlationprocessor/testkit/collector"
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

// A sink that takes nothing does not keep the process alive: after shutdown_timeout what
// waits for it is given up, and the log says how much. So it is for an exporter that
// waits for the sink in the call, and for one that waits for room in its queue.
func TestTheEndComesWhateverTheSinkDoes(t *testing.T) {
	stall := func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	}
	const blocked = `yaml:{
	  exporters: {otlp_grpc: {timeout: 1s, sending_queue: {queue_size: 1, num_consumers: 1}}},
	  service: {pipelines: {traces: {processors: [correlation]}, logs: {processors: [correlation]}}}}`
	for name, tt := range map[string]struct {
		exporter string
		sink     func(context.Context) error
	}{
		"no queue, the sink stalls":     {unqueued, stall},
		"no queue, the sink refuses":    {unqueued, refuse},
		"a full queue, the sink stalls": {blocked, stall},
	} {
		t.Run(name, func(t *testing.T) {
			rig := startTogether(t, plan{configs: func(collector.Endpoints) []string {
				return []string{"testdata/collector.yaml", tt.exporter, settings(
					`{decision_wait: 1s, decision_wait_after_root: 1s, shutdown_timeout: 2s, sampling: {sampling_percentage: 50, errors: true}}`)}
			}})[0]
			rig.sink.Hinder(tt.sink)
			items := harness.NewLoad(16, 400)
			rig.send(t, harness.Batches(harness.Interleave(items, 1, 500), 1, 50))
			require.NoError(t, rig.collector.Terminate())
			require.ErrorContains(t, rig.collector.Wait(stopTimeout), "exit status 1", "it says that not all went out")
			require.NotContains(t, rig.collector.Output(), "panic")
			require.Contains(t, rig.collector.Output(), "is lost")
			require.Empty(t, rig.sink.Arrived(harness.Spans))
		})
	}
}
