// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
)

func withoutTrace(lr plog.LogRecord) { lr.SetTraceID(pcommon.TraceID{}) }

// Logs without a trace id are a population of their own: by default all are
// kept, and by a percentage what is dropped is counted under their own reason.
func TestLogsWithoutATraceID(t *testing.T) {
	bubbled(t, func(c *Config) { c.Sampling.SamplingPercentage, c.Logs.MissingTraceID.SamplingPercentage = 0, 25 }, func(t *testing.T, p *pipelines) {
		for i := range 100 {
			p.send(logOf(1, i, withoutTrace))
		}
		p.send(logOf(1, 1, withoutTrace, failedLog))
		dropped := p.sum("logs_dropped", attribute.String("reason", "missing_trace_id"))
		require.Positive(t, dropped)
		require.Len(t, p.records(), 101-int(dropped))
		require.Equal(t, p.sum("logs_dropped"), dropped)
		p.conserved()
	})
	bubbled(t, func(c *Config) { c.Sampling.SamplingPercentage = 0 }, func(t *testing.T, p *pipelines) {
		p.send(logOf(1, 1, withoutTrace))
		require.Len(t, p.records(), 1, "all are kept by default")
		require.Empty(t, text(p.records()[0], record.AttributeThreshold))
	})
}

// notes are what a dry run noted on an item.
func notes(attrs pcommon.Map) (out [3]string) {
	for i, key := range []string{rules.AttributeDryVerdict, rules.AttributeDryRule, rules.AttributeDryThreshold} {
		if v, ok := attrs.Get(key); ok {
			out[i] = v.Str()
		}
	}
	return out
}

// A dry run drops nothing on any path, in time, late, at a limit or at the end,
// and notes and counts what would have happened.
func TestDryRun(t *testing.T) {
	keep, drop, failure := [3]string{"keep", "default", "fd70a"}, [3]string{"drop", "default", "fd70a"}, [3]string{"keep", "errors", "0"}
	check := func(t *testing.T, p *pipelines, want map[int][3]string) {
		for _, s := range p.spans() {
			require.Equal(t, want[int(s.TraceID()[7])-1], notes(s.Attributes()), "trace %d", s.TraceID()[7]-1)
			require.Empty(t, s.TraceState().AsRaw(), "what was not sampled has no threshold")
		}
		for _, lr := range p.records() {
			require.Equal(t, want[int(lr.TraceID()[7])-1], notes(lr.Attributes()), "trace %d", lr.TraceID()[7]-1)
		}
	}
	t.Run("in time and late", func(t *testing.T) {
		bubbled(t, func(c *Config) { onePercent(c); c.Sampling.DryRun = true }, func(t *testing.T, p *pipelines) {
			send := func(span int) {
				p.send(spanOf(1, span), logOf(1, span), spanOf(2, span, failed), logOf(2, span), spanOf(200, span), logOf(200, span))
			}
			send(1)
			time.Sleep(11 * time.Second)
			send(2)
			require.Len(t, p.spans(), 6)
			require.Len(t, p.records(), 6)
			check(t, p, map[int][3]string{1: drop, 2: failure, 200: keep})
			for _, sig := range []string{"traces", "logs"} {
				for rule, verdict := range map[string]string{"errors": "keep", "default": "drop"} {
					require.EqualValues(t, 2, p.sum("decided_items", attribute.String("signal", sig), attribute.String("rule", rule), attribute.String("verdict", verdict)), rule)
				}
			}
			require.Zero(t, p.sum("spans_dropped")+p.sum("logs_dropped"))
			p.conserved()
		})
	})
	t.Run("without waiting", func(t *testing.T) {
		bubbled(t, func(c *Config) { onePercent(c); c.Sampling.Errors, c.Sampling.DryRun = false, true }, func(t *testing.T, p *pipelines) {
			p.send(spanOf(1, 1), logOf(1, 1), spanOf(200, 1), logOf(200, 1))
			time.Sleep(11 * time.Second)
			require.Len(t, p.spans(), 2)
			require.Len(t, p.records(), 2)
			check(t, p, map[int][3]string{1: drop, 200: keep})
			p.conserved()
		})
	})
	t.Run("at the limits and the end", func(t *testing.T) {
		bubbled(t, func(c *Config) {
			onePercent(c)
			c.Sampling.DryRun, c.MaxItemsPerTrace, c.MaxBytes = true, 3, minBytes
		}, func(t *testing.T, p *pipelines) {
			sent := 0
			big := spanAttr("big", string(make([]byte, 10_000)))
			for n := range 50 {
				for i := range 5 {
					p.send(spanOf(n, i, big))
					time.Sleep(time.Millisecond)
					sent++
				}
			}
			require.NoError(t, p.traces.Shutdown(context.Background()))
			require.NoError(t, p.logs.Shutdown(context.Background()))
			require.Len(t, p.spans(), sent)
			require.NotZero(t, p.sum("decisions", attribute.String("trigger", "limit")))
			p.conserved()
		})
	})
	t.Run("logs without a trace", func(t *testing.T) {
		bubbled(t, func(c *Config) { c.Sampling.DryRun, c.Logs.MissingTraceID.SamplingPercentage = true, 0 }, func(t *testing.T, p *pipelines) {
			p.send(logOf(1, 1, withoutTrace))
			require.Len(t, p.records(), 1)
			require.Equal(t, [3]string{"drop", "missing_trace_id", ""}, notes(p.records()[0].Attributes()))
			require.EqualValues(t, 1, p.sum("decided_items", attribute.String("rule", "missing_trace_id"), attribute.String("verdict", "drop")))
		})
	})
}

