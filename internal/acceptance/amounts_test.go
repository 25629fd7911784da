// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor/internal/stamp"
)

func withoutTrace(lr plog.LogRecord) { lr.SetTraceID(pcommon.TraceID{}) }

// notes are what a dry run noted on an item.
func notes(attrs pcommon.Map) (out [3]string) {
	for i, key := range []string{stamp.AttributeDryVerdict, stamp.AttributeDryRule, stamp.AttributeDryThreshold} {
		if v, ok := attrs.Get(key); ok {
			out[i] = v.Str()
		}
	}
	return out
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
			return p.sum("route_received_items", attribute.String("service_name", "cart"), attribute.String("route", route))
		}
		require.EqualValues(t, 3, count("/healthz"))
		require.EqualValues(t, 2, count("/feed/{int}"))
		require.EqualValues(t, 2, count("_other"))
		require.NotZero(t, p.sum("route_received_bytes", attribute.String("route", "_other")))
		require.EqualValues(t, 1000, p.sum("route_limit"))
	})
}
