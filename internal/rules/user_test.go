// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/rules/sampler"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

func keepIf(conditions ...string) func(*Config) {
	return func(c *Config) {
		c.Rules = []RuleConfig{{Name: "mine", Conditions: conditions, Sampler: sampler.Config{Type: sampler.AlwaysSample}}}
	}
}

func sameItem(change func(*Config)) func(*Config) {
	return func(c *Config) {
		change(c)
		c.Rules[0].Match = MatchSameItem
	}
}

func TestConditions(t *testing.T) {
	vip, big := spanAttr("vip", "yes"), spanAttr("size", "big")
	isVIP, isBig := `span.attributes["vip"] == "yes"`, `span.attributes["size"] == "big"`
	const isLong = `IsRootSpan() and span.end_time - span.start_time > Duration("10ms")`
	exploded := func(s ptrace.Span) { s.Events().AppendEmpty().SetName("exploded") }
	runRuleCases(t, []ruleCase{
		{"on a span", keepIf(isVIP), items(spanOf(1, vip), spanOf(1), logOf(1)), true, "mine"},
		{"on a span, not met", keepIf(isVIP), items(spanOf(1), logOf(1, logAttr("vip", "yes"))), false, "default"},
		{"on a log", keepIf(`log.attributes["vip"] == "yes"`), items(spanOf(1, vip), logOf(1, logAttr("vip", "yes"))), true, "mine"},
		{"on a log, not met", keepIf(`log.attributes["vip"] == "yes"`), items(spanOf(1, vip), logOf(1)), false, "default"},
		{"on an event", keepIf(`spanevent.name == "exploded"`), items(spanOf(1, exploded)), true, "mine"},
		{"on an event, not met", keepIf(`spanevent.name == "exploded"`), items(spanOf(1), logOf(1)), false, "default"},
		{"on a resource, of a log", keepIf(`resource.attributes["service.name"] == "cart"`), items(logOf(1)), true, "mine"},
		{"on a resource, of a span", keepIf(`resource.attributes["service.name"] == "cart"`), items(spanOf(1)), true, "mine"},
		{"on a resource, not met", keepIf(`resource.attributes["service.name"] == "shop"`), items(spanOf(1), logOf(1)), false, "default"},
		{"with a function only", keepIf(`IsRootSpan()`), items(spanOf(1, root)), true, "mine"},
		{"with a function only, not met", keepIf(`IsRootSpan()`), items(spanOf(1)), false, "default"},
		{"on the root's own duration", keepIf(isLong), items(spanOf(1, root, took(15*time.Millisecond))), true, "mine"},
		{"on that, and work behind the answer", keepIf(isLong), items(spanOf(1, root, took(5*time.Millisecond)), spanOf(1, took(500*time.Millisecond))), false, "default"},
		{"on the route pattern", keepIf(`span.attributes["url.template"] == "/feed/{int}"`), items(spanOf(1, get("/feed/17"))), true, "mine"},
		{"two met by two spans", keepIf(isVIP, isBig), items(spanOf(1, vip), spanOf(1, big)), true, "mine"},
		{"two met by one span", keepIf(isVIP, isBig), items(spanOf(1, vip, big)), true, "mine"},
		{"one of two met", keepIf(isVIP, isBig), items(spanOf(1, vip), spanOf(1, vip)), false, "default"},
		{
			"met by a log and a span", keepIf(isVIP, `log.severity_number >= SEVERITY_NUMBER_WARN`),
			items(logOf(1, func(lr plog.LogRecord) { lr.SetSeverityNumber(plog.SeverityNumberWarn) }), spanOf(1, vip)), true, "mine",
		},
		{"same item, met by two spans", sameItem(keepIf(isVIP, isBig)), items(spanOf(1, vip), spanOf(1, big)), false, "default"},
		{"same item, met by one", sameItem(keepIf(isVIP, isBig)), items(spanOf(1, vip, big)), true, "mine"},
		{"same item with its resource", sameItem(keepIf(isVIP, `resource.attributes["service.name"] == "cart"`)), items(spanOf(1, vip)), true, "mine"},
	})
}

