// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules/sampler"
)

// ruleOn is a rule with the conditions.
func ruleOn(name string, s sampler.Type, conditions ...string) rules.RuleConfig {
	return rules.RuleConfig{Name: name, Conditions: conditions, Sampler: sampler.Config{Type: s}}
}

// keptBy returns the rule noted on what came out of each trace, and how many items
// that were.
func (p *pipelines) keptBy() map[int]string {
	count, rule := map[int]int{}, map[int]string{}
	note := func(id pcommon.TraceID, attrs pcommon.Map) {
		n := int(id[7]) - 1
		v, _ := attrs.Get("kept.by")
		count[n]++
		rule[n] = v.Str()
	}
	for _, s := range p.spans() {
		note(s.TraceID(), s.Attributes())
	}
	for _, lr := range p.records() {
		note(lr.TraceID(), lr.Attributes())
	}
	out := map[int]string{}
	for n := range count {
		out[n] = fmt.Sprint(rule[n], " ", count[n])
	}
	return out
}

// A trace is judged as a whole when its wait is over, however that comes, and its late
// items follow the verdict.
func TestWholeTracesAreJudgedOnceAtTheEndOfTheirWait(t *testing.T) {
	twoSpans := func(c *Config) {
		c.Sampling.SamplingPercentage, c.Sampling.RuleAttribute = 1, "kept.by"
		c.Sampling.Rules = []rules.RuleConfig{ruleOn("two", sampler.AlwaysSample, `trace.span_count == 2`)}
	}
	for name, tt := range map[string]struct {
		change  func(*Config)
		run     func(*pipelines)
		trigger string
	}{
		"deadline":      {func(*Config) {}, func(p *pipelines) { p.send(spanOf(1, 1), spanOf(1, 2)); time.Sleep(time.Minute) }, "timeout"},
		"root and wait": {func(*Config) {}, func(p *pipelines) { p.send(spanOf(1, 1, root), spanOf(1, 2)); time.Sleep(time.Minute) }, "root"},
		"many items":    {func(c *Config) { c.MaxItemsPerTrace = 2 }, func(p *pipelines) { p.send(spanOf(1, 1), spanOf(1, 2)) }, "limit"},
		"two signals": {func(c *Config) {
			c.Sampling.Rules = []rules.RuleConfig{ruleOn("two", sampler.AlwaysSample, `trace.span_count == 2 and trace.log_count == 1`)}
		}, func(p *pipelines) {
			p.send(logOf(1, 1), spanOf(1, 1))
			time.Sleep(time.Second)
			p.send(spanOf(1, 2))
			time.Sleep(time.Minute)
		}, "timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			bubbled(t, func(c *Config) { twoSpans(c); tt.change(c) }, func(t *testing.T, p *pipelines) {
				tt.run(p)
				time.Sleep(time.Second)
				require.EqualValues(t, 1, p.sum("decisions", attribute.String("rule", "two"), attribute.String("trigger", tt.trigger)))
				p.send(spanOf(1, 3), logOf(1, 3))
				time.Sleep(time.Minute)
				for n, kept := range p.keptBy() {
					require.Equal(t, 1, n)
					require.True(t, strings.HasPrefix(kept, "two "), kept)
				}
				require.EqualValues(t, 1, p.sum("decisions"))
				require.Equal(t, p.sum("spans_received")+p.sum("logs_received"), p.sum("spans_kept")+p.sum("logs_kept"), "all of it, late items too")
				p.conserved()
			})
		})
	}
	t.Run("end of the processor", func(t *testing.T) {
		bubbledUntilShutdown(t, twoSpans, func(p *pipelines) { p.send(spanOf(1, 1), spanOf(1, 2)) }, func(t *testing.T, p *pipelines) {
			require.Equal(t, map[int]string{1: "two 2"}, p.keptBy())
		})
	})
	t.Run("a later item that would have changed it", func(t *testing.T) {
		bubbled(t, twoSpans, func(t *testing.T, p *pipelines) {
			p.send(spanOf(1, 1))
			time.Sleep(time.Minute)
			p.send(spanOf(1, 2))
			time.Sleep(time.Minute)
			require.Empty(t, p.keptBy())
			require.EqualValues(t, 1, p.sum("decisions", attribute.String("rule", "default")))
			p.conserved()
		})
	})
}

