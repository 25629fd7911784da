// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"

	"github.com/otelcol-correlation/correlationprocessor/internal/config"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
)

func onePercent(c *Config) { c.Sampling.SamplingPercentage = 1 }

// keepIf makes the condition the only rule.
func keepIf(condition string) func(*Config) {
	return func(c *Config) {
		c.Sampling.Rules = []RuleConfig{{Name: "mine", Conditions: []string{condition}, Sampler: SamplerConfig{Type: AlwaysSample}}}
	}
}

// planned returns the plan for the default configuration, changed, and the rules of it.
func planned(t *testing.T, both bool, change func(*Config)) (*Config, *rules.Rules, plan) {
	t.Helper()
	cfg := config.Default()
	change(cfg)
	r, err := rules.New(&cfg.Sampling, ruleOptions(cfg), componenttest.NewNopTelemetrySettings())
	require.NoError(t, err)
	return cfg, r, newPlan(cfg, r, both)
}

// Nothing waits without a reason, and nothing is found out that nobody asks for.
func TestPlans(t *testing.T) {
	atOnce := func(c *Config) { c.Sampling.SamplingPercentage, c.Sampling.Errors = 1, false }
	for name, tt := range map[string]struct {
		change     func(*Config)
		both, one  plan // in pipelines of both signals, and of one
		undecided  bool // with both: all passes
		oneDecides bool
	}{
		"default":             {func(*Config) {}, plan{joins: true, stubs: true}, plan{}, false, false},
		"logs do not wait":    {func(c *Config) { c.Logs.JoinWait = 0 }, plan{}, plan{}, true, false},
		"nothing to join":     {func(c *Config) { c.Logs.JoinAttributes = nil }, plan{}, plan{}, true, false},
		"repeats to find":     {func(c *Config) { c.Logs.JoinAttributes, c.Logs.DeduplicateAccessLogs = nil, true }, plan{joins: true, stubs: true}, plan{}, false, false},
		"evidence and 1 %":    {onePercent, plan{waits: true, drops: true, joins: true, sizes: true}, plan{waits: true, drops: true, sizes: true}, false, true},
		"1 % alone":           {atOnce, plan{drops: true, joins: true, stubs: true, sizes: true}, plan{drops: true, sizes: true}, false, true},
		"1 % alone, no joins": {func(c *Config) { atOnce(c); c.Logs.JoinWait = 0 }, plan{drops: true, sizes: true}, plan{drops: true, sizes: true}, false, true},
		"logs are counted": {
			func(c *Config) { onePercent(c); c.Logs.CountOnSpans = true },
			plan{waits: true, drops: true, joins: true, counts: true, sizes: true},
			plan{waits: true, drops: true, sizes: true},
			false, true,
		},
		"routes are counted":   {func(c *Config) { c.Sampling.CountedRoutes = 1 }, plan{joins: true, stubs: true, sizes: true}, plan{sizes: true}, false, false},
		"logs without a trace": {func(c *Config) { c.Logs.MissingTraceID.SamplingPercentage = 25 }, plan{joins: true, stubs: true, sizes: true}, plan{sizes: true}, false, false},
		"conditions on patterns": {
			func(c *Config) {
				onePercent(c)
				keepIf(`span.attributes["url.template"] == "/feed/{int}"`)(c)
			},
			plan{waits: true, drops: true, joins: true, writes: true, sizes: true},
			plan{waits: true, drops: true, writes: true, sizes: true},
			false, true,
		},
		"conditions on traces": {
			func(c *Config) { onePercent(c); keepIf(`trace.has_root == false`)(c) },
			plan{waits: true, drops: true, joins: true, wholes: true, sizes: true},
			plan{waits: true, drops: true, wholes: true, sizes: true},
			false, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			for both, want := range map[bool]plan{true: tt.both, false: tt.one} {
				_, _, got := planned(t, both, tt.change)
				got.largest, got.atOnce = 0, 0
				require.Equal(t, want, got, "both: %v", both)
			}
			require.Equal(t, !tt.undecided, tt.both.decides())
			require.Equal(t, tt.oneDecides, tt.one.decides())
		})
	}
}

func TestPartsOfTheLimit(t *testing.T) {
	for maxBytes, want := range map[ByteSize][2]int{
		config.MinBytes: {64 << 10, 16 << 10}, 512 << 20: {32 << 20, maxAtOnce}, 1 << 40: {math.MaxInt32, maxAtOnce},
	} {
		_, _, p := planned(t, true, func(c *Config) { c.MaxBytes = maxBytes })
		require.Equal(t, want, [2]int{p.largest, p.atOnce}, "%v", maxBytes)
		require.Equal(t, typicalRecord, p.expected(1))
		most := p.expected(1 << 30)
		require.Equal(t, want[1], most)
	}
}

// The buffer holds for the verdict or, where nothing waits for one, for the join.
func TestOptionsOfTheBuffer(t *testing.T) {
	for name, change := range map[string]func(*Config){"waits": onePercent, "joins": func(*Config) {}} {
		cfg, r, p := planned(t, true, func(c *Config) {
			change(c)
			c.DecisionWait, c.DecisionWaitAfterRoot, c.Logs.JoinWait, c.MaxItemsPerTrace = 20*time.Second, 3*time.Second, time.Second, 7
		})
		o := p.bufferOptions(cfg, r, nil, 12345)
		require.Equal(t, map[string]time.Duration{"waits": 20 * time.Second, "joins": time.Second}[name], o.Wait, name)
		require.Equal(t, 3*time.Second, o.WaitAfterRoot)
		require.EqualValues(t, 12345, o.MaxBytes)
		require.Equal(t, 7, o.MaxItems)
		require.Equal(t, []bool{true, false, false}, []bool{o.Join, o.Count, o.DryRun})
		require.Nil(t, o.Whole)
		require.Same(t, r.Policy(), o.Policy)
	}
	cfg, r, p := planned(t, true, func(c *Config) {
		keepIf(`trace.has_root == false`)(c)
		c.Sampling.DryRun, c.Logs.CountOnSpans = true, true
	})
	o := p.bufferOptions(cfg, r, nil, 1)
	require.NotNil(t, o.Whole)
	require.Equal(t, []bool{true, true}, []bool{o.Count, o.DryRun})
}

func TestRulesKnowTheOtherSettings(t *testing.T) {
	cfg := config.Default()
	cfg.Routes.Attribute, cfg.Routes.SourceAttribute = "route", "why"
	cfg.Logs.MissingTraceID = MissingTraceIDConfig{SamplingPercentage: 25, SampleBy: []string{"request_id"}}
	o := ruleOptions(cfg)
	require.WithinDuration(t, time.Now(), o.Now(), time.Minute)
	o.Now = nil
	require.Equal(t, rules.Options{
		Written: []string{"http.route", "route", "why"}, Pattern: "route", MissingPercentage: 25, MissingSampleBy: []string{"request_id"},
	}, o)
}
