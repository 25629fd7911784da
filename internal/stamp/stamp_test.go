// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package stamp

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// Spans of one trace may arrive with different thresholds: each is raised to the
// stage's own and none is lowered.
func TestThresholdsAreRaisedPerSpan(t *testing.T) {
	how := keeping(t, 1)
	st, v := New(how), kept(byDefault)
	for in, want := range map[string]string{
		"":                              "ot=th:fd70a",
		"a=b":                           "ot=th:fd70a,a=b",
		"ot=th:8":                       "ot=th:fd70a",
		"ot=th:fe;xx:1":                 "ot=th:fe;xx:1",
		"ot=rv:ffffffffffffff;th:c":     "ot=rv:ffffffffffffff;th:fd70a",
		"\x00 not a tracestate,,==":     "\x00 not a tracestate,,==",
		"ot=rv:ffffffffffffff;th:fd70a": "ot=rv:ffffffffffffff;th:fd70a",
	} {
		for range 2 { // the second time from memory
			s := aSpan(200, state(in))
			st.Span(s, v)
			require.Equal(t, want, s.TraceState().AsRaw(), in)
		}
	}
	for in, want := range map[string]string{"": "fd70a", "8": "fd70a", "fe": "fe", "no hex digits": "fd70a"} {
		lr := aLog(200)
		if in != "" {
			logAttr(record.AttributeThreshold, in)(lr)
		}
		st.Log(lr, v)
		require.Equal(t, want, text(lr.Attributes(), record.AttributeThreshold), in)
	}
}

func TestEvidenceWeighsOne(t *testing.T) {
	for unmarked, want := range map[sampling.Unmarked][2]string{sampling.Unknown: {"", ""}, sampling.Unsampled: {"ot=th:0", "0"}} {
		how := keeping(t, 1, func(how *Settings) { how.Unmarked = unmarked })
		st, v := New(how), kept(byErrors)
		bare, marked, lr := aSpan(1), aSpan(1, state("ot=th:004")), aLog(1)
		st.Span(bare, v)
		st.Span(marked, v)
		st.Log(lr, v)
		require.Equal(t, want[0], bare.TraceState().AsRaw())
		require.Equal(t, "ot=th:004", marked.TraceState().AsRaw(), "a threshold from before stays")
		require.Equal(t, want[1], text(lr.Attributes(), record.AttributeThreshold))
	}
}

// A kept item gets the name of the rule that kept it, and in a dry run each item
// what would have become of it, and no threshold.
func TestVerdictsAreNoted(t *testing.T) {
	would := func(verdict, rule, threshold string, more ...string) map[string]any {
		m := map[string]any{AttributeDryVerdict: verdict, AttributeDryRule: rule, AttributeDryThreshold: threshold}
		if len(more) > 0 {
			m["kept.by"] = more[0]
		}
		return m
	}
	tests := map[string]struct {
		how   *Settings
		rule  sampling.Match
		keep  bool
		want  map[string]any
		state string
	}{
		"nothing":                {keeping(t, 1), byErrors, true, map[string]any{}, ""},
		"evidence":               {keeping(t, 1, noted), byErrors, true, map[string]any{"kept.by": "errors"}, ""},
		"by the share":           {keeping(t, 1, noted), byDefault, true, map[string]any{"kept.by": "default"}, "ot=th:fd70a"},
		"dry, kept":              {keeping(t, 1, dry), byErrors, true, would("keep", "errors", "0"), ""},
		"dry, dropped":           {keeping(t, 1, dry, noted), byDefault, false, would("drop", "default", "fd70a"), ""},
		"dry, kept by the share": {keeping(t, 1, dry, noted), byDefault, true, would("keep", "default", "fd70a", "default"), ""},
		"dry, 0 %":               {keeping(t, 0, dry), byDefault, false, would("drop", "default", "never"), ""},
		"dry, never_sample":      {keeping(t, 1, dry), byNever, false, would("drop", "never", "never"), ""},
		"dry, above the limit":   {keeping(t, 1, dry), byLimit, false, would("drop", "limited", "unknown"), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			st, v := New(tt.how), sampling.Verdict{Rule: tt.rule, Keep: tt.keep}
			s, lr := aSpan(200), aLog(200)
			st.Span(s, v)
			st.Log(lr, v)
			require.Equal(t, tt.want, s.Attributes().AsRaw())
			require.Equal(t, tt.state, s.TraceState().AsRaw())
			th := text(lr.Attributes(), record.AttributeThreshold)
			require.Equal(t, tt.state, map[bool]string{true: "ot=th:" + th}[th != ""])
			lr.Attributes().Remove(record.AttributeThreshold)
			require.Equal(t, tt.want, lr.Attributes().AsRaw())
		})
	}
}

// A hard limit has no probability: what it keeps loses the threshold that it came with,
// on both signals, and says nothing of its weight.
func TestNobodyKnowsTheWeightOfWhatALimitKeeps(t *testing.T) {
	for _, how := range []*Settings{keeping(t, 1), keeping(t, 1, unsampled)} {
		st := New(how)
		random := sampling.IDRandomness(idNumbered(1))
		v := how.Policy.Judged(how.Policy.Decide(sampling.Finding{Match: byLimit}, sampling.Size{Spans: 1}, random), random, true)
		require.True(t, v.Keep)
		for in, want := range map[string]string{"": "", "ot=th:0": "", "a=b": "a=b", "a=b,ot=rv:ffffffffffffff;th:8": "ot=rv:ffffffffffffff,a=b"} {
			s, lr := aSpan(1, state(in)), aLog(1, logAttr(record.AttributeThreshold, "0"))
			st.Span(s, v)
			st.Log(lr, v)
			require.Equal(t, want, s.TraceState().AsRaw())
			require.Empty(t, lr.Attributes().AsRaw())
		}
		require.Empty(t, unwritten(st))
	}
}
