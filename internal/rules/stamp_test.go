// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/internal/rules/sampler"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
	"github.com/otelcol-correlation/correlationprocessor/internal/stamp"
)

// What is noted on items follows from the configuration.
func TestWhatIsNoted(t *testing.T) {
	none := stamp.Settings{Source: sampling.SourceAuto, Unmarked: sampling.Unknown}
	settings := func(change func(*stamp.Settings)) stamp.Settings {
		s := none
		change(&s)
		return s
	}
	drops := settings(func(s *stamp.Settings) { s.Drops = true })
	for name, tt := range map[string]struct {
		change func(*Config)
		want   stamp.Settings
	}{
		"default":             {func(*Config) {}, none},
		"a share":             {func(c *Config) { c.SamplingPercentage = 1 }, drops},
		"suppressed requests": {func(c *Config) { c.Suppress.HealthChecks = true }, drops},
		"a share of a route":  {func(c *Config) { c.RoutePercentages = map[string]float64{"/feed": 50} }, drops},
		"an adaptive rule": {func(c *Config) {
			c.Rules = []RuleConfig{{Name: "all", Sampler: sampler.Config{Type: sampler.AdaptivePercentage, GoalPercentage: 100}}}
		}, drops},
		"a rule that keeps all": {keepIf(), none},
		"randomness by hash":    {func(c *Config) { c.Randomness = RandomnessHash }, settings(func(s *stamp.Settings) { s.Source = sampling.SourceHash })},
		"randomness by id":      {func(c *Config) { c.Randomness = RandomnessTraceID }, settings(func(s *stamp.Settings) { s.Source = sampling.SourceID })},
		"nothing before":        {func(c *Config) { c.UpstreamUnmarked = UpstreamUnsampled }, settings(func(s *stamp.Settings) { s.Unmarked = sampling.Unsampled })},
		"dry run":               {func(c *Config) { c.DryRun = true }, settings(func(s *stamp.Settings) { s.DryRun = true })},
		"the rule":              {func(c *Config) { c.RuleAttribute = "kept.by" }, settings(func(s *stamp.Settings) { s.Attribute = "kept.by" })},
	} {
		t.Run(name, func(t *testing.T) {
			c := DefaultConfig()
			tt.change(&c)
			r := compiled(t, &c, Options{MissingPercentage: 100})
			tt.want.Policy = r.Policy()
			require.Equal(t, &tt.want, r.Stamp())
			require.Equal(t, tt.want.Drops, r.Drops())
			require.Equal(t, tt.want.DryRun, r.DryRun())
		})
	}
}

// Percentages become thresholds of the precision asked for, and 0 % one that nothing
// passes, on whichever rule.
func TestThresholdsOfRules(t *testing.T) {
	c := onePercent(func(c *Config) {
		c.Suppress.HealthChecks, c.RoutePercentages = true, map[string]float64{"/feed": 0, "/login": 50}
		c.Rules = []RuleConfig{{Name: "none", Conditions: []string{`span.name == "x"`}, Sampler: sampler.Config{Type: sampler.NeverSample}}}
	})
	want := map[string]string{
		"none": "", "debug": "0", "errors": "0", "default": "fd70a", "route:/feed": "", "route:/login": "8", "health_checks": "",
	}
	for _, rule := range compiled(t, c, Options{MissingPercentage: 100}).Policy().Rules() {
		require.Equal(t, want[rule.Name], rule.Threshold.TValue(), rule.Name)
	}
	c.SamplingPrecision = 2
	rules := compiled(t, c, Options{MissingPercentage: 100}).Policy().Rules()
	require.Equal(t, "fd7", rules[len(rules)-1].Threshold.TValue())
}