func TestSamplers(t *testing.T) {
	rule := func(s sampler.Config) func(*Config) {
		return func(c *Config) { c.Rules = []RuleConfig{{Name: "all", Sampler: s}} }
	}
	runRuleCases(t, []ruleCase{
		{"always_sample", rule(sampler.Config{Type: sampler.AlwaysSample}), items(spanOf(1), logOf(1)), true, "all"},
		{"never_sample", rule(sampler.Config{Type: sampler.NeverSample}), items(spanOf(200, failed), logOf(200)), false, "all"},
		{"probabilistic below", rule(sampler.Config{Type: sampler.Probabilistic, SamplingPercentage: 50}), items(spanOf(1, failed)), false, "all"},
		{"probabilistic above", rule(sampler.Config{Type: sampler.Probabilistic, SamplingPercentage: 50}), items(spanOf(200)), true, "all"},
		{"adaptive_percentage below", rule(sampler.Config{Type: sampler.AdaptivePercentage, GoalPercentage: 50}), items(spanOf(1)), false, "all"},
		{"adaptive_percentage above", rule(sampler.Config{Type: sampler.AdaptivePercentage, GoalPercentage: 50}), items(spanOf(200)), true, "all"},
		{"adaptive_percentage of all", rule(sampler.Config{Type: sampler.AdaptivePercentage, GoalPercentage: 100}), items(spanOf(1)), true, "all"},
		{"adaptive_throughput below", rule(sampler.Config{Type: sampler.AdaptiveThroughput, GoalThroughput: 1}), items(spanOf(1)), false, "all"},
		{"adaptive_throughput above", rule(sampler.Config{Type: sampler.AdaptiveThroughput, GoalThroughput: 1}), items(spanOf(200)), true, "all"},
		{"first of two rules", func(c *Config) {
			c.Rules = []RuleConfig{
				{Name: "first", Conditions: []string{`span.name == "span"`}, Sampler: sampler.Config{Type: sampler.NeverSample}},
				{Name: "second", Conditions: []string{`log.body == "log"`}, Sampler: sampler.Config{Type: sampler.AlwaysSample}},
			}
		}, items(logOf(1), spanOf(1)), false, "first"},
		{"second of two rules", func(c *Config) {
			c.Rules = []RuleConfig{
				{Name: "first", Conditions: []string{`span.name == "other"`}, Sampler: sampler.Config{Type: sampler.NeverSample}},
				{Name: "second", Conditions: []string{`log.body == "log"`}, Sampler: sampler.Config{Type: sampler.AlwaysSample}},
			}
		}, items(logOf(1), spanOf(1)), true, "second"},
	})
}