// Items and bytes are counted by rule before anything is dropped, each once,
// whether they were held, passed at once or came late.
func TestItemsAndBytesByRule(t *testing.T) {
	bubbled(t, func(c *Config) { onePercent(c); c.Sampling.Suppress.HealthChecks = true }, func(t *testing.T, p *pipelines) {
		var bytes [2]int64
		send := func(data any) {
			switch d := data.(type) {
			case ptrace.Traces:
				bytes[0] += int64((&ptrace.ProtoMarshaler{}).SpanSize(d.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)))
			case plog.Logs:
				bytes[1] += int64((&plog.ProtoMarshaler{}).LogRecordSize(d.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)))
			}
			p.send(data)
		}
		send(spanOf(1, 1))
		send(spanOf(1, 2))
		send(logOf(1, 1))
		send(logOf(2, 1))
		send(spanOf(2, 1, failed)) // evidence: what follows passes
		send(spanOf(2, 2))
		time.Sleep(11 * time.Second)
		send(spanOf(1, 3)) // late
		count := func(name, signal, rule, verdict string) int64 {
			return p.sum(name, attribute.String("signal", signal), attribute.String("rule", rule), attribute.String("verdict", verdict))
		}
		require.EqualValues(t, 3, count("decided_items", "traces", "default", "drop"))
		require.EqualValues(t, 1, count("decided_items", "logs", "default", "drop"))
		require.EqualValues(t, 2, count("decided_items", "traces", "errors", "keep"))
		require.EqualValues(t, 1, count("decided_items", "logs", "errors", "keep"))
		require.Equal(t, bytes[0], p.sum("decided_bytes", attribute.String("signal", "traces")))
		require.Equal(t, bytes[1], p.sum("decided_bytes", attribute.String("signal", "logs")))
	})
}

// Suppressed traffic stays countable by route, and the routes counted by name
// are bounded.
func TestItemsByRoute(t *testing.T) {
	bubbled(t, func(c *Config) {
		c.Sampling.Suppress.HealthChecks, c.Sampling.CountedRoutes = true, 2
	}, func(t *testing.T, p *pipelines) {
		for i := range 3 {
			p.send(spanOf(i, 1, root, get("/healthz")))
		}
		p.send(spanOf(10, 1, root, get("/feed/1")), logOf(10, 1, accessLog("/feed/1", 200)))
		p.send(spanOf(11, 1, root, get("/users/1")), spanOf(12, 1, root, get("/orders/1")))
		count := func(route string) int64 {
			return p.sum("route_received_items", attribute.String("service.name", "cart"), attribute.String("route", route))
		}
		require.EqualValues(t, 3, count("/healthz"))
		require.EqualValues(t, 2, count("/feed/{int}"))
		require.EqualValues(t, 2, count("_other"))
		require.NotZero(t, p.sum("route_received_bytes", attribute.String("route", "_other")))
		require.EqualValues(t, 1000, p.sum("route_limit"))
	})
}
