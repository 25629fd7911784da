// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
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
		require.InDelta(t, tt.cost, newLimit(&tt.cfg).cost(tt.size, tt.kept), 0, name)
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
			l := newLimit(&SamplerConfig{SpansPerSecond: perSecond})
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
		}), Options{MissingPercentage: 100})
	}
	for _, unmarked := range []UnmarkedMode{UpstreamUnknown, UpstreamUnsampled} {
		r := limited(func(c *Config) { c.UpstreamUnmarked = unmarked })
		st := NewStamper(r)
		v := r.Policy().Judged(r.Policy().Decide(sampling.Finding{}, sampling.Size{Spans: 1}, sampling.IDRandomness(traceNumbered(1))), sampling.IDRandomness(traceNumbered(1)), true)
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
	NewStamper(dry).Span(s, sampling.Verdict{})
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
