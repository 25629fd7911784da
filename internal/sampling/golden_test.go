// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package sampling_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// The table of 1-in-N thresholds in the specification
// (tracestate-probability-sampling.md, "Algorithms"): threshold and exact
// adjusted count at precision 3, 4 and 5.
func TestThresholdsOfTheSpecification(t *testing.T) {
	for _, row := range []struct {
		n          float64
		thresholds [3]string
		counts     [3]float64
	}{
		{1, [3]string{"0", "0", "0"}, [3]float64{1, 1, 1}},
		{2, [3]string{"8", "8", "8"}, [3]float64{2, 2, 2}},
		{3, [3]string{"aab", "aaab", "aaaab"}, [3]float64{3.0007326007326007, 3.00004577706569, 3.0000028610256777}},
		{4, [3]string{"c", "c", "c"}, [3]float64{4, 4, 4}},
		{5, [3]string{"ccd", "cccd", "ccccd"}, [3]float64{5.001221001221001, 5.0000762951094835, 5.0000047683761295}},
		{8, [3]string{"e", "e", "e"}, [3]float64{8, 8, 8}},
		{10, [3]string{"e66", "e666", "e6666"}, [3]float64{9.990243902439024, 9.99938968568813, 9.999961853172863}},
		{16, [3]string{"f", "f", "f"}, [3]float64{16, 16, 16}},
		{100, [3]string{"fd71", "fd70a", "fd70a4"}, [3]float64{100.05496183206107, 99.99771123402633, 100.00009536752259}},
		{1000, [3]string{"ffbe7", "ffbe77", "ffbe76d"}, [3]float64{999.5958055290753, 1000.012874769029, 1000.0016987352618}},
	} {
		for i := range row.thresholds {
			th, err := sampling.PreciseThreshold(100/row.n, 3+i)
			require.NoError(t, err)
			require.Equal(t, row.thresholds[i], th.TValue(), "1 in %v, precision %d", row.n, 3+i)
			require.InEpsilon(t, row.counts[i], th.AdjustedCount(), 1e-12)
		}
	}
}

// The examples of OTEP-235: which share a th rejects.
func TestThresholdsOfTheProposal(t *testing.T) {
	for value, rejected := range map[string]float64{"4": 0.25, "c": 0.75, "08": 0.03125, "0": 0} {
		s := sampling.ReadState("ot=th:" + value)
		require.True(t, s.Sampled)
		require.InDelta(t, 1-rejected, s.Threshold.Probability(), 0)
	}
	require.False(t, sampling.ReadState("ot=rv:00000000000001").Sampled, "no th says nothing")
}

// Keep iff R >= T, at the very edge.
func TestTheEdgeIsKept(t *testing.T) {
	th, err := sampling.PercentageThreshold(1)
	require.NoError(t, err)
	p, err := sampling.NewPolicy(sampling.Rule{Threshold: th})
	require.NoError(t, err)
	for value, keep := range map[string]bool{"fd70a000000000": true, "fd709fffffffff": false, "ffffffffffffff": true, "00000000000000": false} {
		r, err := contrib.RValueToRandomness(value)
		require.NoError(t, err)
		require.Equal(t, keep, p.Decide(sampling.Finding{}, sampling.Size{}, r).Keep, value)
		require.Equal(t, keep, sampling.State{Threshold: th, Sampled: true}.Consistent(r), value)
	}
}

