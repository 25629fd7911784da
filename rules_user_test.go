// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"context"
	"encoding/binary"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
)

func keepIf(conditions ...string) func(*rules.Config) {
	return func(c *rules.Config) {
		c.Rules = []rules.RuleConfig{{Name: "mine", Conditions: conditions, Sampler: rules.SamplerConfig{Type: rules.AlwaysSample}}}
	}
}

func sameItem(change func(*rules.Config)) func(*rules.Config) {
	return func(c *rules.Config) {
		change(c)
		c.Rules[0].Match = rules.MatchSameItem
	}
}

func TestConditions(t *testing.T) {
	vip, big := spanAttr("vip", "yes"), spanAttr("size", "big")
	isVIP, isBig := `span.attributes["vip"] == "yes"`, `span.attributes["size"] == "big"`
	exploded := func(s ptrace.Span) { s.Events().AppendEmpty().SetName("exploded") }
	runRuleCases(t, []ruleCase{
		{"on a span", keepIf(isVIP), items(spanOf(1, 1, vip), spanOf(1, 2), logOf(1, 1)), true, "mine"},
		{"on a span, not met", keepIf(isVIP), items(spanOf(1, 1), logOf(1, 1, logAttr("vip", "yes"))), false, "default"},
		{"on a log", keepIf(`log.attributes["vip"] == "yes"`), items(spanOf(1, 1, vip), logOf(1, 1, logAttr("vip", "yes"))), true, "mine"},
		{"on a log, not met", keepIf(`log.attributes["vip"] == "yes"`), items(spanOf(1, 1, vip), logOf(1, 1)), false, "default"},
		{"on an event", keepIf(`spanevent.name == "exploded"`), items(spanOf(1, 1, exploded)), true, "mine"},
		{"on an event, not met", keepIf(`spanevent.name == "exploded"`), items(spanOf(1, 1), logOf(1, 1)), false, "default"},
		{"on a resource, of a log", keepIf(`resource.attributes["service.name"] == "cart"`), items(logOf(1, 1)), true, "mine"},
		{"on a resource, of a span", keepIf(`resource.attributes["service.name"] == "cart"`), items(spanOf(1, 1)), true, "mine"},
		{"on a resource, not met", keepIf(`resource.attributes["service.name"] == "shop"`), items(spanOf(1, 1), logOf(1, 1)), false, "default"},
		{"with a function only", keepIf(`IsRootSpan()`), items(spanOf(1, 1, root)), true, "mine"},
		{"with a function only, not met", keepIf(`IsRootSpan()`), items(spanOf(1, 1)), false, "default"},
		{"on the route pattern", keepIf(`span.attributes["url.template"] == "/feed/{int}"`), items(spanOf(1, 1, get("/feed/17"))), true, "mine"},
		{"two met by two spans", keepIf(isVIP, isBig), items(spanOf(1, 1, vip), spanOf(1, 2, big)), true, "mine"},
		{"two met by one span", keepIf(isVIP, isBig), items(spanOf(1, 1, vip, big)), true, "mine"},
		{"one of two met", keepIf(isVIP, isBig), items(spanOf(1, 1, vip), spanOf(1, 2, vip)), false, "default"},
		{
			"met by a log and a span", keepIf(isVIP, `log.severity_number >= SEVERITY_NUMBER_WARN`),
			items(logOf(1, 1, func(lr plog.LogRecord) { lr.SetSeverityNumber(plog.SeverityNumberWarn) }), spanOf(1, 1, vip)), true, "mine",
		},
		{"same item, met by two spans", sameItem(keepIf(isVIP, isBig)), items(spanOf(1, 1, vip), spanOf(1, 2, big)), false, "default"},
		{"same item, met by one", sameItem(keepIf(isVIP, isBig)), items(spanOf(1, 1, vip, big)), true, "mine"},
		{"same item with its resource", sameItem(keepIf(isVIP, `resource.attributes["service.name"] == "cart"`)), items(spanOf(1, 1, vip)), true, "mine"},
	})
}

func TestSamplers(t *testing.T) {
	rule := func(s rules.SamplerConfig) func(*rules.Config) {
		return func(c *rules.Config) { c.Rules = []rules.RuleConfig{{Name: "all", Sampler: s}} }
	}
	runRuleCases(t, []ruleCase{
		{"always_sample", rule(rules.SamplerConfig{Type: rules.AlwaysSample}), items(spanOf(1, 1), logOf(1, 1)), true, "all"},
		{"never_sample", rule(rules.SamplerConfig{Type: rules.NeverSample}), items(spanOf(200, 1, failed), logOf(200, 1)), false, "all"},
		{"probabilistic below", rule(rules.SamplerConfig{Type: rules.Probabilistic, SamplingPercentage: 50}), items(spanOf(1, 1, failed)), false, "all"},
		{"probabilistic above", rule(rules.SamplerConfig{Type: rules.Probabilistic, SamplingPercentage: 50}), items(spanOf(200, 1)), true, "all"},
		{"adaptive_percentage below", rule(rules.SamplerConfig{Type: rules.AdaptivePercentage, GoalPercentage: 50}), items(spanOf(1, 1)), false, "all"},
		{"adaptive_percentage above", rule(rules.SamplerConfig{Type: rules.AdaptivePercentage, GoalPercentage: 50}), items(spanOf(200, 1)), true, "all"},
		{"adaptive_percentage of all", rule(rules.SamplerConfig{Type: rules.AdaptivePercentage, GoalPercentage: 100}), items(spanOf(1, 1)), true, "all"},
		{"adaptive_throughput below", rule(rules.SamplerConfig{Type: rules.AdaptiveThroughput, GoalThroughput: 1}), items(spanOf(1, 1)), false, "all"},
		{"adaptive_throughput above", rule(rules.SamplerConfig{Type: rules.AdaptiveThroughput, GoalThroughput: 1}), items(spanOf(200, 1)), true, "all"},
		{"first of two rules", func(c *rules.Config) {
			c.Rules = []rules.RuleConfig{
				{Name: "first", Conditions: []string{`span.name == "span"`}, Sampler: rules.SamplerConfig{Type: rules.NeverSample}},
				{Name: "second", Conditions: []string{`log.body == "log"`}, Sampler: rules.SamplerConfig{Type: rules.AlwaysSample}},
			}
		}, items(logOf(1, 1), spanOf(1, 1)), false, "first"},
		{"second of two rules", func(c *rules.Config) {
			c.Rules = []rules.RuleConfig{
				{Name: "first", Conditions: []string{`span.name == "other"`}, Sampler: rules.SamplerConfig{Type: rules.NeverSample}},
				{Name: "second", Conditions: []string{`log.body == "log"`}, Sampler: rules.SamplerConfig{Type: rules.AlwaysSample}},
			}
		}, items(logOf(1, 1), spanOf(1, 1)), true, "second"},
	})
}

