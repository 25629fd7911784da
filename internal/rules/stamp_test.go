// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

func state(text string) func(ptrace.Span) {
	return func(s ptrace.Span) { s.TraceState().FromRaw(text) }
}

func aSpan(trace int, change ...func(ptrace.Span)) ptrace.Span {
	return spanOf(trace, change...).ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
}

func aLog(trace int, change ...func(plog.LogRecord)) plog.LogRecord {
	return logOf(trace, change...).ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
}

// text is an attribute, or "" where there is none.
func text(attrs pcommon.Map, key string) string {
	if v, ok := attrs.Get(key); ok {
		return v.AsString()
	}
	return ""
}

// verdictOf is the verdict of the rule with the name on a trace that it keeps, or
// drops.
func verdictOf(t *testing.T, r *Rules, rule string, keep bool) sampling.Verdict {
	t.Helper()
	for i, rl := range r.Policy().Rules() {
		if rl.Name == rule {
			return sampling.Verdict{Rule: sampling.Match(i), Keep: keep}
		}
	}
	require.FailNow(t, "no such rule", rule)
	return sampling.Verdict{}
}

// Spans of one trace may arrive with different thresholds: each is raised to the
// stage's own and none is lowered.
func TestThresholdsAreRaisedPerSpan(t *testing.T) {
	r := compiled(t, onePercent(), Options{MissingPercentage: 100})
	st, v := NewStamper(r), verdictOf(t, r, ruleDefault, true)
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
	for unmarked, want := range map[UnmarkedMode][2]string{UpstreamUnknown: {"", ""}, UpstreamUnsampled: {"ot=th:0", "0"}} {
		r := compiled(t, onePercent(func(c *Config) { c.UpstreamUnmarked = unmarked }), Options{MissingPercentage: 100})
		st, v := NewStamper(r), verdictOf(t, r, ruleErrors, true)
		bare, marked, lr := aSpan(1, failed), aSpan(1, state("ot=th:004")), aLog(1)
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
	tests := map[string]struct {
		change func(*Config)
		rule   string
		keep   bool
		want   map[string]any
		state  string
	}{
		"nothing":      {func(*Config) {}, ruleErrors, true, map[string]any{}, ""},
		"evidence":     {func(c *Config) { c.RuleAttribute = "kept.by" }, ruleErrors, true, map[string]any{"kept.by": "errors"}, ""},
		"by the share": {func(c *Config) { c.RuleAttribute = "kept.by" }, ruleDefault, true, map[string]any{"kept.by": "default"}, "ot=th:fd70a"},
		"dry, kept": {func(c *Config) { c.DryRun = true }, ruleErrors, true, map[string]any{
			AttributeDryVerdict: "keep", AttributeDryRule: "errors", AttributeDryThreshold: "0",
		}, ""},
		"dry, dropped": {func(c *Config) { c.DryRun, c.RuleAttribute = true, "kept.by" }, ruleDefault, false, map[string]any{
			AttributeDryVerdict: "drop", AttributeDryRule: "default", AttributeDryThreshold: "fd70a",
		}, ""},
		"dry, kept by the share": {func(c *Config) { c.DryRun, c.RuleAttribute = true, "kept.by" }, ruleDefault, true, map[string]any{
			AttributeDryVerdict: "keep", AttributeDryRule: "default", AttributeDryThreshold: "fd70a", "kept.by": "default",
		}, ""},
		"dry, 0 %": {func(c *Config) { c.DryRun, c.SamplingPercentage = true, 0 }, ruleDefault, false, map[string]any{
			AttributeDryVerdict: "drop", AttributeDryRule: "default", AttributeDryThreshold: "never",
		}, ""},
		"dry, never_sample": {func(c *Config) {
			c.DryRun, c.Rules = true, []RuleConfig{{Name: "none", Sampler: SamplerConfig{Type: NeverSample}}}
		}, "none", false, map[string]any{
			AttributeDryVerdict: "drop", AttributeDryRule: "none", AttributeDryThreshold: "never",
		}, ""},
		"dry, 0 % of a route": {func(c *Config) { c.DryRun, c.RoutePercentages = true, map[string]float64{"/feed": 0} }, "route:/feed", false, map[string]any{
			AttributeDryVerdict: "drop", AttributeDryRule: "route:/feed", AttributeDryThreshold: "never",
		}, ""},
		"dry, suppressed": {func(c *Config) { c.DryRun, c.Suppress.HealthChecks = true, true }, ruleHealthChecks, false, map[string]any{
			AttributeDryVerdict: "drop", AttributeDryRule: "health_checks", AttributeDryThreshold: "never",
		}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := compiled(t, onePercent(tt.change), Options{MissingPercentage: 100})
			st, v := NewStamper(r), verdictOf(t, r, tt.rule, tt.keep)
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

// spanRandomness is what a Randomizer makes of a span, and logRandomness of a
// log record.
func spanRandomness(d *Randomizer, r *Rules, s ptrace.Span) contrib.Randomness {
	random, _ := d.Span(s, r)
	return random
}

func logRandomness(d *Randomizer, r *Rules, lr plog.LogRecord) contrib.Randomness {
	v := read(lr)
	random, _ := d.Log(lr, &v, r)
	return random
}

// A threshold that contradicts the randomness is erased from what is kept, also where
// nothing was sampled before: something was. Nothing else changes.
func TestInconsistentThresholdsAreErased(t *testing.T) {
	for _, change := range []func(*Config){
		func(*Config) {}, func(c *Config) { c.UpstreamUnmarked = UpstreamUnsampled }, func(c *Config) { c.DryRun = true },
	} {
		r := compiled(t, onePercent(change), Options{MissingPercentage: 100})
		v, st := verdictOf(t, r, ruleErrors, true), NewStamper(r)
		var spans, logs Randomizer
		for in, want := range map[string]string{
			"ot=th:c;xx:1,a=b":          "ot=xx:1,a=b",
			"ot=th:c":                   "",
			"ot=th:c;rv:c0000000000000": "ot=th:c;rv:c0000000000000",
			"ot=th:c;rv:bfffffffffffff": "ot=rv:bfffffffffffff",
			"ot=rv:00000000000001;th:0": "ot=rv:00000000000001;th:0",
		} {
			s := aSpan(1, state(in))
			spanRandomness(&spans, r, s)
			require.Equal(t, in, s.TraceState().AsRaw(), "it may still be dropped")
			st.Span(s, v)
			require.Equal(t, want, s.TraceState().AsRaw(), in)
		}
		require.Equal(t, 3, spans.Inconsistent)
		for trace, want := range map[int]string{2: "", 200: "c"} {
			lr := aLog(trace, logAttr(record.AttributeThreshold, "c"))
			logRandomness(&logs, r, lr)
			st.Log(lr, v)
			require.Equal(t, want, text(lr.Attributes(), record.AttributeThreshold))
		}
		require.Equal(t, 1, logs.Inconsistent)
		require.Empty(t, unwritten(st))
	}
}

// Ids that are not random have a hash for randomness, the same on both signals,
// written to the items where it decides.
func TestHashedRandomness(t *testing.T) {
	const n = 2000
	r := compiled(t, onePercent(func(c *Config) { c.SamplingPercentage = 10 }), Options{MissingPercentage: 100})
	all := compiled(t, onePercent(func(c *Config) { c.SamplingPercentage = 100 }), Options{MissingPercentage: 100})
	st, none := NewStamper(r), r.Policy().Default()
	var spans, logs Randomizer
	kept := 0
	for i := range uint64(n) {
		var id pcommon.TraceID
		binary.BigEndian.PutUint64(id[8:], i+1)
		s := aSpan(1, func(s ptrace.Span) { s.SetTraceID(id) })
		lr := aLog(1, func(lr plog.LogRecord) { lr.SetTraceID(id) })
		random := spanRandomness(&spans, r, s)
		require.Equal(t, random, logRandomness(&logs, r, lr))
		v := r.Policy().Decide(sampling.Finding{Match: none}, sampling.Size{}, random)
		if !v.Keep {
			continue
		}
		kept++
		st.Span(s, v)
		st.Log(lr, v)
		require.Regexp(t, "^ot=rv:[0-9a-f]{14};th:e666$", s.TraceState().AsRaw())
		require.Equal(t, s.TraceState().AsRaw(), "ot=rv:"+text(lr.Attributes(), record.AttributeRandomness)+";th:"+text(lr.Attributes(), record.AttributeThreshold))

		certain := aSpan(1, func(s ptrace.Span) { s.SetTraceID(id) })
		st.Span(certain, sampling.Verdict{Keep: true, Rule: r.errors})
		require.Equal(t, "ot=rv:"+random.RValue(), certain.TraceState().AsRaw(), "a later stage must find the same")
		bare := aSpan(1, func(s ptrace.Span) { s.SetTraceID(id) })
		NewStamper(all).Span(bare, sampling.Verdict{Keep: true, Rule: all.Policy().Default()})
		require.Empty(t, bare.TraceState().AsRaw(), "nothing is dropped, so it says nothing")
	}
	require.InDelta(t, n/10, kept, 4*13.4, "binomial, four standard errors")
	for _, d := range []*Randomizer{&spans, &logs} {
		require.Zero(t, d.Inconsistent)
		for source, items := range d.Sources {
			require.Equal(t, map[string]int{"hash": n}[source], items, source)
		}
	}
}

// An item's own randomness goes before that of its trace id.
func TestExplicitRandomness(t *testing.T) {
	const high = "ffffffffffffff"
	r := compiled(t, onePercent(), Options{MissingPercentage: 100})
	var d Randomizer
	random, own := d.Span(aSpan(1, state("ot=rv:"+high)), r)
	require.True(t, own)
	require.Equal(t, high, random.RValue())
	lr := aLog(1, logAttr(record.AttributeRandomness, high))
	require.Equal(t, high, logRandomness(&d, r, lr).RValue())
	bad := aLog(1, logAttr(record.AttributeRandomness, "no hex digits"))
	require.Equal(t, sampling.IDRandomness(traceNumbered(1)), logRandomness(&d, r, bad))
	_, own = d.Span(aSpan(1), r)
	require.False(t, own)
	want := map[string]int{"explicit": 2, "trace_id": 2, "hash": 0}
	for source, items := range d.Sources {
		require.Equal(t, want[source], items, source)
	}
}

// With a threshold and no randomness on an item, the sampler before went by the
// id's own bits.
func TestSampledBeforeWithoutRandomness(t *testing.T) {
	r := compiled(t, onePercent(func(c *Config) { c.Randomness = RandomnessHash }), Options{MissingPercentage: 100})
	var d Randomizer
	s := aSpan(200, state("ot=th:8"))
	random, own := d.Span(s, r)
	require.True(t, own)
	require.Equal(t, sampling.IDRandomness(traceNumbered(200)), random)
	require.True(t, r.Policy().Decide(sampling.Finding{Match: r.Policy().Default()}, sampling.Size{}, random).Keep)
	require.Equal(t, "ot=th:8", s.TraceState().AsRaw())
	NewStamper(r).Span(s, verdictOf(t, r, ruleDefault, true))
	require.Equal(t, "ot=th:fd70a", s.TraceState().AsRaw())
	require.Zero(t, d.Inconsistent)
}

// decide decides on a log record without a trace id.
func decide(r *Rules, change ...func(plog.LogRecord)) (plog.LogRecord, MissingVerdict) {
	return decideOn(r, logOf(1, change...))
}

// decideOn decides on the one log record, whose trace id is taken away.
func decideOn(r *Rules, ld plog.Logs) (plog.LogRecord, MissingVerdict) {
	rl := ld.ResourceLogs().At(0)
	lr := rl.ScopeLogs().At(0).LogRecords().At(0)
	lr.SetTraceID(pcommon.TraceID{})
	v := read(lr)
	var m Matcher
	m.Use(r)
	m.EnterLogs(rl)
	return lr, m.MissingID(rl.ScopeLogs().At(0), lr, &v, "")
}

// Log records without a trace id are a population of their own: each is kept by a
// percentage for itself, evidence in any case, and what is kept stands for all.
func TestLogsWithoutATraceID(t *testing.T) {
	const n = 4000
	for _, evidence := range []bool{true, false} {
		r := compiled(t, onePercent(func(c *Config) { c.SamplingPercentage, c.Errors = 0, evidence }), Options{MissingPercentage: 25})
		weights := 0.0
		for range n {
			lr, verdict := decide(r)
			if verdict.Dropped() {
				continue
			}
			require.Equal(t, MissingVerdict{by: byPercentage, Keep: true}, verdict)
			th, err := contrib.TValueToThreshold(text(lr.Attributes(), record.AttributeThreshold))
			require.NoError(t, err)
			random, err := contrib.RValueToRandomness(text(lr.Attributes(), record.AttributeRandomness))
			require.NoError(t, err)
			require.True(t, th.ShouldSample(random))
			weights += th.AdjustedCount()
		}
		require.InDelta(t, n, weights, 4*110, "binomial, four standard errors")
		for range 10 {
			lr, verdict := decide(r, failedLog)
			if evidence {
				require.Equal(t, MissingVerdict{}, verdict)
				require.Empty(t, lr.Attributes().AsRaw())
			} else {
				require.True(t, verdict.Decided())
			}
		}
	}
	all := compiled(t, onePercent(), Options{MissingPercentage: 100})
	lr, verdict := decide(all)
	require.Equal(t, MissingVerdict{}, verdict, "all are kept by default")
	require.Empty(t, lr.Attributes().AsRaw())

	own := compiled(t, onePercent(), Options{MissingPercentage: 50})
	random := rand.New(rand.NewPCG(1, 1))
	for range 100 {
		r, err := contrib.UnsignedToRandomness(random.Uint64N(contrib.MaxAdjustedCount))
		require.NoError(t, err)
		_, verdict := decide(own, logAttr(record.AttributeRandomness, r.RValue()))
		require.Equal(t, own.missing.ShouldSample(r), verdict.Keep, "its own randomness decides")
	}
	// One that stands for two, as a stage before kept it with 50 %, and nobody knows by
	// which randomness, stands for four if half of those are kept.
	sampled, weights := compiled(t, onePercent(), Options{MissingPercentage: 25}), 0.0
	for range n {
		lr, verdict := decide(sampled, logAttr(record.AttributeThreshold, "8"))
		if verdict.Keep {
			s := record.ReadSampling(lr.Attributes())
			require.Equal(t, "c", s.Threshold.TValue())
			require.True(t, s.Consistent(s.Randomness))
			weights += s.Threshold.AdjustedCount()
		}
	}
	require.InDelta(t, 2*n, weights, 4*127, "binomial, four standard errors")
	dry := compiled(t, onePercent(func(c *Config) { c.DryRun = true }), Options{MissingPercentage: 0})
	lr, verdict = decide(dry)
	require.True(t, verdict.Dropped())
	require.Equal(t, "drop", text(lr.Attributes(), AttributeDryVerdict))
	require.Equal(t, RuleMissing, text(lr.Attributes(), AttributeDryRule))
	require.Empty(t, text(lr.Attributes(), record.AttributeThreshold))
}

// Rules behind evidence leave it alone in logs without a trace, too, and the percentage
// for such logs holds for those that no rule matches.
func TestOrderOfRulesOnLogsWithoutATraceID(t *testing.T) {
	noisy, vip := logAttr("noisy", "yes"), logAttr("vip", "yes")
	for _, after := range []bool{false, true} {
		r := compiled(t, onePercent(func(c *Config) {
			c.Rules = []RuleConfig{
				{Name: "noisy", AfterEvidence: after, Conditions: []string{`log.attributes["noisy"] == "yes"`}, Sampler: SamplerConfig{Type: NeverSample}},
				{Name: "vip", Conditions: []string{`log.attributes["vip"] == "yes"`}, Sampler: SamplerConfig{Type: AlwaysSample}},
			}
		}), Options{MissingPercentage: 0})
		for _, tt := range []struct {
			change  []func(plog.LogRecord)
			dropped bool
			rule    string
		}{
			{[]func(plog.LogRecord){noisy}, true, "noisy"},
			{[]func(plog.LogRecord){noisy, failedLog}, !after, "noisy"},
			{[]func(plog.LogRecord){vip}, false, "vip"},
			{nil, true, RuleMissing},
			{[]func(plog.LogRecord){failedLog}, false, ""},
		} {
			_, verdict := decide(r, tt.change...)
			require.Equal(t, tt.dropped, verdict.Dropped())
			if tt.dropped || tt.rule == "vip" {
				require.Equal(t, tt.rule, r.MissingRule(verdict))
			} else {
				require.False(t, verdict.Decided(), "evidence is kept for itself")
			}
		}
	}
}

// The lines of a request that has no trace are kept together or not at all, by every
// collector alike, and say with which randomness.
func TestLogsWithoutATraceIDAreDrawnTogether(t *testing.T) {
	const requests, lines = 200, 5
	byRequest := func(request int) plog.Logs { return logOf(1, logAttr("request_id", fmt.Sprintf("req-%03d", request))) }
	bySession := func(request int) plog.Logs {
		ld := logOf(1, func(lr plog.LogRecord) { lr.Attributes().PutInt("session.id", int64(request)) })
		ld.ResourceLogs().At(0).Resource().Attributes().PutStr("tenant", fmt.Sprint(request%7))
		return ld
	}
	half := func(c *Config) {
		c.Rules = []RuleConfig{{Name: "half", Conditions: []string{`log.body == "log"`}, Sampler: SamplerConfig{Type: Probabilistic, SamplingPercentage: 50}}}
	}
	for name, tt := range map[string]struct {
		change     func(*Config)
		percentage float64
		by         []string
		line       func(request int) plog.Logs
	}{
		"by the percentage":        {func(*Config) {}, 50, []string{"request_id"}, byRequest},
		"by a rule":                {half, 100, []string{"request_id"}, byRequest},
		"by one of several values": {func(*Config) {}, 50, []string{"tenant", "session.id"}, bySession},
	} {
		o := Options{MissingPercentage: tt.percentage, MissingSampleBy: tt.by}
		collectors := []*Rules{compiled(t, onePercent(tt.change), o), compiled(t, onePercent(tt.change), o)}
		kept := 0
		for request := range requests {
			first, verdict := decideOn(collectors[0], tt.line(request))
			random := text(first.Attributes(), record.AttributeRandomness)
			if verdict.Keep {
				kept++
				require.Equal(t, "8", text(first.Attributes(), record.AttributeThreshold), name)
				require.GreaterOrEqual(t, random, "8", "it was kept by what it says")
			}
			for n := range lines {
				lr, again := decideOn(collectors[n%2], tt.line(request))
				require.Equal(t, verdict.Keep, again.Keep, name)
				require.Equal(t, random, text(lr.Attributes(), record.AttributeRandomness), name)
			}
		}
		require.InDelta(t, requests/2, kept, 36, "%s: half of them, five standard errors", name)
	}
}

// Logs without any of the values they are drawn by have a randomness of their own each.
func TestLogsWithoutTheValueAreDrawnOneByOne(t *testing.T) {
	r := compiled(t, onePercent(), Options{MissingPercentage: 50, MissingSampleBy: []string{"request_id"}})
	randoms, kept := map[string]bool{}, 0
	for range 100 {
		for _, change := range [][]func(plog.LogRecord){nil, {logAttr("request_id", "")}} {
			if lr, verdict := decide(r, change...); verdict.Keep {
				randoms[text(lr.Attributes(), record.AttributeRandomness)] = true
				kept++
			}
		}
	}
	require.Len(t, randoms, kept)
	require.InDelta(t, 100, kept, 36, "half of them, five standard errors")
}