// Ids that were counted up or that hold a time are all over the place once
// hashed, and random ones keep their own bits.
func TestRandomnessOfIDs(t *testing.T) {
	id := func(high, low uint64) (id [16]byte) {
		binary.BigEndian.PutUint64(id[:8], high)
		binary.BigEndian.PutUint64(id[8:], low)
		return id
	}
	tests := []struct {
		name   string
		id     func(n uint64) [16]byte
		source sampling.Source
		hashed bool
	}{
		{"random", func(n uint64) [16]byte { return id(n, n*0x9e3779b97f4a7c15|1<<50) }, sampling.SourceAuto, false},
		{"counted up", func(n uint64) [16]byte { return id(0, n) }, sampling.SourceAuto, true},
		{"counted up, taken as it is", func(n uint64) [16]byte { return id(0, n) }, sampling.SourceID, false},
		{"Snowflake", func(n uint64) [16]byte { return id(0, (1700000000000+n)<<22) }, sampling.SourceHash, true},
		{"UUID of version 1", func(n uint64) [16]byte { return id(n<<32|0x11ee, 0x8a2e0242ac120002) }, sampling.SourceHash, true},
	}
	half, err := contrib.UnsignedToThreshold(contrib.MaxAdjustedCount / 2)
	require.NoError(t, err)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			const n = 20_000
			upper := 0
			for i := range uint64(n) {
				r, hashed := tt.source.Of(tt.id(i))
				require.Equal(t, tt.hashed, hashed)
				if half.ShouldSample(r) {
					upper++
				}
			}
			if tt.hashed {
				require.InDelta(t, n/2, upper, 4*70.7, "binomial, four standard errors")
			}
		})
	}
}

func TestVerdictsFitInFourBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := sampling.Verdict{
			Keep: rapid.Bool().Draw(t, "keep"),
			Rule: sampling.Match(rapid.IntRange(0, sampling.MaxRules-1).Draw(t, "rule")),
			Rate: uint32(rapid.IntRange(0, sampling.MaxRate).Draw(t, "rate")),
		}
		require.NotZero(t, v.Pack())
		require.Equal(t, v, v.Pack().Unpack())
	})
}

func finding(t *rapid.T, label string) sampling.Finding {
	return sampling.Finding{
		Match: sampling.Match(rapid.IntRange(0, 3).Draw(t, label+" match")),
		Key:   rapid.Uint64Range(0, 3).Draw(t, label+" key"),
		Facts: uint32(rapid.IntRange(0, 7).Draw(t, label+" facts")),
	}
}

func TestMergingFindingsIsASemilattice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := finding(t, "a"), finding(t, "b"), finding(t, "c")
		require.Equal(t, a, a.Merge(a))
		require.Equal(t, a.Merge(b), b.Merge(a))
		require.Equal(t, a.Merge(b).Merge(c), a.Merge(b.Merge(c)))
	})
}

func TestRulesThatNeedFacts(t *testing.T) {
	p, err := sampling.NewPolicy(
		sampling.Rule{Name: "two", Needs: 0b11}, sampling.Rule{Name: "one"}, sampling.Rule{Name: "other", Needs: 0b100},
		sampling.Rule{Name: "rest", Threshold: contrib.NeverSampleThreshold})
	require.NoError(t, err)
	for _, tt := range []struct {
		f    sampling.Finding
		rule string
	}{
		{sampling.Finding{Match: 3}, "rest"},
		{sampling.Finding{Match: 3, Facts: 0b01}, "rest"},
		{sampling.Finding{Match: 3, Facts: 0b11}, "two"},
		{sampling.Finding{Match: 1, Facts: 0b11}, "two"},
		{sampling.Finding{Match: 1, Facts: 0b110}, "one"},
		{sampling.Finding{Match: 3, Facts: 0b110}, "other"},
	} {
		require.Equal(t, tt.rule, p.Rules()[p.Rule(tt.f)].Name, fmt.Sprint(tt.f))
	}
}

// A verdict notes its rate, and its threshold is that rate's whatever comes later.
func TestRatesArePinned(t *testing.T) {
	rate := uint32(10)
	p, err := sampling.NewPolicy(sampling.Rule{Rate: func(uint64, int) uint32 { return rate }})
	require.NoError(t, err)
	r, err := contrib.RValueToRandomness("f0000000000000")
	require.NoError(t, err)
	v := p.Decide(sampling.Finding{}, sampling.Size{}, r)
	require.True(t, v.Keep)
	require.False(t, p.Ordinary(v))
	require.False(t, p.Settled(sampling.Finding{}))
	rate = 1000
	require.Equal(t, "e666", p.Threshold(v).TValue())
	require.False(t, p.Decide(sampling.Finding{}, sampling.Size{}, r).Keep)
}
