// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-correlation/correlationprocessor/bench/peers/workload"
	"github.com/otelcol-correlation/correlationprocessor/testkit/scrape"
)

func TestBalanced(t *testing.T) {
	good := scrape.Tally{Received: 100, Kept: 40, Dropped: 30, Refused: 10, Held: 20}
	assert.True(t, balanced(good, 90))
	assert.False(t, balanced(good, 91), "somebody was told of more")
	good.Held++
	assert.False(t, balanced(good, 90), "an item has two fates")
}

func TestGrowth(t *testing.T) {
	assert.Zero(t, growth([]int64{1, 2}), "too few to say")
	assert.InDelta(t, 1, growth([]int64{100, 900, 100, 500, 500, 500, 100, 10, 100}), 1e-9, "a peak is no growth")
	assert.InDelta(t, 1.2, growth([]int64{100, 110, 120}), 1e-9)
}

// TestSoakJudgesEachFault spoils a good report in every way.
func TestSoakJudgesEachFault(t *testing.T) {
	good := func() *soakReport {
		l := look{at: time.Minute, rss: 100, buffer: 9, limit: 10, balanced: true}
		return &soakReport{warm: time.Minute, looks: []look{{rss: 1, balanced: true, limit: 10}, l, l, l}, end: l, rounds: 1}
	}
	require.NoError(t, good().judge())
	for fault, spoil := range map[string]func(r *soakReport){
		"RSS grew":        func(r *soakReport) { r.looks[3].rss = 120 },
		"too few looks":   func(r *soakReport) { r.looks = r.looks[:2] },
		"one fate":        func(r *soakReport) { r.looks[0].balanced = false },
		"the limit is 10": func(r *soakReport) { r.looks[1].buffer = 11 },
		"own count":       func(r *soakReport) { r.end.lost = 1 },
		"in the end":      func(r *soakReport) { r.end.logs.Held = 1 },
		"did not come":    func(r *soakReport) { r.missing.spans = 1 },
		"nothing was":     func(r *soakReport) { r.rounds = 0 },
	} {
		r := good()
		spoil(r)
		assert.ErrorContains(t, r.judge(), fault)
	}
}

func TestMissingEvidence(t *testing.T) {
	spec := workload.Default()
	spec.Traces = 1000
	w, err := workload.New(spec)
	require.NoError(t, err)
	truth, err := newTruth(w, evidence)
	require.NoError(t, err)
	require.NotEmpty(t, truth.items)
	require.Less(t, len(truth.items), 50, "few traces are counted")

	whole := map[pcommon.TraceID]counts{}
	var failed pcommon.TraceID
	mask := workload.RoundMask(1)
	for id, c := range truth.items {
		out := id
		if !id.IsEmpty() {
			mask.Apply(out[:])
		}
		whole[id] = whole[id].plus(c)
		whole[out] = whole[out].plus(c)
		if c.spans > 0 && !id.IsEmpty() {
			failed = out
		}
	}
	require.False(t, failed.IsEmpty())
	assert.Zero(t, truth.missing(whole, 2))
	left := maps.Clone(whole)
	left[failed] = left[failed].plus(counts{spans: -1})
	assert.Equal(t, counts{spans: 1}, truth.missing(left, 2))
	left[failed] = whole[failed].plus(counts{logs: -1})
	assert.Equal(t, counts{logs: 1}, truth.missing(left, 2))
}
