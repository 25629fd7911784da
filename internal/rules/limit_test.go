// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

func TestWhatTracesTakeOfALimit(t *testing.T) {
	whole := sampling.Size{Spans: 3, Logs: 5, Bytes: 800}
	for name, tt := range map[string]struct {
		cfg  SamplerConfig
		size sampling.Size
		kept bool
		cost float64
	}{
		"spans":                     {SamplerConfig{SpansPerSecond: 10}, whole, false, 3},
		"spans, of logs alone":      {SamplerConfig{SpansPerSecond: 10}, sampling.Size{Logs: 5}, false, 5},
		"spans, a late log":         {SamplerConfig{SpansPerSecond: 10}, sampling.Size{Logs: 1}, true, 0},
		"spans, a late span":        {SamplerConfig{SpansPerSecond: 10}, sampling.Size{Spans: 1}, true, 1},
		"bytes":                     {SamplerConfig{BytesPerSecond: 10}, whole, false, 800},
		"bytes, a late log":         {SamplerConfig{BytesPerSecond: 10}, sampling.Size{Logs: 1, Bytes: 90}, true, 90},
		"nothing, asked for a rule": {SamplerConfig{SpansPerSecond: 10}, sampling.Size{}, false, 0},
	} {
		require.InDelta(t, tt.cost, newLimit(&tt.cfg, time.Now).cost(tt.size, tt.kept), 0, name)
	}
}

// Whatever traces arrive whenever: what is kept in any span of time is at most the
// limit for it, what a second has left over, and one trace too large for that. And no
// trace is dropped while the bucket is full.
func TestALimitHoldsForAnyTraces(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		perSecond := rapid.Int64Range(1, 50).Draw(rt, "per second")
		type arrival struct {
			wait time.Duration
			size int
		}
		arrivals := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) arrival {
			return arrival{
				time.Duration(rapid.Int64Range(0, 2000).Draw(t, "ms")) * time.Millisecond,
				rapid.OneOf(rapid.IntRange(1, 5), rapid.IntRange(1, 200)).Draw(t, "size"),
			}
		}), 1, 100).Draw(rt, "traces")
		synctest.Test(t, func(t *testing.T) {
			l := newLimit(&SamplerConfig{SpansPerSecond: perSecond}, time.Now)
			began, kept, largest := time.Now(), 0, 0
			for _, a := range arrivals {
				time.Sleep(a.wait)
				full := l.tokens+float64(perSecond)*time.Since(l.filled).Seconds() >= float64(perSecond)
				took := l.take(sampling.Size{Spans: a.size}, false)
				require.True(t, took || !full, "the bucket is full")
				if took {
					kept += a.size
					largest = max(largest, a.size)
				}
				allowed := float64(perSecond)*(time.Since(began).Seconds()+1) + float64(max(0, largest-int(perSecond)))
				require.LessOrEqual(t, float64(kept), allowed+1e-6)
			}
		})
	})
}

