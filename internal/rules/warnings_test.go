// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/internal/rules/request"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules/sampler"
)

func TestWarnings(t *testing.T) {
	always, never := sampler.Config{Type: sampler.AlwaysSample}, sampler.Config{Type: sampler.NeverSample}
	on := func(name string, s sampler.Config, conditions ...string) RuleConfig {
		return RuleConfig{Name: name, Conditions: conditions, Sampler: s}
	}
	after := func(r RuleConfig) RuleConfig { r.AfterEvidence = true; return r }
	same := func(r RuleConfig) RuleConfig { r.Match = MatchSameItem; return r }
	tests := []struct {
		name   string
		change func(*Config)
		want   []string
	}{
		{"default", func(*Config) {}, nil},
		{"all shorthand", func(c *Config) {
			c.SamplingPercentage, c.SlowerThan, c.Suppress = 1, 1, request.SuppressConfig{HealthChecks: true, StaticAssets: true}
			c.RoutePercentages = map[string]float64{"/a": 0.1}
		}, nil},
		{"rule for all", func(c *Config) {
			c.SlowerThan, c.RoutePercentages = 1, map[string]float64{"/a": 1}
			c.Rules = []RuleConfig{on("first", always, "a"), on("all", always), on("last", always, "b")}
		}, []string{`rule "all" matches every trace: what comes after it is never reached: last, errors, slow, route:/a, default`}},
		{"rule with the conditions of another", func(c *Config) {
			c.Rules = []RuleConfig{on("first", always, "a"), on("second", always, "b", "a"), on("third", always, "b")}
		}, []string{`rule "second" is never reached: whatever matches it matches rule "first" before it`}},
		{"rule that wants less", func(c *Config) {
			c.Rules = []RuleConfig{same(on("first", always, "a", "b")), on("second", always, "a", "b"), same(on("third", always, "b", "a"))}
		}, []string{`rule "third" is never reached: whatever matches it matches rule "first" before it`}},
		{"rule that drops before errors", func(c *Config) {
			c.Rules = []RuleConfig{on("bots", never, "a"), on("vip", always, "b"), on("all of them", sampler.Config{Type: sampler.Probabilistic, SamplingPercentage: 100}, "c")}
		}, []string{`rule "bots" goes before errors and can drop traces with errors`}},
		{"rules behind errors", func(c *Config) {
			c.Suppress.HealthChecks = true
			c.Rules = []RuleConfig{after(on("rest", never)), on("first", always, "a"), after(on("bots", never, "b")), on("second", always, "c")}
		}, []string{`rule "rest" matches every trace: what comes after it is never reached: bots, health_checks, default`}},
		{"rule for all before rules behind errors", func(c *Config) {
			c.Rules = []RuleConfig{after(on("bots", never, "b")), on("all", always), on("second", always, "c")}
		}, []string{`rule "all" matches every trace: what comes after it is never reached: second, errors, bots, default`}},
		{"rule behind errors with the conditions of one before", func(c *Config) {
			c.Rules = []RuleConfig{after(on("bots", never, "b")), on("first", always, "b")}
		}, []string{`rule "bots" is never reached: whatever matches it matches rule "first" before it`}},
		{
			"suppression without errors", func(c *Config) { c.Errors, c.Suppress.HealthChecks = false, true },
			[]string{"suppress is on and errors is off: suppressed requests are dropped with the errors in their traces"},
		},
		{"percentages that become others", func(c *Config) {
			c.SamplingPercentage, c.SamplingPrecision = 10, 1
			c.RoutePercentages = map[string]float64{"/a": 30, "/b": 50}
			c.Rules = []RuleConfig{on("p", sampler.Config{Type: sampler.Probabilistic, SamplingPercentage: 20}, "a")}
		}, []string{
			`rule "p" goes before errors and can drop traces with errors`,
			"sampling_percentage 10 becomes 12.5 at sampling_precision 1",
			`route_percentages "/a" 30 becomes 31.25 at sampling_precision 1`,
			`rule "p": sampling_percentage 20 becomes 18.75 at sampling_precision 1`,
		}},
		{"goal between rates", func(c *Config) {
			c.Errors = false
			c.Rules = []RuleConfig{on("g", sampler.Config{Type: sampler.AdaptivePercentage, GoalPercentage: 40}, "a")}
		}, []string{`rule "g": goal_percentage 40 becomes 33.3333, for rates are whole numbers`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := DefaultConfig()
			tt.change(&cfg)
			require.Equal(t, tt.want, cfg.Warnings())
		})
	}
}
