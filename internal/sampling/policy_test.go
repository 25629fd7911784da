// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package sampling_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"testing"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

func policy(t require.TestingT, percentages ...float64) *sampling.Policy {
	rules := make([]sampling.Rule, len(percentages))
	for i, p := range percentages {
		th, err := sampling.PercentageThreshold(p)
		require.NoError(t, err)
		rules[i] = sampling.Rule{Name: fmt.Sprint(i), Threshold: th}
	}
	p, err := sampling.NewPolicy(rules...)
	require.NoError(t, err)
	return p
}

func TestPolicyNeedsBetweenOneAndMaxRules(t *testing.T) {
	_, err := sampling.NewPolicy()
	require.EqualError(t, err, "a sampling policy needs a default rule")
	_, err = sampling.NewPolicy(make([]sampling.Rule, sampling.MaxRules+1)...)
	require.ErrorIs(t, err, sampling.ErrTooManyRules)
	_, err = sampling.NewPolicy(make([]sampling.Rule, sampling.MaxRules)...)
	require.NoError(t, err)
}

func TestSettledOnlyWhereNoEarlierRuleDecidesOtherwise(t *testing.T) {
	tests := []struct {
		percentages []float64
		settled     []bool
	}{
		{[]float64{1}, []bool{true}},
		{[]float64{100}, []bool{true}},
		{[]float64{100, 1}, []bool{true, false}},
		{[]float64{100, 100}, []bool{true, true}},
		{[]float64{100, 100, 0, 0}, []bool{true, true, false, false}},
		{[]float64{0, 100, 100}, []bool{true, false, false}},
		{[]float64{5, 5, 100, 5}, []bool{true, true, false, false}},
	}
	for _, tt := range tests {
		p := policy(t, tt.percentages...)
		for i, want := range tt.settled {
			require.Equal(t, want, p.Settled(sampling.Finding{Match: sampling.Match(i)}), "%v at %d", tt.percentages, i)
		}
	}
}

// What is settled stays: no match that can still come changes the verdict.
func TestSettledVerdictsCannotChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := policy(t, rapid.SliceOfN(rapid.SampledFrom([]float64{0, 1, 50, 100}), 1, 6).Draw(t, "percentages")...)
		m := sampling.Match(rapid.IntRange(0, len(p.Rules())-1).Draw(t, "match"))
		r, err := contrib.UnsignedToRandomness(rapid.Uint64Range(0, contrib.MaxAdjustedCount-1).Draw(t, "randomness"))
		require.NoError(t, err)
		if !p.Settled(sampling.Finding{Match: m}) {
			return
		}
		for better := range m {
			require.Equal(t, p.Decide(sampling.Finding{Match: m}, sampling.Size{}, r).Keep, p.Decide(sampling.Finding{Match: better}, sampling.Size{}, r).Keep)
		}
	})
}

func TestPercentageThreshold(t *testing.T) {
	// Rejection thresholds of the specification's examples at precision 4
	// (tracestate-probability-sampling.md).
	for percentage, want := range map[float64]string{100: "0", 50: "8", 25: "c", 10: "e666", 1: "fd70a", 0.1: "ffbe77", 0: ""} {
		th, err := sampling.PercentageThreshold(percentage)
		require.NoError(t, err)
		require.Equal(t, want, th.TValue(), "%v %%", percentage)
	}
	for _, bad := range []float64{-1, 100.1, math.NaN(), math.Inf(1), sampling.MinPercentage / 2} {
		_, err := sampling.PercentageThreshold(bad)
		require.ErrorContains(t, err, fmt.Sprintf("got %v", bad))
	}
}

func TestIDRandomnessIsTheLow56Bits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var id [16]byte
		copy(id[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
		require.Equal(t, contrib.TraceIDToRandomness(id), sampling.IDRandomness(id))
		truncated := id
		binary.BigEndian.PutUint64(truncated[:8], 0)
		require.Equal(t, sampling.IDRandomness(id), sampling.IDRandomness(truncated))
	})
}

func TestKeepsTheShareAsked(t *testing.T) {
	p := policy(t, 1)
	kept := 0
	const n = 1_000_000
	for i := range uint64(n) {
		// Weyl sequence: equidistributed, so the share is exact to 1/n.
		r, err := contrib.UnsignedToRandomness(i * 0x9e3779b97f4a7c15 >> 8)
		require.NoError(t, err)
		if p.Decide(sampling.Finding{}, sampling.Size{}, r).Keep {
			kept++
		}
	}
	require.InDelta(t, n/100, kept, 20)
}

// A rule with a limit is asked once for each whole trace, decides whatever the
// randomness, and its verdicts do not follow from ids, so that they must be remembered.
func TestRulesWithALimit(t *testing.T) {
	asked, room := []sampling.Size{}, true
	take := func(size sampling.Size, kept bool) bool {
		asked = append(asked, size)
		return room || kept
	}
	for _, percentage := range []float64{0, 1, 100} {
		th, err := sampling.PercentageThreshold(percentage)
		require.NoError(t, err)
		p, err := sampling.NewPolicy(sampling.Rule{Name: "first"}, sampling.Rule{Take: take, Threshold: contrib.NeverSampleThreshold}, sampling.Rule{Threshold: th})
		require.NoError(t, err)
		require.True(t, p.Waits())
		asked = asked[:0]
		for _, has := range []bool{true, false} {
			room = has
			f := sampling.Finding{Match: 1}
			require.False(t, p.Settled(f), "the rest of the trace counts as well")
			v := p.Decide(f, sampling.Size{Spans: 2, Logs: 3, Bytes: 4}, contrib.Randomness{})
			require.Equal(t, sampling.Verdict{Keep: has, Rule: 1}, v)
			require.False(t, p.Ordinary(v))
			require.Equal(t, v, p.Judged(v, contrib.AllProbabilitiesRandomness, true), "it was judged by no randomness")
			require.True(t, p.KeepsMore(sampling.Verdict{Keep: true}, v), "evidence goes before")
			p.Follow(v, sampling.Size{Spans: 1})
		}
		p.Follow(sampling.Verdict{Keep: true}, sampling.Size{Spans: 1})
		require.Equal(t, []sampling.Size{{Spans: 2, Logs: 3, Bytes: 4}, {Spans: 1}, {Spans: 2, Logs: 3, Bytes: 4}}, asked,
			"what follows takes its part, if its trace was kept by the limit")
	}
}
