// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// unwritten are the items that a stamper could not note a threshold on.
func unwritten(st *Stamper) map[string]int {
	out := map[string]int{}
	for why, n := range st.Unwritten {
		if n > 0 {
			out[why] = n
		}
	}
	return out
}

// By the share, the verdict of the default rule with 1 % on a trace that was judged by
// the randomness, "" for that of its id.
func byTheShare(t require.TestingT, r *Rules, rv string) sampling.Verdict {
	v := sampling.Verdict{Keep: true, Rule: r.Policy().Default()}
	if rv == "" {
		return v
	}
	random, err := contrib.RValueToRandomness(rv)
	require.NoError(t, err)
	return r.Policy().Judged(v, random, true)
}

// Where one item brings the randomness along that its trace is judged by, the others
// say it too, so that no later stage finds a threshold above a randomness. What has
// another one of its own loses the threshold.
func TestTheTracesRandomnessIsNoted(t *testing.T) {
	const high, other = "ffffffffffffff", "fd70a000000001"
	r := compiled(t, onePercent(), Options{MissingPercentage: 100})
	st := NewStamper(r)
	for _, tt := range []struct{ in, rv, want string }{
		{"", high, "ot=rv:ffffffffffffff;th:fd70a"},
		{"a=b", high, "ot=rv:ffffffffffffff;th:fd70a,a=b"},
		{"ot=rv:" + high, high, "ot=rv:ffffffffffffff;th:fd70a"},
		{"ot=rv:" + other, high, "ot=rv:fd70a000000001;th:fd70a"},
		{"ot=rv:00000000000001;th:0", high, "ot=rv:00000000000001"},
		{"ot=th:0", high, ""}, // it was sampled by its id, which this one contradicts
		{"a=b,ot=rv:ffffffffffffff;th:fe", high, "a=b,ot=rv:ffffffffffffff;th:fe"},
		{"", "", ""}, // it came late, and nobody knows by what its trace was judged
	} {
		s, lr := aSpan(1, state(tt.in)), aLog(1)
		if s := sampling.ReadState(tt.in); s.Explicit {
			logAttr(record.AttributeRandomness, s.Randomness.RValue())(lr)
		}
		if s := sampling.ReadState(tt.in); s.Sampled {
			logAttr(record.AttributeThreshold, s.Threshold.TValue())(lr)
		}
		v := byTheShare(t, r, tt.rv)
		st.Span(s, v)
		st.Log(lr, v)
		require.Equal(t, tt.want, s.TraceState().AsRaw(), "%+v", tt)
		require.Equal(t, sampling.ReadState(tt.want), record.ReadSampling(lr.Attributes()), "%+v", tt)
		require.Empty(t, text(s.Attributes(), record.AttributeThreshold))
	}
	require.Equal(t, map[string]int{"below_threshold": 2 * 3}, unwritten(st))
}

// A threshold that a tracestate cannot take is among the attributes of its span, as it
// is on the logs, and counted.
func TestThresholdsThatTracestatesCannotTake(t *testing.T) {
	r := compiled(t, onePercent(), Options{MissingPercentage: 100})
	full := "ot=xx:" + strings.Repeat("a", 253)
	for in, reason := range map[string]string{
		"\x00 not a tracestate,,==": "invalid_tracestate", "ot=th:8;": "invalid_ot", full: "full_ot",
	} {
		for rv, want := range map[string]string{"": "", "ffffffffffffff": "ffffffffffffff"} {
			st := NewStamper(r)
			for range 2 {
				s, lr := aSpan(200, state(in)), aLog(200)
				st.Span(s, byTheShare(t, r, rv))
				st.Log(lr, byTheShare(t, r, rv))
				require.Equal(t, in, s.TraceState().AsRaw())
				for _, attrs := range []pcommon.Map{s.Attributes(), lr.Attributes()} {
					require.Equal(t, "fd70a", text(attrs, record.AttributeThreshold))
					require.Equal(t, want, text(attrs, record.AttributeRandomness))
				}
			}
			require.Equal(t, map[string]int{reason: 2}, unwritten(st))
			s := aSpan(1, state(in))
			st.Span(s, verdictOf(t, r, ruleErrors, true))
			require.Empty(t, s.Attributes().AsRaw(), "nothing is to be noted")
		}
	}
	s := aSpan(200, state("ot=th:8;"), spanAttr(record.AttributeThreshold, "fe"))
	NewStamper(r).Span(s, byTheShare(t, r, ""))
	require.Equal(t, "fe", text(s.Attributes(), record.AttributeThreshold), "a stage before kept less")
}