// bubbledUntilShutdown looks at what came out after the processor has ended.
func bubbledUntilShutdown(t *testing.T, change func(*Config), run func(*pipelines), look func(*testing.T, *pipelines)) {
	var p *pipelines
	bubbled(t, change, func(_ *testing.T, in *pipelines) {
		run(in)
		p = in
	})
	look(t, p)
}

// Rules see logs of no trace as they see those of one: they are dropped, kept and
// sampled by what matches them, and counted by the rule.
func TestRulesDecideOnLogsWithoutATrace(t *testing.T) {
	adaptive := sampler.Config{Type: sampler.AdaptivePercentage, GoalPercentage: 10}
	for name, some := range map[string]sampler.Config{
		"probabilistic": {Type: sampler.Probabilistic, SamplingPercentage: 10}, "adaptive": adaptive,
	} {
		t.Run(name, func(t *testing.T) {
			bubbled(t, func(c *Config) {
				c.Sampling.RuleAttribute = "kept.by"
				c.Sampling.Rules = []rules.RuleConfig{
					ruleOn("noisy", sampler.NeverSample, `IsMatch(log.body, "^heartbeat")`),
					{Name: "chatty", Conditions: []string{`IsMatch(log.body, "^cache")`}, Sampler: some},
					ruleOn("precious", sampler.AlwaysSample, `IsMatch(log.body, "^payment")`, `log.severity_number < SEVERITY_NUMBER_ERROR`),
					ruleOn("span", sampler.NeverSample, `span.name == "span"`),
					ruleOn("trace", sampler.NeverSample, `trace.has_root == false`, `IsMatch(log.body, "^trace")`),
				}
			}, func(t *testing.T, p *pipelines) {
				says := func(text string) func(plog.LogRecord) { return func(lr plog.LogRecord) { lr.Body().SetStr(text) } }
				const n = 1000
				for range n {
					p.send(logOf(1, 1, withoutTrace, says("heartbeat")), logOf(1, 1, withoutTrace, says("cache miss")))
				}
				p.send(
					logOf(1, 1, withoutTrace, says("job done")), logOf(1, 1, withoutTrace, says("payment")), logOf(1, 1, withoutTrace, says("trace")),
					logOf(1, 1, withoutTrace, says("heartbeat"), failedLog), logOf(100, 1, says("heartbeat of a trace")), logOf(101, 1, says("job of a trace")),
				)
				time.Sleep(time.Minute)
				kept := map[string]int{}
				for _, lr := range p.records() {
					kept[lr.Body().Str()+" "+text(lr, "kept.by")]++
					if lr.Body().Str() == "cache miss" {
						require.NotEmpty(t, text(lr, "sampling.threshold"))
						require.NotEmpty(t, text(lr, "sampling.randomness"))
					}
				}
				require.InDelta(t, n/10, kept["cache miss chatty"], 50, "ten percent, five standard errors")
				delete(kept, "cache miss chatty")
				require.Equal(t, map[string]int{"job done ": 1, "payment precious": 1, "trace ": 1, "job of a trace default": 1}, kept)
				rule := func(name, verdict string) int64 {
					return p.sum("decided_items", attribute.String("rule", name), attribute.String("verdict", verdict))
				}
				require.EqualValues(t, n+2, rule("noisy", "drop"), "that of a trace among them")
				require.EqualValues(t, n, rule("chatty", "drop")+rule("chatty", "keep"))
				require.EqualValues(t, 1, rule("precious", "keep"))
				require.Equal(t, p.sum("logs_dropped"), p.sum("logs_dropped", attribute.String("reason", "sampling")))
				p.conserved()
			})
		})
	}
}
