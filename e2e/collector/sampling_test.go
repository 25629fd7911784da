// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/e2e/harness"
	"github.com/otelcol-correlation/correlationprocessor/testkit/scrape"
)

// onePercent keeps 1 % and all evidence. The wait is long enough for the slowest
// machine to send one window of the load, in which a trace lies whole.
const onePercent = `{
  decision_wait: 10s, decision_wait_after_root: 10s,
  sampling: {sampling_percentage: 1, errors: true}}`

// One verdict for both signals, on a load large enough to see a wrong one: each
// kept trace is whole in the sink, each dropped one is absent, the choice is the
// one OTEP 235 makes, and the counters tell of it what the sink does.
func TestOneVerdictForSpansAndLogs(t *testing.T) {
	const traces, window = 10_000, 2_000
	items := harness.NewLoad(235, traces)
	kept := harness.Kept(items, 1)
	require.Len(t, kept, traces)
	rig := start(t, onePercent)

	rig.send(t, harness.Batches(harness.Interleave(items, 1, window), 1, 200))
	metrics := rig.settle(t, count(items, harness.Spans), count(items, harness.Logs))
	rig.stop(t)

	requireFates(t, rig.sink, items, kept)
	requireHonestWeights(t, rig.sink, harness.Evidence(items))
	requireConservation(t, metrics, rig.sink, harness.Spans)
	requireConservation(t, metrics, rig.sink, harness.Logs)
	requireDecisions(t, metrics, kept, harness.Evidence(items))
}

// requireHonestWeights checks the thresholds that kept items carry: the one of
// 1 %, to the 16 bits of precision that a threshold may be rounded to. An item of
// a trace with evidence carries none: it was kept for certain here, and what an
// earlier stage did with its like is unknown.
func requireHonestWeights(t *testing.T, sink *harness.Sink, evidence traceSet) {
	t.Helper()
	const rounding = 1 << (56 - 16)
	for key, span := range sink.Arrived(harness.Spans) {
		threshold, err := harness.ParseThreshold(span.TraceState)
		if evidence[span.Trace] {
			require.ErrorIs(t, err, harness.ErrNoThreshold, "span %d of a trace with evidence", key)
			continue
		}
		require.NoError(t, err, "span %d", key)
		require.InDelta(t, harness.Threshold(1), threshold, rounding, "span %d", key)
	}
	for key, log := range sink.Arrived(harness.Logs) {
		if evidence[log.Trace] {
			require.NotContains(t, log.Attributes, "sampling.threshold", "log %d of a trace with evidence", key)
			continue
		}
		digits, _ := log.Attributes["sampling.threshold"].(string)
		threshold, err := harness.ParseTValue(digits)
		require.NoError(t, err, "log %d", key)
		require.InDelta(t, harness.Threshold(1), threshold, rounding, "log %d", key)
	}
}

// requireConservation checks that in = out + dropped, with nothing refused or
// held, and that out is what the sink saw.
func requireConservation(t *testing.T, metrics scrape.Metrics, sink *harness.Sink, signal harness.Signal) {
	t.Helper()
	tally := metrics.Tally(signal.String())
	require.True(t, tally.Balanced(), "%v: %+v", signal, tally)
	require.Zero(t, tally.Refused, "%v", signal)
	require.Zero(t, tally.Held, "%v", signal)
	require.Len(t, sink.Arrived(signal), tally.Kept, "%v", signal)
	sampled := metrics.Sum(signal.String()+"_dropped", "reason", "sampling")
	require.InDelta(t, tally.Dropped, sampled, 0, "%v dropped for another reason than sampling", signal)
}

// requireDecisions checks that the decisions counted are those made.
func requireDecisions(t *testing.T, metrics scrape.Metrics, kept, evidence traceSet) {
	t.Helper()
	all := 0
	for _, keep := range kept {
		all += boolToInt(keep)
	}
	assert.InDelta(t, all, metrics.Sum("decisions", "verdict", "keep"), 0)
	assert.InDelta(t, len(kept)-all, metrics.Sum("decisions", "verdict", "drop"), 0)
	assert.InDelta(t, len(evidence), metrics.Sum("decisions", "rule", "errors"), 0)
}
