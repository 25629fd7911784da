// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"maps"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules/sampler"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
	"github.com/otelcol-correlation/correlationprocessor/internal/stamp"
)

// A rule with a limit stands behind evidence wherever it is written, and is described
// and warned of there.
func TestEvidenceHasNoLimit(t *testing.T) {
	cfg := onePercent(func(c *Config) {
		c.SlowerThan = time.Second
		c.Rules = []RuleConfig{
			{Name: "limited", Sampler: sampler.Config{Type: sampler.RateLimiting, SpansPerSecond: 1}},
			{Name: "gold", Conditions: []string{`span.attributes["gold"] != nil`}, Sampler: sampler.Config{Type: sampler.AlwaysSample}},
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
	for name, limit := range map[string]sampler.Config{
		"as many as spans": {Type: sampler.RateLimiting, SpansPerSecond: 10}, "bytes": {Type: sampler.RateLimiting, BytesPerSecond: 300},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := compiled(t, onePercent(func(c *Config) { c.Rules = []RuleConfig{{Name: "limited", Sampler: limit}} }), Options{MissingPercentage: 100, Now: time.Now})
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
				dry := compiled(t, onePercent(func(c *Config) { c.DryRun, c.Rules = true, []RuleConfig{{Name: "limited", Sampler: limit}} }), Options{MissingPercentage: 100, Now: time.Now})
				lr, _ := decide(dry)
				require.Equal(t, "unknown", text(lr.Attributes(), stamp.AttributeDryThreshold))
			})
		})
	}
}

// What rules do with adaptive samplers is told by the names of the rules.
func TestKeysOverLimitAreToldByRule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := compiled(t, onePercent(func(c *Config) {
			c.Rules = []RuleConfig{
				{Name: "fixed", Conditions: []string{"span.name == \"x\""}, Sampler: sampler.Config{Type: sampler.AlwaysSample}},
				{Name: "most", Sampler: sampler.Config{Type: sampler.AdaptivePercentage, GoalPercentage: 1, MaxKeys: 100}},
			}
		}), Options{MissingPercentage: 100, Now: time.Now})
		require.NoError(t, r.Start())
		defer func() { require.NoError(t, r.Stop()) }()
		require.Equal(t, map[string]int{"most": 0}, maps.Collect(r.KeysOverLimit))
		random := rand.New(rand.NewPCG(1, 1))
		for n := range 5000 {
			r.Policy().Decide(sampling.Finding{Match: 1, Key: random.Uint64()}, sampling.Size{Spans: 1}, sampling.IDRandomness(traceNumbered(n)))
		}
		require.InEpsilon(t, 4900, maps.Collect(r.KeysOverLimit)["most"], 0.02)
	})
}
