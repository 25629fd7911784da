// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules/sampler"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// part is what the item of a batch adds to its trace.
func part(m *Matcher, r *Rules, data any) sampling.Part {
	m.Use(r)
	switch d := data.(type) {
	case ptrace.Traces:
		rs := d.ResourceSpans().At(0)
		s := rs.ScopeSpans().At(0).Spans().At(0)
		var v record.Span
		v.Read(s.Attributes())
		m.EnterSpans(rs)
		return m.SpanPart(s, &v)
	default:
		rl := data.(plog.Logs).ResourceLogs().At(0)
		lr := rl.ScopeLogs().At(0).LogRecords().At(0)
		v := read(lr)
		m.EnterLogs(rl)
		return m.LogPart(lr, &v)
	}
}

// decided is the rule that decides on the items of a trace at the end of its wait.
func decided(r *Rules, data []any) string {
	var m Matcher
	var whole sampling.Trace
	f := match(&m, r, data[0])
	for _, d := range data {
		f = f.Merge(match(&m, r, d))
		p := part(&m, r, d)
		whole.Add(&p)
	}
	f.Facts |= r.Whole(&whole)
	return r.Policy().Rules()[r.Policy().Rule(f)].Name
}

func of(service string) func(ptrace.Traces) ptrace.Traces {
	return func(td ptrace.Traces) ptrace.Traces {
		td.ResourceSpans().At(0).Resource().Attributes().PutStr("service.name", service)
		return td
	}
}

func TestConditionsOnTraces(t *testing.T) {
	orders := of("orders")
	shifted := func(start, d time.Duration) func(ptrace.Span) {
		return func(s ptrace.Span) {
			s.SetStartTimestamp(1e18 + pcommon.Timestamp(start))
			s.SetEndTimestamp(1e18 + pcommon.Timestamp(start+d))
		}
	}
	for _, tt := range []struct {
		conditions []string
		items      []any
		met        bool
	}{
		{[]string{`trace.has_root == false`}, items(spanOf(1), logOf(1)), true},
		{[]string{`trace.has_root == false`}, items(spanOf(1), spanOf(1, root)), false},
		{[]string{`trace.has_root == true`}, items(spanOf(1, root)), true},
		{[]string{`trace.has_root == false`}, items(logOf(1)), true},
		{[]string{`not (trace.has_root == true)`}, items(spanOf(1)), true},
		{[]string{`trace.span_count >= 3`}, items(spanOf(1), spanOf(1), logOf(1)), false},
		{[]string{`trace.span_count >= 3`}, items(spanOf(1), spanOf(1), spanOf(1)), true},
		{[]string{`trace.span_count == 0`}, items(logOf(1)), true},
		{[]string{`trace.log_count == 0`}, items(spanOf(1)), true},
		{[]string{`trace.log_count == 0`}, items(spanOf(1), logOf(1)), false},
		{[]string{`trace.error_count > 1`}, items(spanOf(1, failed), logOf(1, failedLog)), true},
		{[]string{`trace.error_count > 1`}, items(spanOf(1, failed), logOf(1)), false},
		{[]string{`trace.duration > Duration("2s")`}, items(spanOf(1, shifted(0, time.Second)), spanOf(1, shifted(1500*time.Millisecond, time.Second))), true},
		{[]string{`trace.duration > Duration("2s")`}, items(spanOf(1, shifted(0, time.Second)), spanOf(1, shifted(time.Second, time.Second))), false},
		{[]string{`trace.duration > Duration("2s")`}, items(spanOf(1, shifted(0, time.Second)), spanOf(1, times(0, 1e18))), false},
		{[]string{`trace.duration > Duration("2s")`}, items(spanOf(1, times(44511913730532, 1790000000000000000))), false},
		{[]string{`trace.duration > Duration("2s")`}, items(logOf(1)), false},
		{[]string{`Len(trace.services) > 1`}, items(spanOf(1), orders(spanOf(1))), true},
		{[]string{`Len(trace.services) > 1`}, items(spanOf(1), logOf(1)), false},
		{[]string{`ContainsValue(trace.services, "orders")`}, items(spanOf(1), orders(spanOf(1))), true},
		{[]string{`ContainsValue(trace.services, "orders")`}, items(spanOf(1)), false},
		{[]string{`trace.span_count == 1 and trace.log_count == 1`}, items(spanOf(1), logOf(1)), true},
		{[]string{`trace.span_count == 1`, `trace.log_count == 2`}, items(spanOf(1), logOf(1)), false},
		{[]string{`trace.has_root == false`, `resource.attributes["service.name"] == "orders"`}, items(spanOf(1), orders(spanOf(1))), true},
		{[]string{`trace.has_root == false`, `resource.attributes["service.name"] == "orders"`}, items(spanOf(1)), false},
		{[]string{`trace.has_root == false`, `span.name == "span"`, `log.body == "log"`}, items(spanOf(1), logOf(1)), true},
		{[]string{`trace.has_root == false`, `span.name == "span"`, `log.body == "log"`}, items(spanOf(1)), false},
	} {
		name := fmt.Sprintf("%q on %d items", tt.conditions, len(tt.items))
		r := compiled(t, onePercent(func(c *Config) { c.Errors = false; keepIf(tt.conditions...)(c) }), Options{MissingPercentage: 100})
		require.True(t, r.AsksForWhole())
		require.Equal(t, map[bool]string{true: "mine", false: "default"}[tt.met], decided(r, tt.items), name)
		require.Empty(t, r.WholeFailed(), name)
	}
}