// A hard limit has no probability: what it keeps loses the threshold that it came with,
// on both signals, and says nothing of its weight. A dry run says so.
func TestNobodyKnowsTheWeightOfWhatALimitKeeps(t *testing.T) {
	limited := func(change func(*Config)) *Rules {
		return compiled(t, onePercent(func(c *Config) {
			c.Rules = []RuleConfig{{Name: "limited", Sampler: SamplerConfig{Type: RateLimiting, SpansPerSecond: 10}}}
			change(c)
		}), Options{MissingPercentage: 100, Now: time.Now})
	}
	for _, unmarked := range []UnmarkedMode{UpstreamUnknown, UpstreamUnsampled} {
		r := limited(func(c *Config) { c.UpstreamUnmarked = unmarked })
		st := NewStamper(r)
		f := sampling.Finding{Match: verdictOf(t, r, "limited", true).Rule}
		v := r.Policy().Judged(r.Policy().Decide(f, sampling.Size{Spans: 1}, sampling.IDRandomness(traceNumbered(1))), sampling.IDRandomness(traceNumbered(1)), true)
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
	dry := limited(func(c *Config) { c.DryRun = true })
	s := aSpan(1)
	NewStamper(dry).Span(s, verdictOf(t, dry, "limited", false))
	require.Equal(t, map[string]any{
		AttributeDryVerdict: "drop", AttributeDryRule: "limited", AttributeDryThreshold: "unknown",
	}, s.Attributes().AsRaw())
}

func TestLimitsAreChecked(t *testing.T) {
	for want, cfg := range map[string]SamplerConfig{
		"": {Type: RateLimiting, SpansPerSecond: 1},
		"type rate_limiting needs either spans_per_second or bytes_per_second, got 0 and 0": {Type: RateLimiting},
		"type rate_limiting needs either spans_per_second or bytes_per_second, got 2 and 3": {Type: RateLimiting, SpansPerSecond: 2, BytesPerSecond: 3},
		"spans_per_second must be positive, got -2":                                         {Type: RateLimiting, SpansPerSecond: -2},
		"bytes_per_second must be positive, got -2":                                         {Type: RateLimiting, BytesPerSecond: -2},
		"spans_per_second is not for type probabilistic, got 5":                             {Type: Probabilistic, SamplingPercentage: 1, SpansPerSecond: 5},
		"bytes_per_second is not for type adaptive_throughput, got 5":                       {Type: AdaptiveThroughput, GoalThroughput: 1, BytesPerSecond: 5},
		"goal_throughput is not for type rate_limiting, got 5":                              {Type: RateLimiting, SpansPerSecond: 1, GoalThroughput: 5},
		"max_keys is not for type rate_limiting, got 5":                                     {Type: RateLimiting, SpansPerSecond: 1, MaxKeys: 5},
	} {
		if err := cfg.Validate(); want == "" {
			require.NoError(t, err)
		} else {
			require.EqualError(t, err, want)
		}
	}
}

// A rule with a limit stands behind evidence wherever it is written, and is described
// and warned of there.
func TestEvidenceHasNoLimit(t *testing.T) {
	cfg := onePercent(func(c *Config) {
		c.SlowerThan = time.Second
		c.Rules = []RuleConfig{
			{Name: "limited", Sampler: SamplerConfig{Type: RateLimiting, SpansPerSecond: 1}},
			{Name: "gold", Conditions: []string{`span.attributes["gold"] != nil`}, Sampler: SamplerConfig{Type: AlwaysSample}},
		}
	})
	r := compiled(t, cfg, Options{MissingPercentage: 100, Now: time.Now})
	for rule, change := range map[string]func(ptrace.Span){
		"errors": failed, "slow": took(2 * time.Second), "gold": spanAttr("gold", "yes"), "limited": spanAttr("other", "yes"),
	} {
		var m Matcher
		f := match(&m, r, spanOf(1, change))
		require.Equal(t, rule, r.Policy().Rules()[r.Policy().Rule(f)].Name)
	}
	require.Equal(t, []string{
		"gold: always_sample", "debug (flags): always_sample", "errors: always_sample", "slow (slower_than 1s): always_sample",
		"limited: rate_limiting 1 spans a second", "default: probabilistic 1 %",
	}, r.Describe(cfg))
	for _, w := range cfg.Warnings() {
		require.NotContains(t, w, "goes before errors")
	}
}

// Log records without a trace id are traces of their own to a limit.
func TestALimitOnLogsWithoutATraceID(t *testing.T) {
	for name, sampler := range map[string]SamplerConfig{
		"as many as spans": {Type: RateLimiting, SpansPerSecond: 10}, "bytes": {Type: RateLimiting, BytesPerSecond: 300},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := compiled(t, onePercent(func(c *Config) { c.Rules = []RuleConfig{{Name: "limited", Sampler: sampler}} }), Options{MissingPercentage: 100, Now: time.Now})
				kept := 0
				for range 100 {
					ld := logOf(1, func(lr plog.LogRecord) { lr.SetTraceID(pcommon.TraceID{}) }, logAttr(record.AttributeThreshold, "8"))
					rl := ld.ResourceLogs().At(0)
					lr := rl.ScopeLogs().At(0).LogRecords().At(0)
					v := read(lr)
					var m Matcher
					m.Use(r)
					m.EnterLogs(rl)
					if m.MissingID(rl.ScopeLogs().At(0), lr, &v, "").Keep {
						kept++
						require.Empty(t, lr.Attributes().AsRaw(), "nobody knows its weight")
					}
				}
				require.InDelta(t, 8, kept, 4)
			})
		})
	}
}
