// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// ruleOn is a rule with the conditions.
func ruleOn(name string, s rules.SamplerType, conditions ...string) rules.RuleConfig {
	return rules.RuleConfig{Name: name, Conditions: conditions, Sampler: rules.SamplerConfig{Type: s}}
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

func child(s ptrace.Span) { s.SetParentSpanID(spanNumbered(1)) }

// What lacks a root can be treated apart: whole traces of the same service, probes and
// traces with an error go their usual ways.
func TestTracesWithoutARootAreDropped(t *testing.T) {
	for name, change := range map[string]func(*rules.RuleConfig){
		"behind errors": func(r *rules.RuleConfig) { r.AfterEvidence = true },
		"before errors": func(*rules.RuleConfig) {},
	} {
		t.Run(name, func(t *testing.T) {
			rule := ruleOn("rootless", rules.NeverSample, `trace.has_root == false`, `resource.attributes["service.name"] == "cart"`)
			change(&rule)
			bubbled(t, func(c *Config) {
				c.Sampling.Suppress.HealthChecks, c.Sampling.RuleAttribute = true, "kept.by"
				c.Sampling.Rules = []rules.RuleConfig{rule}
			}, func(t *testing.T, p *pipelines) {
				p.send(spanOf(1, 1, root), spanOf(1, 2, child), spanOf(2, 2, child), spanOf(3, 1, root, get("/healthz")), spanOf(4, 2, child, failed), logOf(5, 1))
				time.Sleep(time.Minute)
				want := map[int]string{1: "default 2"}
				if rule.AfterEvidence {
					want[4] = "errors 1"
				}
				require.Equal(t, want, p.keptBy())
				for rule, n := range map[string]int64{"health_checks": 1, "rootless": int64(4 - len(want))} {
					require.Equal(t, n, p.sum("decisions", attribute.String("rule", rule), attribute.String("verdict", "drop")), rule)
				}
				p.conserved()
			})
		})
	}
}

// A trace is judged as a whole when its wait is over, however that comes, and its late
// items follow the verdict.
func TestWholeTracesAreJudgedOnceAtTheEndOfTheirWait(t *testing.T) {
	twoSpans := func(c *Config) {
		c.Sampling.SamplingPercentage, c.Sampling.RuleAttribute = 1, "kept.by"
		c.Sampling.Rules = []rules.RuleConfig{ruleOn("two", rules.AlwaysSample, `trace.span_count == 2`)}
	}
	for name, tt := range map[string]struct {
		change  func(*Config)
		run     func(*pipelines)
		trigger string
	}{
		"deadline":      {func(*Config) {}, func(p *pipelines) { p.send(spanOf(1, 1), spanOf(1, 2)); time.Sleep(time.Minute) }, "timeout"},
		"root and wait": {func(*Config) {}, func(p *pipelines) { p.send(spanOf(1, 1, root), spanOf(1, 2)); time.Sleep(time.Minute) }, "root"},
		"many items":    {func(c *Config) { c.MaxItemsPerTrace = 2 }, func(p *pipelines) { p.send(spanOf(1, 1), spanOf(1, 2)) }, "limit"},
		"two signals": {func(*Config) {}, func(p *pipelines) {
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

// What is known of traces as wholes is in max_bytes and goes with the traces.
func TestWholesAreInTheLimit(t *testing.T) {
	held := func(change func(*Config)) (waiting, after int64) {
		bubbled(t, change, func(_ *testing.T, p *pipelines) {
			for n := range 200 {
				for service := range 2 * sampling.MaxServices {
					td := spanOf(1, service, func(s ptrace.Span) { s.SetTraceID(randomTrace(n)) })
					td.ResourceSpans().At(0).Resource().Attributes().PutStr("service.name", fmt.Sprintf("%02d-%s", service, strings.Repeat("s", 400)))
					p.send(td)
				}
			}
			waiting = p.sum("buffer_bytes")
			time.Sleep(10 * time.Minute)
			p.send(spanOf(1, 1))
			after = p.sum("buffer_bytes")
		})
		return waiting, after
	}
	one := func(c *Config) { c.Sampling.SamplingPercentage = 1 }
	without, withoutAfter := held(one)
	with, after := held(func(c *Config) {
		one(c)
		c.Sampling.Rules = []rules.RuleConfig{ruleOn("wide", rules.AlwaysSample, `Len(trace.services) > 99`)}
	})
	const named = 200 * sampling.MaxServices * sampling.MaxServiceName
	require.Greater(t, with-without, int64(named), "names count")
	require.Less(t, with-without, int64(2*named), "and there is a limit to them")
	require.InDelta(t, withoutAfter, after, 64<<10, "nothing stays")
}

// A condition on traces that fails is counted.
func TestConditionsOnTracesThatFailAreCounted(t *testing.T) {
	bubbled(t, func(c *Config) {
		c.Sampling.Rules = []rules.RuleConfig{ruleOn("ratio", rules.NeverSample, `trace.span_count / trace.log_count > 1`)}
	}, func(t *testing.T, p *pipelines) {
		p.send(spanOf(1, 1), spanOf(1, 2))
		time.Sleep(time.Minute)
		require.EqualValues(t, 1, p.sum("rule_errors", attribute.String("rule", "ratio")))
		require.Len(t, p.spans(), 2)
		p.conserved()
	})
}

// Only what is honestly slow is kept as that; spans from broken clocks are counted.
func TestBrokenClocksAreNotSlow(t *testing.T) {
	bubbled(t, func(c *Config) {
		c.Sampling.SamplingPercentage, c.Sampling.SlowerThan, c.Sampling.RuleAttribute = 1, 2*time.Second, "kept.by"
	}, func(t *testing.T, p *pipelines) {
		now := pcommon.NewTimestampFromTime(time.Now())
		between := func(start, end pcommon.Timestamp) func(ptrace.Span) {
			return func(s ptrace.Span) { s.SetStartTimestamp(start); s.SetEndTimestamp(end) }
		}
		p.send(
			spanOf(1, 1, root, between(44511913730532, now)), spanOf(2, 1, root, between(0, now)),
			spanOf(3, 1, root, between(44511913730532, 44512365817637)), spanOf(4, 1, root, between(now, now-1e9)),
			spanOf(5, 1, root, between(now, 0)), spanOf(6, 1, root, between(now-3e9, now)), spanOf(7, 1, root, between(now-40*24*3600e9, now)),
		)
		time.Sleep(time.Minute)
		require.Equal(t, map[int]string{6: "slow 1"}, p.keptBy())
		require.Equal(t, map[string]int64{
			"spans_bad_time{cart,monotonic}": 2, "spans_bad_time{cart,no_start}": 1, "spans_bad_time{cart,end_before_start}": 1,
			"spans_bad_time{cart,no_end}": 1, "spans_bad_time{cart,too_long}": 1,
		}, p.findings("spans_bad_time"))
	})
}

// A probe within a request does not drop it, one that is a request of its own is
// dropped with all that belongs to it, and one that failed is kept.
func TestProbesWithinRequests(t *testing.T) {
	bubbled(t, func(c *Config) {
		c.Sampling.Suppress.HealthChecks, c.Sampling.RuleAttribute = true, "kept.by"
	}, func(t *testing.T, p *pipelines) {
		p.send(
			spanOf(1, 1, root, get("/orders")), spanOf(1, 2, child, get("/health-check"), spanKind(client)), spanOf(1, 3, get("/health-check")), logOf(1, 1),
			spanOf(2, 1, root, get("/health-check")), spanOf(2, 2, child, spanKind(client)), logOf(2, 1),
			spanOf(3, 1, root, get("/health-check"), func(s ptrace.Span) { s.Attributes().PutInt("http.response.status_code", 503) }), logOf(3, 1),
		)
		time.Sleep(time.Minute)
		require.Equal(t, map[int]string{1: "default 4", 3: "errors 2"}, p.keptBy())
		p.conserved()
	})
}

func spanKind(k ptrace.SpanKind) func(ptrace.Span) { return func(s ptrace.Span) { s.SetKind(k) } }

// Work behind the answer makes no request slow for a rule on the root's own duration,
// and makes the trace long for a rule on all of it.
func TestRootsAndWholesHaveDurationsOfTheirOwn(t *testing.T) {
	for condition, want := range map[string]map[int]string{
		`IsRootSpan() and span.end_time - span.start_time > Duration("10ms")`: {2: "mine 2"},
		`trace.duration > Duration("400ms")`:                                  {1: "mine 2"},
	} {
		bubbled(t, func(c *Config) {
			c.Sampling.SamplingPercentage, c.Sampling.RuleAttribute = 1, "kept.by"
			keepIf(condition)(&c.Sampling)
		}, func(t *testing.T, p *pipelines) {
			p.send(
				spanOf(1, 1, root, took(5*time.Millisecond)), spanOf(1, 2, child, spanKind(sends), took(500*time.Millisecond)),
				spanOf(2, 1, root, took(15*time.Millisecond)), spanOf(2, 2, child, spanKind(sends), took(300*time.Millisecond)),
			)
			time.Sleep(time.Minute)
			require.Equal(t, want, p.keptBy(), condition)
			p.conserved()
		})
	}
}

// Rules see logs of no trace as they see those of one: they are dropped, kept and
// sampled by what matches them, and counted by the rule.
func TestRulesDecideOnLogsWithoutATrace(t *testing.T) {
	adaptive := rules.SamplerConfig{Type: rules.AdaptivePercentage, GoalPercentage: 10}
	for name, sampler := range map[string]rules.SamplerConfig{
		"probabilistic": {Type: rules.Probabilistic, SamplingPercentage: 10}, "adaptive": adaptive,
	} {
		t.Run(name, func(t *testing.T) {
			bubbled(t, func(c *Config) {
				c.Sampling.RuleAttribute = "kept.by"
				c.Sampling.Rules = []rules.RuleConfig{
					ruleOn("noisy", rules.NeverSample, `IsMatch(log.body, "^heartbeat")`),
					{Name: "chatty", Conditions: []string{`IsMatch(log.body, "^cache")`}, Sampler: sampler},
					ruleOn("precious", rules.AlwaysSample, `IsMatch(log.body, "^payment")`, `log.severity_number < SEVERITY_NUMBER_ERROR`),
					ruleOn("span", rules.NeverSample, `span.name == "span"`),
					ruleOn("trace", rules.NeverSample, `trace.has_root == false`, `IsMatch(log.body, "^trace")`),
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

// Rules behind evidence leave it alone in logs without a trace, too, and the percentage
// for such logs holds for those that no rule matches.
func TestOrderOfRulesOnLogsWithoutATrace(t *testing.T) {
	for _, after := range []bool{false, true} {
		bubbled(t, func(c *Config) {
			c.Logs.MissingTraceID.SamplingPercentage = 0
			c.Sampling.Rules = []rules.RuleConfig{ruleOn("noisy", rules.NeverSample, `log.attributes["noisy"] == "yes"`), ruleOn("vip", rules.AlwaysSample, `log.attributes["vip"] == "yes"`)}
			c.Sampling.Rules[0].AfterEvidence = after
		}, func(t *testing.T, p *pipelines) {
			noisy, vip := logAttr("noisy", "yes"), logAttr("vip", "yes")
			p.send(logOf(1, 1, withoutTrace, noisy, failedLog), logOf(1, 1, withoutTrace, noisy), logOf(1, 1, withoutTrace), logOf(1, 1, withoutTrace, vip))
			want := 1 // the one that is worth it
			if after {
				want++
			}
			require.Len(t, p.records(), want)
			require.EqualValues(t, 1, p.sum("logs_dropped", attribute.String("reason", "missing_trace_id")))
			require.EqualValues(t, 3-want, p.sum("logs_dropped", attribute.String("reason", "sampling")))
			p.conserved()
		})
	}
}

// The lines of a request that has no trace are kept together or not at all, by every
// collector alike, and say with which randomness.
func TestLogsWithoutATraceAreDrawnTogether(t *testing.T) {
	const requests, lines = 200, 5
	once := func(t *testing.T, change func(*Config), line func(request, n int) plog.Logs) map[string]string {
		out := map[string]string{}
		bubbled(t, func(c *Config) {
			c.Logs.MissingTraceID = MissingTraceIDConfig{SamplingPercentage: 50, SampleBy: []string{"request_id"}}
			change(c)
		}, func(t *testing.T, p *pipelines) {
			for n := range lines {
				for request := range requests {
					p.send(line(request, n))
				}
			}
			time.Sleep(time.Minute)
			count := map[string]int{}
			for _, lr := range p.records() {
				request := text(lr, "name")
				count[request]++
				require.Equal(t, "8", text(lr, "sampling.threshold"))
				random := text(lr, "sampling.randomness")
				require.GreaterOrEqual(t, random, "8", "it was kept by what it says")
				if before, ok := out[request]; ok {
					require.Equal(t, before, random, "the same on all lines")
				}
				out[request] = random
			}
			for request, n := range count {
				require.Equal(t, lines, n, request)
			}
			require.InDelta(t, requests/2, len(count), 36, "half of them, five standard errors")
			p.conserved()
		})
		return out
	}
	byRequest := func(request, _ int) plog.Logs {
		id := fmt.Sprintf("req-%03d", request)
		return logOf(1, 1, withoutTrace, logAttr("request_id", id), logAttr("name", id))
	}
	waits := func(c *Config) { c.Logs.RequestIDAttributes = []string{"request_id"} }
	first := once(t, waits, byRequest)
	require.Equal(t, first, once(t, func(*Config) {}, byRequest), "whether or not they waited for a trace")
	once(t, func(c *Config) { c.Logs.MissingTraceID.SampleBy = []string{"tenant", "session.id"} }, func(request, _ int) plog.Logs {
		ld := logOf(1, 1, withoutTrace, logAttr("name", fmt.Sprint(request)), func(lr plog.LogRecord) { lr.Attributes().PutInt("session.id", int64(request)) })
		ld.ResourceLogs().At(0).Resource().Attributes().PutStr("tenant", fmt.Sprint(request%7))
		return ld
	})
	once(t, func(c *Config) {
		c.Logs.MissingTraceID.SamplingPercentage = 100
		c.Sampling.Rules = []rules.RuleConfig{{Name: "half", Conditions: []string{`log.body == "log"`}, Sampler: rules.SamplerConfig{Type: rules.Probabilistic, SamplingPercentage: 50}}}
	}, byRequest)
}

// Logs without any of the values have a randomness of their own each.
func TestLogsWithoutTheValueAreDrawnOneByOne(t *testing.T) {
	bubbled(t, func(c *Config) {
		c.Logs.MissingTraceID = MissingTraceIDConfig{SamplingPercentage: 50, SampleBy: []string{"request_id"}}
	}, func(t *testing.T, p *pipelines) {
		for n := range 100 {
			p.send(logOf(1, n, withoutTrace), logOf(1, n, withoutTrace, logAttr("request_id", "")))
		}
		randoms := map[string]bool{}
		for _, lr := range p.records() {
			randoms[text(lr, "sampling.randomness")] = true
		}
		require.Len(t, randoms, len(p.records()))
		require.InDelta(t, 100, len(randoms), 36)
	})
	require.ErrorContains(t, (&MissingTraceIDConfig{SampleBy: []string{"request id"}}).Validate(), `sample_by must be attribute keys such as request_id`)
	require.ErrorContains(t, (&MissingTraceIDConfig{SampleBy: []string{""}}).Validate(), `got ""`)
	require.NoError(t, (&MissingTraceIDConfig{SampleBy: []string{"request_id", `resource.attributes["tenant"]`}}).Validate())
}