// randomTrace gives the span the n-th of the ids that are spread evenly over
// the randomness.
func randomTrace(n int) pcommon.TraceID {
	var id pcommon.TraceID
	binary.BigEndian.PutUint64(id[:8], uint64(n)+1)
	binary.BigEndian.PutUint64(id[8:], uint64(n+1)*0x9e3779b97f4a7c15)
	return id
}

// Rates follow the traffic: what is rare is kept, what is common pays for it,
// and what came in the time of one rate is decided by it, late items included.
func TestAdaptiveRates(t *testing.T) {
	bubbled(t, func(c *Config) {
		c.Sampling.Rules = []rules.RuleConfig{{Name: "all", Sampler: rules.SamplerConfig{
			Type: rules.AdaptivePercentage, GoalPercentage: 10, FingerprintAttributes: []string{"kind"},
		}}}
	}, func(t *testing.T, p *pipelines) {
		send := func(from, count int, fingerprint string) {
			for n := range count {
				p.send(spanOf(1, n, root, spanAttr("kind", fingerprint), func(s ptrace.Span) { s.SetTraceID(randomTrace(from + n)) }))
			}
		}
		send(0, 1000, "common")
		send(1000, 10, "rare")
		time.Sleep(40 * time.Second) // two intervals
		p.spanSink.Reset()
		send(2000, 1000, "common")
		send(3000, 10, "rare")
		time.Sleep(5 * time.Second)
		thresholds := map[string]map[string]int{"common": {}, "rare": {}}
		kept := map[string]int{}
		for _, s := range p.spans() {
			v, _ := s.Attributes().Get("kind")
			thresholds[v.Str()][s.TraceState().AsRaw()]++
			kept[v.Str()]++
		}
		require.Equal(t, 10, kept["rare"], "rare traces are kept")
		require.Equal(t, map[string]int{"": 10}, thresholds["rare"], "and weigh one")
		require.Less(t, kept["common"], 200)
		require.Greater(t, kept["common"], 20)
		require.Len(t, thresholds["common"], 1, "the common ones share a threshold")

		late := map[pcommon.TraceID]string{}
		for _, s := range p.spans() {
			late[s.TraceID()] = s.TraceState().AsRaw()
		}
		send(4000, 30000, "common") // the rate rises
		time.Sleep(20 * time.Second)
		p.spanSink.Reset()
		for n := range 1000 {
			p.send(spanOf(1, n, func(s ptrace.Span) { s.SetTraceID(randomTrace(2000 + n)) }))
		}
		for _, s := range p.spans() {
			want, ok := late[s.TraceID()]
			require.True(t, ok, "a late span of a dropped trace is dropped")
			require.Equal(t, want, s.TraceState().AsRaw(), "a late span has its trace's threshold")
			delete(late, s.TraceID())
		}
		for id := range late {
			require.GreaterOrEqual(t, binary.BigEndian.Uint64(id[:8]), uint64(3001), "a late span of a kept trace is kept")
		}
		p.conserved()
	})
}

func TestConditionsThatFail(t *testing.T) {
	const condition = `Int(span.attributes["n"]) / Int(span.attributes["d"]) > 1`
	bad := func() ptrace.Traces { return spanOf(1, 1, spanAttr("n", "4"), spanAttr("d", "0")) }
	setup := func(mode ottl.ErrorMode) func(*Config) {
		return func(c *Config) {
			c.Sampling.SamplingPercentage, c.Sampling.ErrorMode = 1, mode
			keepIf(condition)(&c.Sampling)
		}
	}
	for _, mode := range []ottl.ErrorMode{ottl.IgnoreError, ottl.SilentError} {
		bubbled(t, setup(mode), func(t *testing.T, p *pipelines) {
			p.send(bad(), spanOf(1, 2, spanAttr("n", "4"), spanAttr("d", "2")))
			time.Sleep(11 * time.Second)
			require.Len(t, p.spans(), 2, "the condition is evaluated for the other span")
			require.EqualValues(t, 1, p.sum("rule_errors", attribute.String("rule", "mine")))
			p.conserved()
		})
	}
	bubbled(t, setup(ottl.PropagateError), func(t *testing.T, p *pipelines) {
		err := p.traces.ConsumeTraces(context.Background(), bad())
		require.ErrorContains(t, err, `sampling rule "mine": `)
		require.True(t, consumererror.IsPermanent(err))
		require.EqualValues(t, 1, p.sum("spans_refused"))
		p.conserved()
	})
}
