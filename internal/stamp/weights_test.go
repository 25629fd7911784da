// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package stamp

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
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
func byTheShare(t require.TestingT, how *Settings, rv string) sampling.Verdict {
	v := kept(byDefault)
	if rv == "" {
		return v
	}
	random, err := contrib.RValueToRandomness(rv)
	require.NoError(t, err)
	return how.Policy.Judged(v, random, true)
}

// Where one item brings the randomness along that its trace is judged by, the others
// say it too, so that no later stage finds a threshold above a randomness. What has
// another one of its own loses the threshold.
func TestTheTracesRandomnessIsNoted(t *testing.T) {
	const high, other = "ffffffffffffff", "fd70a000000001"
	how := keeping(t, 1)
	st := New(how)
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
		v := byTheShare(t, how, tt.rv)
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
	how := keeping(t, 1)
	full := "ot=xx:" + strings.Repeat("a", 253)
	for in, reason := range map[string]string{
		"\x00 not a tracestate,,==": "invalid_tracestate", "ot=th:8;": "invalid_ot", full: "full_ot",
	} {
		for rv, want := range map[string]string{"": "", "ffffffffffffff": "ffffffffffffff"} {
			st := New(how)
			for range 2 {
				s, lr := aSpan(200, state(in)), aLog(200)
				st.Span(s, byTheShare(t, how, rv))
				st.Log(lr, byTheShare(t, how, rv))
				require.Equal(t, in, s.TraceState().AsRaw())
				for _, attrs := range []pcommon.Map{s.Attributes(), lr.Attributes()} {
					require.Equal(t, "fd70a", text(attrs, record.AttributeThreshold))
					require.Equal(t, want, text(attrs, record.AttributeRandomness))
				}
			}
			require.Equal(t, map[string]int{reason: 2}, unwritten(st))
			s := aSpan(1, state(in))
			st.Span(s, kept(byErrors))
			require.Empty(t, s.Attributes().AsRaw(), "nothing is to be noted")
		}
	}
	s := aSpan(200, state("ot=th:8;"), func(s ptrace.Span) { s.Attributes().PutStr(record.AttributeThreshold, "fe") })
	New(how).Span(s, byTheShare(t, how, ""))
	require.Equal(t, "fe", text(s.Attributes(), record.AttributeThreshold), "a stage before kept less")
}

// Spans and logs of one trace that bring the same along leave with the same, whatever
// that is, and never with a threshold above their randomness.
func TestSpanAndLogSayTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		how := keeping(t, 1)
		how.Source = rapid.SampledFrom([]sampling.Source{sampling.SourceAuto, sampling.SourceHash, sampling.SourceID}).Draw(t, "randomness")
		how.Unmarked = rapid.SampledFrom([]sampling.Unmarked{sampling.Unknown, sampling.Unsampled}).Draw(t, "unmarked")
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
		v := byTheShare(t, how, rapid.SampledFrom([]string{"", "fe000000000000", "ffffffffffffff"}).Draw(t, "judged by"))
		if rapid.Bool().Draw(t, "evidence") {
			v = kept(byErrors)
		}
		st := New(how)
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
	how := keeping(t, 1, dry, noted)
	st, s, lr := New(how), aSpan(1, state("ot=th:c")), aLog(1)
	st.Span(s, sampling.Verdict{Keep: true, Rule: sampling.NoRule})
	st.Log(lr, sampling.Verdict{Keep: true, Rule: sampling.NoRule})
	require.Equal(t, "ot=th:c", s.TraceState().AsRaw())
	require.Empty(t, s.Attributes().AsRaw())
	require.Empty(t, lr.Attributes().AsRaw())
}