// Where one item must meet all conditions, it must meet those on items.
func TestConditionsOnTracesAndOnOneItem(t *testing.T) {
	r := compiled(t, onePercent(sameItem(keepIf(`trace.has_root == false`, `span.name == "span"`, `span.attributes["vip"] == "yes"`))), Options{MissingPercentage: 100})
	require.Equal(t, "mine", decided(r, items(spanOf(1, spanAttr("vip", "yes")))))
	require.Equal(t, "default", decided(r, items(spanOf(1, root, spanAttr("vip", "yes")))))
	other := func(s ptrace.Span) { s.SetName("other") }
	require.Equal(t, "default", decided(r, items(spanOf(1, other, spanAttr("vip", "yes")), spanOf(1))))
}

// A rule on traces may hold until the end of their wait, so nothing that it outranks
// and that decides otherwise can decide before.
func TestRulesOnTracesPutDecisionsOff(t *testing.T) {
	rule := func(after bool, s sampler.Config) *Rules {
		return compiled(t, onePercent(func(c *Config) {
			c.Rules = []RuleConfig{{Name: "rootless", AfterEvidence: after, Conditions: []string{`trace.has_root == false`}, Sampler: s}}
		}), Options{MissingPercentage: 100})
	}
	var m Matcher
	for _, tt := range []struct {
		rules   *Rules
		settled bool
	}{
		{rule(false, sampler.Config{Type: sampler.NeverSample}), false},
		{rule(false, sampler.Config{Type: sampler.AlwaysSample}), true},
		{rule(true, sampler.Config{Type: sampler.NeverSample}), true},
	} {
		require.Equal(t, tt.settled, tt.rules.Policy().Settled(match(&m, tt.rules, spanOf(1, failed))))
		require.False(t, tt.rules.Policy().Settled(match(&m, tt.rules, spanOf(1))))
	}
}

func TestRulesOnTracesAreChecked(t *testing.T) {
	for condition, want := range map[string]string{
		`trace.name == "x"`:                         `a trace has no "name"; it has trace.duration, trace.error_count, trace.has_root, trace.log_count, trace.services, trace.span_count`,
		`trace.has_root`:                            `condition "trace.has_root"`,
		`trace.services[0] == "x"`:                  `condition "trace.services[0]`,
		`trace.duration.x == 1`:                     `condition "trace.duration.x`,
		`trace.span_count > 1 and span.name == "x"`: `condition "trace.span_count > 1 and`,
		`trace.has_root == false and IsRootSpan()`:  `condition "trace.has_root == false and`,
	} {
		require.ErrorContains(t, onePercent(keepIf(condition)).Validate(), want, condition)
	}
	keyed := onePercent(sameItem(keepIf(`trace.has_root == false`, `span.name == "x"`)), func(c *Config) {
		c.Rules[0].Sampler = sampler.Config{Type: sampler.AdaptivePercentage, GoalPercentage: 10, FingerprintAttributes: []string{"url.template"}}
	})
	_, err := New(keyed, Options{MissingPercentage: 100}, componenttest.NewNopTelemetrySettings())
	require.ErrorContains(t, err, `rule "mine": fingerprint_attributes are not for rules with conditions on traces`)
	many := make([]string, 33)
	for i := range many {
		many[i] = fmt.Sprintf(`span.name == "%d"`, i)
	}
	many[32] = `trace.has_root == false`
	require.ErrorContains(t, onePercent(keepIf(many...)).Validate(), `rule "mine": too many conditions`)
	require.NoError(t, onePercent(keepIf(many[1:]...)).Validate())
}

// Conditions on traces that fail are counted.
func TestConditionsOnTracesThatFail(t *testing.T) {
	r := compiled(t, onePercent(keepIf(`trace.span_count / trace.log_count > 1`)), Options{MissingPercentage: 100})
	require.Equal(t, "default", decided(r, items(spanOf(1), spanOf(1))))
	require.Equal(t, map[sampling.Match]int{0: 1}, r.WholeFailed())
	require.Empty(t, r.WholeFailed(), "counted once")
	require.Equal(t, "mine", decided(r, items(spanOf(1), spanOf(1), logOf(1))))
	require.Empty(t, r.WholeFailed())
}

// Rules on traces do not depend on the order of the items, beside rules of all kinds.
func TestRulesOnTracesDoNotDependOnOrder(t *testing.T) {
	r := compiled(t, onePercent(suppressing, func(c *Config) {
		c.Rules = []RuleConfig{
			{Name: "busy", Conditions: []string{`trace.span_count > 4`, `Len(trace.services) > 1`}, Sampler: sampler.Config{Type: sampler.AlwaysSample}},
			{Name: "pair", Conditions: []string{`span.attributes["vip"] == "yes"`, `log.body == "log"`}, Sampler: sampler.Config{Type: sampler.NeverSample}},
			{Name: "rootless", AfterEvidence: true, Conditions: []string{`trace.has_root == false`, `span.name == "span"`}, Sampler: sampler.Config{Type: sampler.NeverSample}},
		}
	}), Options{MissingPercentage: 100})
	kinds := []any{
		spanOf(1), spanOf(1, root), spanOf(1, failed), spanOf(1, spanAttr("vip", "yes")), spanOf(1, root, get("/healthz")), spanOf(1, get("/app.js")),
		logOf(1), logOf(1, failedLog), of("orders")(spanOf(1)),
	}
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(rapid.SampledFrom(kinds), 1, 8).Draw(t, "items")
		require.Equal(t, decided(r, all), decided(r, rapid.Permutation(all).Draw(t, "order")))
	})
}
