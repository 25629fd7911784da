// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package sampler

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

func TestWhatTracesTakeOfALimit(t *testing.T) {
	whole := sampling.Size{Spans: 3, Logs: 5, Bytes: 800}
	for name, tt := range map[string]struct {
		cfg  Config
		size sampling.Size
		kept bool
		cost float64
	}{
		"spans":                     {Config{SpansPerSecond: 10}, whole, false, 3},
		"spans, of logs alone":      {Config{SpansPerSecond: 10}, sampling.Size{Logs: 5}, false, 5},
		"spans, a late log":         {Config{SpansPerSecond: 10}, sampling.Size{Logs: 1}, true, 0},
		"spans, a late span":        {Config{SpansPerSecond: 10}, sampling.Size{Spans: 1}, true, 1},
		"bytes":                     {Config{BytesPerSecond: 10}, whole, false, 800},
		"bytes, a late log":         {Config{BytesPerSecond: 10}, sampling.Size{Logs: 1, Bytes: 90}, true, 90},
		"nothing, asked for a rule": {Config{SpansPerSecond: 10}, sampling.Size{}, false, 0},
	} {
		require.InDelta(t, tt.cost, NewLimit(&tt.cfg, time.Now).cost(tt.size, tt.kept), 0, name)
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
			l := NewLimit(&Config{SpansPerSecond: perSecond}, time.Now)
			began, kept, largest := time.Now(), 0, 0
			for _, a := range arrivals {
				time.Sleep(a.wait)
				full := l.tokens+float64(perSecond)*time.Since(l.filled).Seconds() >= float64(perSecond)
				took := l.Take(sampling.Size{Spans: a.size}, false)
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

func TestLimitsAreChecked(t *testing.T) {
	for want, cfg := range map[string]Config{
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
