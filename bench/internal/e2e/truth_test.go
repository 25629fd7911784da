// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-correlation/correlationprocessor/bench/internal/peers"
	"github.com/otelcol-correlation/correlationprocessor/bench/peers/workload"
)

// TestJudge takes items out of a perfect output and sees each missed.
func TestJudge(t *testing.T) {
	spec := workload.Default()
	spec.Traces = 1000
	w, err := workload.New(spec)
	require.NoError(t, err)
	truth, err := newTruth(w, everything)
	require.NoError(t, err)

	perfect := map[pcommon.TraceID]counts{}
	var failed, long pcommon.TraceID
	mask := workload.RoundMask(1)
	for id, c := range truth.items {
		out := id
		mask.Apply(out[:])
		perfect[id], perfect[out] = c, c
		switch {
		case truth.failed[id] && !id.IsEmpty():
			failed = out
		case c.spans > 2 && c.logs > 2 && !id.IsEmpty():
			long = out
		}
	}
	require.False(t, failed.IsEmpty() || long.IsEmpty(), "the workload lacks a case")
	assert.Zero(t, truth.judge(perfect, 2, true))

	for name, test := range map[string]struct {
		trace    pcommon.TraceID
		left     counts
		together bool
		want     Faults
	}{
		"a failed trace is gone":         {failed, counts{}, true, Faults{LostFailed: 1}},
		"an ordinary trace was dropped":  {long, counts{}, true, Faults{}},
		"a span is gone":                 {long, counts{1, 100}, true, Faults{Incomplete: 1}},
		"a log is gone":                  {long, counts{perfect[long].spans, 0}, true, Faults{Apart: 1}},
		"a log is gone, nobody promised": {long, counts{perfect[long].spans, 0}, false, Faults{}},
	} {
		t.Run(name, func(t *testing.T) {
			out := maps.Clone(perfect)
			out[test.trace] = test.left
			assert.Equal(t, test.want, truth.judge(out, 2, test.together))
		})
	}
}

func TestTargetWithoutASignal(t *testing.T) {
	text, err := peers.Text("chain_lean")
	require.NoError(t, err)
	assert.Contains(t, text, "    logs: {processors:")
	traces := Target{"chain_lean", "traces"}
	assert.NotContains(t, traces.without(text), "    logs: {processors:")
	assert.Contains(t, traces.without(text), "    traces: {processors:")
	assert.Equal(t, text, Target{"chain_lean", "both"}.without(text))
}
