// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// healthMetrics are all metrics that tell of broken data.
var healthMetrics = []string{
	"client_without_server", "evidence_lost", "late_item_age", "log_span_dangling", "logs_missing_trace_id",
	"logs_without_spans", "propagation_broken", "span_clock_skew", "spans_bad_time", "spans_duplicate_id",
	"spans_orphan", "spans_remote_parent_unseen", "spans_zero_id", "traces_disconnected", "traces_multi_root",
	"traces_rootless", "traces_unchecked", "traces_without_logs",
}

// findings returns every point of the metrics, as name{service,other labels in
// order of their keys}, with its value or, of a histogram, its sum in ms.
func (p *page) findings(names ...string) map[string]int64 {
	out := map[string]int64{}
	for _, name := range names {
		m, err := p.telemetry.GetMetric("otelcol_processor_correlation_" + name)
		if err != nil {
			continue
		}
		switch data := m.Data.(type) {
		case metricdata.Sum[int64]:
			for _, dp := range data.DataPoints {
				out[name+labelValues(dp.Attributes)] += dp.Value
			}
		case metricdata.Histogram[float64]:
			for _, dp := range data.DataPoints {
				out[name+labelValues(dp.Attributes)] += int64(1000*dp.Sum + 0.5)
			}
		}
	}
	return out
}

func labelValues(set attribute.Set) string {
	service, rest := "", ""
	for _, kv := range set.ToSlice() {
		if kv.Key == "service_name" {
			service = kv.Value.AsString()
		} else {
			rest += "," + kv.Value.AsString()
		}
	}
	return "{" + service + rest + "}"
}

// scene is telemetry of several services about the same moment.
type scene struct {
	td  ptrace.Traces
	ld  plog.Logs
	now time.Time
}

func newScene() *scene {
	return &scene{td: ptrace.NewTraces(), ld: plog.NewLogs(), now: time.Now()}
}

// span adds a span that runs from ms to ms before now; parent 0 is none.
func (sc *scene) span(service string, trace, id, parent int, kind ptrace.SpanKind, change ...func(ptrace.Span)) *scene {
	rs := sc.td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", service)
	s := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	s.SetTraceID(traceNumbered(trace))
	s.SetSpanID(spanNumbered(id))
	if parent != 0 {
		s.SetParentSpanID(spanNumbered(parent))
	}
	s.SetKind(kind)
	s.SetStartTimestamp(sc.at(-1000 + 10*id))
	s.SetEndTimestamp(sc.at(-10 * id))
	for _, c := range change {
		c(s)
	}
	return sc
}

func (sc *scene) at(ms int) pcommon.Timestamp {
	return pcommon.NewTimestampFromTime(sc.now.Add(time.Duration(ms) * time.Millisecond))
}

func (sc *scene) log(service string, trace, span int, change ...func(plog.LogRecord)) *scene {
	rl := sc.ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr("service.name", service)
	lr := rl.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	lr.SetTraceID(traceNumbered(trace))
	lr.SetSpanID(spanNumbered(span))
	for _, c := range change {
		c(lr)
	}
	return sc
}

const (
	server   = ptrace.SpanKindServer
	client   = ptrace.SpanKindClient
	inner    = ptrace.SpanKindInternal
	sends    = ptrace.SpanKindProducer
	receives = ptrace.SpanKindConsumer
)

func toOrders(s ptrace.Span) {
	s.Attributes().PutStr("server.address", "10.0.0.7")
	s.Attributes().PutInt("server.port", 8080)
}

func flags(bits uint32) func(ptrace.Span) { return func(s ptrace.Span) { s.SetFlags(bits) } }

func sampledLog(lr plog.LogRecord) { lr.SetFlags(plog.DefaultLogRecordFlags.WithIsSampled(true)) }

// whole adds a trace of two services in which nothing is wrong.
func (sc *scene) whole(trace int) *scene {
	return sc.
		span("cart", trace, 1, 0, server).
		span("cart", trace, 2, 1, client, toOrders).
		span("orders", trace, 3, 2, server, toOrders).
		span("orders", trace, 4, 3, inner).
		log("cart", trace, 1).log("orders", trace, 4)
}