// Spans and logs of one trace that bring the same along leave with the same, whatever
// that is, and never with a threshold above their randomness.
func TestSpanAndLogSayTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		source := rapid.SampledFrom([]RandomnessMode{RandomnessAuto, RandomnessHash, RandomnessTraceID}).Draw(t, "randomness")
		unmarked := rapid.SampledFrom([]UnmarkedMode{UpstreamUnknown, UpstreamUnsampled}).Draw(t, "unmarked")
		r := compiled(t, onePercent(func(c *Config) { c.Randomness, c.UpstreamUnmarked = source, unmarked }), Options{MissingPercentage: 100})
		rv := rapid.SampledFrom([]string{"", "rv:00000000000001", "rv:fe000000000000", "rv:ffffffffffffff"}).Draw(t, "rv")
		th := rapid.SampledFrom([]string{"", "th:0", "th:8", "th:fd70a", "th:ff"}).Draw(t, "th")
		in := ""
		if keys := slices.DeleteFunc([]string{rv, th}, func(key string) bool { return key == "" }); len(keys) > 0 {
			in = "ot=" + strings.Join(keys, ";")
		}
		var others []string
		for n := range rapid.SampledFrom([]int{0, 1, 30, 31, 32}).Draw(t, "others") {
			others = append(others, fmt.Sprintf("v%d=x", n))
		}
		trace := rapid.SampledFrom([]int{1, 200}).Draw(t, "trace")
		s, lr := aSpan(trace), aLog(trace)
		arrived := strings.Join(slices.DeleteFunc(append([]string{in}, others...), func(m string) bool { return m == "" }), ",")
		s.TraceState().FromRaw(arrived)
		if rv != "" {
			logAttr(record.AttributeRandomness, rv[3:])(lr)
		}
		if th != "" {
			logAttr(record.AttributeThreshold, th[3:])(lr)
		}
		v := byTheShare(t, r, rapid.SampledFrom([]string{"", "fe000000000000", "ffffffffffffff"}).Draw(t, "judged by"))
		if rapid.Bool().Draw(t, "evidence") {
			v = sampling.Verdict{Keep: true, Rule: r.errors}
		}
		st := NewStamper(r)
		st.Span(s, v)
		st.Log(lr, v)
		left := sampling.ReadState(s.TraceState().AsRaw())
		require.Equal(t, left, record.ReadSampling(lr.Attributes()))
		own := sampling.IDRandomness(s.TraceID())
		if left.Explicit {
			own = left.Randomness
		}
		require.True(t, left.Consistent(own))
		if out := s.TraceState().AsRaw(); out != arrived {
			require.LessOrEqual(t, strings.Count(out, ","), 31)
		}
		require.NotContains(t, s.Attributes().AsRaw(), record.AttributeThreshold)
	})
}

// A verdict that is none leaves everything as it is.
func TestWhatPassesWithoutAVerdict(t *testing.T) {
	r := compiled(t, onePercent(func(c *Config) { c.RuleAttribute, c.DryRun = "kept.by", true }), Options{MissingPercentage: 100})
	st, s, lr := NewStamper(r), aSpan(1, state("ot=th:c")), aLog(1)
	st.Span(s, sampling.Verdict{Keep: true, Rule: sampling.NoRule})
	st.Log(lr, sampling.Verdict{Keep: true, Rule: sampling.NoRule})
	require.Equal(t, "ot=th:c", s.TraceState().AsRaw())
	require.Empty(t, s.Attributes().AsRaw())
	require.Empty(t, lr.Attributes().AsRaw())
}
