// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package component

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/bench/peers/run"
)

// TestGoalsCompareWhatTheySay measures nothing: each target has figures of its own.
func TestGoalsCompareWhatTheySay(t *testing.T) {
	w, _, err := parseWhole(nil)
	require.NoError(t, err)
	for _, g := range w.goals() {
		assert.True(t, math.IsNaN(g.Measured) || g.Measured == 0, "%s is %v without a measurement", g.What, g.Measured)
	}
	all := w.sections[tails].all
	all["nop:both"] = []run.Result{{CPU: 100}}
	all["nop_peers:both"] = []run.Result{{CPU: 300}}
	all["chain_lean:both"] = []run.Result{{CPU: 700}}
	all["ours_tail:both"] = []run.Result{{CPU: 200, GC: 0.05, Rate: 10}}
	w.sections[twoProducers].all["ours_tail:both"] = []run.Result{{Rate: 17}}
	w.points = []Point{{Peer: "ours_tail", CPU: 90}, {Peer: "ours_tail", CPU: 110}, {Peer: "tail_sampling", CPU: 900}}
	measured := map[string]float64{}
	for _, g := range w.goals() {
		measured[g.What] = g.Measured
	}
	assert.InDelta(t, 0.25, measured["CPU/item above decode, both signals, of chain_lean's"], 1e-9)
	assert.InDelta(t, 5, measured["GC's share of the CPU, %"], 1e-9)
	assert.InDelta(t, 1.7, measured["throughput of two producers, of one's"], 1e-9)
	assert.InDelta(t, 10, measured["CPU/span from the fewest to the most traces held, off its middle, ±%"], 1e-9)
}