// A rule behind evidence stands between it and the rules on requests.
func TestRulesAfterEvidence(t *testing.T) {
	drop := func(conditions ...string) func(*Config) {
		return func(c *Config) {
			suppressing(c)
			c.SamplingPercentage, c.SlowerThan, c.Debug.Attribute = 100, time.Second, "debug"
			c.Rules = []RuleConfig{
				{Name: "late", AfterEvidence: true, Conditions: conditions, Sampler: sampler.Config{Type: sampler.NeverSample}},
				{Name: "early", Conditions: []string{`span.name == "vip"`}, Sampler: sampler.Config{Type: sampler.AlwaysSample}},
			}
		}
	}
	bot, isBot := spanAttr("agent", "bot"), `span.attributes["agent"] == "bot"`
	both := drop(isBot, `log.body == "log"`)
	same := func(c *Config) {
		drop(isBot, `span.kind == SPAN_KIND_SERVER`)(c)
		c.Rules[0].Match = MatchSameItem
	}
	keep := func(c *Config) { drop(isBot)(c); c.Rules[0].Sampler = sampler.Config{Type: sampler.AlwaysSample} }
	runRuleCases(t, []ruleCase{
		{"behind errors", drop(isBot), items(spanOf(1, bot, failed)), true, "errors"},
		{"behind errors of another item", drop(isBot), items(spanOf(1, bot), logOf(1, failedLog)), true, "errors"},
		{"behind slow", drop(isBot), items(spanOf(1, bot, took(2*time.Second))), true, "slow"},
		{"behind debug", drop(isBot), items(spanOf(1, bot, spanAttr("debug", "1"))), true, "debug"},
		{"behind rules that are listed after it", drop(isBot), items(spanOf(1, bot), spanOf(1, func(s ptrace.Span) { s.SetName("vip") })), true, "early"},
		{"before the default", drop(isBot), items(spanOf(1, bot)), false, "late"},
		{"before requests of the same item", keep, items(spanOf(1, root, bot, get("/healthz"))), true, "late"},
		{"before requests of another item", keep, items(spanOf(1, root, get("/healthz")), spanOf(1, bot)), true, "late"},
		{"several conditions, met", both, items(spanOf(1, bot), logOf(1)), false, "late"},
		{"several conditions, met, and an error", both, items(spanOf(1, bot), logOf(1), spanOf(1, failed)), true, "errors"},
		{"several conditions, one met by an error", both, items(spanOf(1, bot, failed), logOf(1)), true, "errors"},
		{"several conditions, one met", both, items(spanOf(1, bot)), true, "default"},
		{"same item, met", same, items(spanOf(1, bot, kind(ptrace.SpanKindServer))), false, "late"},
		{"same item, met by two", same, items(spanOf(1, bot), spanOf(1, kind(ptrace.SpanKindServer))), true, "default"},
		{"without conditions", drop(), items(spanOf(1, root, get("/healthz"))), false, "late"},
		{"without conditions, and an error", drop(), items(spanOf(1, root, get("/healthz")), spanOf(1, failed)), true, "errors"},
		{"evidence switched off", func(c *Config) { drop(isBot)(c); c.Errors = false }, items(spanOf(1, bot, failed)), false, "late"},
	})
}

// A condition that fails is not met and is counted; only with propagate it is an
// error of the batch.
func TestConditionsThatFail(t *testing.T) {
	const condition = `Int(span.attributes["n"]) / Int(span.attributes["d"]) > 1`
	for mode, fails := range map[ottl.ErrorMode]bool{ottl.IgnoreError: false, ottl.SilentError: false, ottl.PropagateError: true} {
		t.Run(string(mode), func(t *testing.T) {
			r := compiled(t, onePercent(keepIf(condition), func(c *Config) { c.ErrorMode = mode }), Options{MissingPercentage: 100})
			var m Matcher
			require.Equal(t, r.Policy().Default(), match(&m, r, spanOf(1, spanAttr("n", "4"), spanAttr("d", "0"))).Match)
			require.Equal(t, map[sampling.Match]int{0: 1}, m.Failed)
			if fails {
				require.ErrorContains(t, m.Err, `sampling rule "mine": `)
			} else {
				require.NoError(t, m.Err)
			}
			require.Zero(t, match(&m, r, spanOf(1, spanAttr("n", "4"), spanAttr("d", "2"))).Match, "the condition is evaluated for the other span")
			require.Empty(t, m.Failed)
			require.NoError(t, m.Err)
		})
	}
}

// What the processor writes to items is written before rules that may look at it.
func TestRulesThatReadEdits(t *testing.T) {
	for condition, want := range map[string]bool{
		`span.attributes["url.template"] == "/feed/{int}"`: true,
		`span.name == "GET /feed/{int}"`:                   true,
		`Len(span.attributes) > 7`:                         true,
		`span.attributes["vip"] == "yes"`:                  false,
		`log.body == "log"`:                                false,
	} {
		r := compiled(t, onePercent(keepIf(condition)), Options{Written: []string{"url.template"}, MissingPercentage: 100})
		require.Equal(t, want, r.ReadsEdits(), condition)
	}
	byFingerprint := onePercent(func(c *Config) {
		c.Rules = []RuleConfig{{Name: "all", Sampler: sampler.Config{Type: sampler.AdaptivePercentage, GoalPercentage: 10, FingerprintAttributes: []string{"url.template"}}}}
	})
	require.True(t, compiled(t, byFingerprint, Options{Written: []string{"url.template"}, MissingPercentage: 100}).ReadsEdits())
	require.False(t, compiled(t, onePercent(), Options{Written: []string{"url.template"}, MissingPercentage: 100}).ReadsEdits())
}
