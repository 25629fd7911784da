// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package outlet

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.uber.org/zap"

	"github.com/otelcol-correlation/correlationprocessor/internal/otlpwire"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// started returns an outlet to the next components, one of which is nil, and the
// telemetry it writes.
func started(t *testing.T, traces *consumertest.TracesSink, logs *consumertest.LogsSink) (*Outlet, *componenttest.Telemetry) {
	tel := componenttest.NewTelemetry()
	set := tel.NewTelemetrySettings()
	cfg := rules.DefaultConfig()
	r, err := rules.New(&cfg, rules.Options{MissingPercentage: 100}, set)
	require.NoError(t, err)
	count, err := telemetry.New(set, r.Policy(), false, &telemetry.Gauges{Ready: func() bool { return false }, RoutePatterns: func(func(string, int) bool) {}})
	require.NoError(t, err)
	to := Options{Rules: r, Count: count, Delivered: func(*tracebuffer.Release) {}, Log: zap.NewNop()}
	if traces != nil {
		to.Traces = traces
	} else {
		to.Logs = logs
	}
	o := New(to)
	o.Start()
	t.Cleanup(func() { require.NoError(t, tel.Shutdown(context.WithoutCancel(t.Context()))) })
	return o, tel
}

// nested puts a value so many levels deep.
func nested(m pcommon.Map, levels int) {
	for range levels {
		m = m.PutEmptyMap("a")
	}
}

func dropped(t *testing.T, tel *componenttest.Telemetry, metric, reason string) (total int64) {
	m, err := tel.GetMetric(metric)
	require.NoError(t, err)
	for _, p := range m.Data.(metricdata.Sum[int64]).DataPoints {
		if v, _ := p.Attributes.Value(attribute.Key("reason")); v.AsString() == reason {
			total += p.Value
		}
	}
	return total
}

// The library encodes what is nested deeper than it decodes. Such a record is
// lost and counted; the others of its batch go out.
func TestARecordThatCannotBeDecodedFailsNoOther(t *testing.T) {
	t.Run("spans", func(t *testing.T) {
		sink := new(consumertest.TracesSink)
		o, tel := started(t, sink, nil)
		var r tracebuffer.Release
		for _, levels := range []int{1, 200, 1} {
			s := ptrace.NewSpan()
			nested(s.Attributes(), levels)
			r.Records = append(r.Records, tracebuffer.Record{Header: string(otlpwire.ServiceHeader("a")), Data: otlpwire.AppendSpan(nil, s)})
		}
		o.Push(r)
		require.NoError(t, o.Stop(t.Context()))
		require.Equal(t, 2, sink.SpanCount())
		require.EqualValues(t, 1, dropped(t, tel, "otelcol_processor_correlation_spans_dropped", telemetry.DropCorrupt))
	})
	t.Run("log records", func(t *testing.T) {
		sink := new(consumertest.LogsSink)
		o, tel := started(t, nil, sink)
		var r tracebuffer.Release
		for _, levels := range []int{200, 1, 200} {
			lr := plog.NewLogRecord()
			nested(lr.Body().SetEmptyMap(), levels)
			r.Records = append(r.Records, tracebuffer.Record{Header: string(otlpwire.ServiceHeader("a")), Data: otlpwire.AppendLog(nil, lr), Signal: tracebuffer.Log})
		}
		o.Push(r)
		require.NoError(t, o.Stop(t.Context()))
		require.Equal(t, 1, sink.LogRecordCount())
		require.EqualValues(t, 2, dropped(t, tel, "otelcol_processor_correlation_logs_dropped", telemetry.DropCorrupt))
	})
}
