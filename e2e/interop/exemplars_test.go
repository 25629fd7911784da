// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processortest"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"

	"github.com/otelcol-correlation/correlationprocessor"
)

// page is what a Prometheus gets that asks for OpenMetrics, and keeps the names as they are.
func page(t *testing.T, registry *prometheus.Registry) string {
	r := httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody)
	r.Header.Set("Accept", "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8")
	w := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true}).ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	require.NoError(t, err)
	return string(body)
}

// Counters of flaws have an exemplar with the ids of an item that they counted, the
// labels have one name in all schemes, and what is no flaw has no exemplar.
func TestOpenMetricsHasTheIDsOfFlaws(t *testing.T) {
	registry := prometheus.NewRegistry()
	reader, err := exporter.New(exporter.WithRegisterer(registry))
	require.NoError(t, err)
	meters := metric.NewMeterProvider(metric.WithReader(reader))
	synctest.Test(t, func(t *testing.T) {
		f := correlationprocessor.NewFactory()
		cfg := f.CreateDefaultConfig().(*correlationprocessor.Config)
		cfg.Telemetry.Attributes = []string{"service.version"}
		set := processortest.NewNopSettings(f.Type())
		set.MeterProvider = meters
		traces, err := f.CreateTraces(context.Background(), set, cfg, consumertest.NewNop())
		require.NoError(t, err)
		logs, err := f.CreateLogs(context.Background(), set, cfg, consumertest.NewNop())
		require.NoError(t, err)
		require.NoError(t, traces.Start(context.Background(), componenttest.NewNopHost()))
		require.NoError(t, logs.Start(context.Background(), componenttest.NewNopHost()))
		require.NoError(t, traces.ConsumeTraces(context.Background(), orphan()))
		require.NoError(t, logs.ConsumeLogs(context.Background(), dangling()))
		time.Sleep(time.Minute)
		require.NoError(t, traces.Shutdown(context.Background()))
		require.NoError(t, logs.Shutdown(context.Background()))
	})
	text := page(t, registry)
	for name, span := range map[string]string{"spans_orphan": "0000000000000007", "log_span_dangling": "0000000000000008"} {
		line := lineOf(t, text, name)
		require.Contains(t, line, `service_name="cart"`)
		_, ids, ok := strings.Cut(line, " # {")
		require.True(t, ok, line)
		require.Contains(t, ids, `trace_id="4bf92f3577b34da6a3ce929d0e0e4736"`)
		require.Contains(t, ids, `span_id="`+span+`"`)
	}
	require.Contains(t, lineOf(t, text, "spans_orphan"), `service_version="2"`)
	require.NotContains(t, lineOf(t, text, "traces_checked"), " # {")
}

// lineOf is the one series of a counter of ours.
func lineOf(t *testing.T, page, name string) string {
	found := regexp.MustCompile(`(?m)^otelcol_processor_correlation_`+name+`_total\{.*$`).FindAllString(page, -1)
	require.Len(t, found, 1, name)
	return found[0]
}

var flawed = pcommon.TraceID{0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36}

// orphan is a span whose parent never comes.
func orphan() ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "cart")
	rs.Resource().Attributes().PutStr("service.version", "2")
	s := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	s.SetTraceID(flawed)
	s.SetSpanID(pcommon.SpanID{7: 7})
	s.SetParentSpanID(pcommon.SpanID{7: 6})
	s.SetKind(ptrace.SpanKindInternal)
	s.SetStartTimestamp(pcommon.NewTimestampFromTime(time.Now()))
	s.SetEndTimestamp(s.StartTimestamp() + 1)
	return td
}

// dangling is a log that names a span that never comes.
func dangling() plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr("service.name", "cart")
	lr := rl.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	lr.SetTraceID(flawed)
	lr.SetSpanID(pcommon.SpanID{7: 8})
	return ld
}
