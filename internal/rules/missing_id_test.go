// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"math/rand/v2"
	"testing"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules/sampler"
	"github.com/otelcol-correlation/correlationprocessor/internal/stamp"
)

// text is an attribute, or "" where there is none.
func text(attrs pcommon.Map, key string) string {
	if v, ok := attrs.Get(key); ok {
		return v.AsString()
	}
	return ""
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
	require.Equal(t, "drop", text(lr.Attributes(), stamp.AttributeDryVerdict))
	require.Equal(t, stamp.RuleMissing, text(lr.Attributes(), stamp.AttributeDryRule))
	require.Empty(t, text(lr.Attributes(), record.AttributeThreshold))
}

// Rules behind evidence leave it alone in logs without a trace, too, and the percentage
// for such logs holds for those that no rule matches.
func TestOrderOfRulesOnLogsWithoutATraceID(t *testing.T) {
	noisy, vip := logAttr("noisy", "yes"), logAttr("vip", "yes")
	for _, after := range []bool{false, true} {
		r := compiled(t, onePercent(func(c *Config) {
			c.Rules = []RuleConfig{
				{Name: "noisy", AfterEvidence: after, Conditions: []string{`log.attributes["noisy"] == "yes"`}, Sampler: sampler.Config{Type: sampler.NeverSample}},
				{Name: "vip", Conditions: []string{`log.attributes["vip"] == "yes"`}, Sampler: sampler.Config{Type: sampler.AlwaysSample}},
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
			{nil, true, stamp.RuleMissing},
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
		c.Rules = []RuleConfig{{Name: "half", Conditions: []string{`log.body == "log"`}, Sampler: sampler.Config{Type: sampler.Probabilistic, SamplingPercentage: 50}}}
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
