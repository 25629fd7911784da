// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"encoding/binary"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules/sampler"
)

func keepIf(conditions ...string) func(*rules.Config) {
	return func(c *rules.Config) {
		c.Rules = []rules.RuleConfig{{Name: "mine", Conditions: conditions, Sampler: sampler.Config{Type: sampler.AlwaysSample}}}
	}
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
		c.Sampling.Rules = []rules.RuleConfig{{Name: "all", Sampler: sampler.Config{
			Type: sampler.AdaptivePercentage, GoalPercentage: 10, FingerprintAttributes: []string{"kind"},
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

// With error_mode: propagate, the sender gets a batch back for good if a condition
// fails on one of its items; otherwise the failure is counted.
func TestABatchOnWhichAConditionFails(t *testing.T) {
	bad := func() ptrace.Traces { return spanOf(1, 1, spanAttr("n", "4"), spanAttr("d", "0")) }
	setup := func(mode ottl.ErrorMode) func(*Config) {
		return func(c *Config) {
			c.Sampling.SamplingPercentage, c.Sampling.ErrorMode = 1, mode
			keepIf(`Int(span.attributes["n"]) / Int(span.attributes["d"]) > 1`)(&c.Sampling)
		}
	}
	bubbled(t, setup(ottl.IgnoreError), func(t *testing.T, p *pipelines) {
		p.send(bad())
		require.EqualValues(t, 1, p.sum("rule_errors", attribute.String("rule", "mine")))
		p.conserved()
	})
	ofTraces := func(c *Config) {
		c.Sampling.Rules = []rules.RuleConfig{ruleOn("ratio", sampler.NeverSample, `trace.span_count / trace.log_count > 1`)}
	}
	bubbled(t, ofTraces, func(t *testing.T, p *pipelines) {
		p.send(spanOf(1, 1), spanOf(1, 2))
		time.Sleep(time.Minute)
		require.EqualValues(t, 1, p.sum("rule_errors", attribute.String("rule", "ratio")))
		require.Len(t, p.spans(), 2)
	})
	bubbled(t, setup(ottl.PropagateError), func(t *testing.T, p *pipelines) {
		err := p.traces.ConsumeTraces(context.Background(), bad())
		require.ErrorContains(t, err, `sampling rule "mine": `)
		require.True(t, consumererror.IsPermanent(err))
		require.EqualValues(t, 1, p.sum("spans_refused"))
		p.conserved()
	})
}

// A hard limit decides on whole traces, evidence goes before it, and what comes late
// follows, however much time has passed.
func TestRateLimiting(t *testing.T) {
	const perSecond, seconds = 10, 20
	for name, limit := range map[string]sampler.Config{
		"spans": {Type: sampler.RateLimiting, SpansPerSecond: perSecond},
		"bytes": {Type: sampler.RateLimiting, BytesPerSecond: 1000},
	} {
		t.Run(name, func(t *testing.T) {
			bubbled(t, func(c *Config) {
				c.Sampling.Rules = []rules.RuleConfig{{Name: "limited", Sampler: limit}}
			}, func(t *testing.T, p *pipelines) {
				trace := 0
				send := func(n int, change ...func(ptrace.Span)) {
					p.send(spanOf(1000+n, 1, append(change, root, state("ot=th:8"))...), spanOf(1000+n, 2), logOf(1000+n, 1), logOf(1000+n, 2))
				}
				for range seconds * 20 {
					trace++
					if trace%50 == 0 {
						send(trace, failed)
					} else {
						send(trace)
					}
					time.Sleep(50 * time.Millisecond)
				}
				time.Sleep(11 * time.Second)
				items := map[pcommon.TraceID]int{}
				for _, s := range p.spans() {
					items[s.TraceID()]++
				}
				limited, failures := 0, 0
				for n := 1; n <= trace; n++ {
					if items[traceNumbered(1000+n)] > 0 && n%50 != 0 {
						limited++
					} else if items[traceNumbered(1000+n)] > 0 {
						failures++
					}
				}
				for _, lr := range p.records() {
					items[lr.TraceID()]++
				}
				for _, n := range items {
					require.Equal(t, 4, n, "a trace is kept whole or not at all")
				}
				require.Equal(t, trace/50, failures, "evidence has no limit")
				if name == "spans" {
					require.LessOrEqual(t, 2*limited, perSecond*(seconds+1))
					require.GreaterOrEqual(t, 2*limited, perSecond*(seconds-1))
				} else {
					require.Less(t, limited, trace/2)
					require.Greater(t, limited, seconds)
				}
				for _, s := range p.spans() {
					if s.ParentSpanID().IsEmpty() && s.Status().Code() != ptrace.StatusCodeError {
						require.Empty(t, s.TraceState().AsRaw(), "nobody knows its weight")
					}
				}

				time.Sleep(time.Hour)
				p.spanSink.Reset()
				p.logSink.Reset()
				for n := 1; n <= trace; n++ {
					p.send(spanOf(1000+n, 3), logOf(1000+n, 3))
				}
				late := map[pcommon.TraceID]int{}
				for _, s := range p.spans() {
					late[s.TraceID()]++
				}
				for _, lr := range p.records() {
					late[lr.TraceID()]++
				}
				require.Len(t, late, limited+failures)
				for id, n := range late {
					require.Equal(t, 2, n)
					require.Equal(t, 4, items[id], "what is late follows")
				}
				p.conserved()
			})
		})
	}
}
