// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.uber.org/zap"

	"github.com/otelcol-correlation/correlationprocessor/internal/config"
	"github.com/otelcol-correlation/correlationprocessor/internal/metadatatest"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

const minBytes = config.MinBytes

// pipelines is the processor in a traces and a logs pipeline, as the Collector
// builds it, with sinks behind it and its telemetry at hand.
type pipelines struct {
	page
	logger   *zap.Logger // nil for none
	traces   processor.Traces
	logs     processor.Logs
	spanSink *consumertest.TracesSink
	logSink  *consumertest.LogsSink
}

// newPipelines starts the processor with the default configuration but for its waits,
// changed.
func newPipelines(t require.TestingT, change func(*Config)) *pipelines {
	p := &pipelines{spanSink: new(consumertest.TracesSink), logSink: new(consumertest.LogsSink)}
	p.start(t, change, p.spanSink, p.logSink)
	return p
}

// startTwice starts the processor in a second logs pipeline as well, with the same sink behind it.
func (p *pipelines) startTwice(t require.TestingT, change func(*Config)) (second processor.Logs, err error) {
	p.t, p.telemetry = t, componenttest.NewTelemetry()
	f := NewFactory()
	cfg := f.CreateDefaultConfig().(*Config)
	change(cfg)
	require.NoError(t, confmap.Validate(cfg))
	set := metadatatest.NewSettings(p.telemetry)
	p.traces, err = f.CreateTraces(context.Background(), set, cfg, p.spanSink)
	require.NoError(t, err)
	p.logs, err = f.CreateLogs(context.Background(), set, cfg, p.logSink)
	require.NoError(t, err)
	second, err = f.CreateLogs(context.Background(), set, cfg, p.logSink)
	require.NoError(t, err)
	for _, c := range []component.Component{p.traces, p.logs, second} {
		require.NoError(t, c.Start(context.Background(), componenttest.NewNopHost()))
	}
	return second, err
}

func (p *pipelines) start(t require.TestingT, change func(*Config), spans consumer.Traces, logs consumer.Logs) {
	p.t, p.telemetry = t, componenttest.NewTelemetry()
	f := NewFactory()
	cfg := f.CreateDefaultConfig().(*Config)
	shortWaits(cfg)
	change(cfg)
	require.NoError(t, confmap.Validate(cfg))
	set := metadatatest.NewSettings(p.telemetry)
	if p.logger != nil {
		set.Logger = p.logger
	}
	var err error
	p.traces, err = f.CreateTraces(context.Background(), set, cfg, spans)
	require.NoError(t, err)
	p.logs, err = f.CreateLogs(context.Background(), set, cfg, logs)
	require.NoError(t, err)
	require.NoError(t, p.traces.Start(context.Background(), componenttest.NewNopHost()))
	require.NoError(t, p.logs.Start(context.Background(), componenttest.NewNopHost()))
}

// shortWaits are those of the tests: short enough to be slept through by a clock that
// is not the test's own, and apart from each other.
func shortWaits(c *Config) {
	c.DecisionWait, c.DecisionWaitAfterRoot, c.Logs.JoinWait = 10*time.Second, 2*time.Second, 2*time.Second
	c.Hindsight = 0
}

func (p *pipelines) shutdown() {
	require.NoError(p.t, p.traces.Shutdown(context.Background()))
	require.NoError(p.t, p.logs.Shutdown(context.Background()))
	require.NoError(p.t, p.telemetry.Shutdown(context.Background()))
}

func (p *pipelines) send(data ...any) {
	for _, d := range data {
		switch d := d.(type) {
		case ptrace.Traces:
			require.NoError(p.t, p.traces.ConsumeTraces(context.Background(), d))
		case plog.Logs:
			require.NoError(p.t, p.logs.ConsumeLogs(context.Background(), d))
		}
	}
}

// page is what somebody who reads the metrics gets.
type page struct {
	t         require.TestingT
	telemetry *componenttest.Telemetry
}

// sum adds up the data points of a metric that have the attributes.
func (p *page) sum(name string, attrs ...attribute.KeyValue) int64 {
	m, err := p.telemetry.GetMetric("otelcol_processor_correlation_" + name)
	if err != nil {
		return 0
	}
	var total int64
	for _, dp := range points(m) {
		if has(dp.Attributes, attrs) {
			total += dp.Value
		}
	}
	return total
}

func has(set attribute.Set, attrs []attribute.KeyValue) bool {
	for _, a := range attrs {
		if v, ok := set.Value(a.Key); !ok || v != a.Value {
			return false
		}
	}
	return true
}

// reading is what one reading of all metrics shows: of each metric of integers the sum of its series.
func (p *pipelines) reading() map[string]int64 {
	var all metricdata.ResourceMetrics
	require.NoError(p.t, p.telemetry.Reader.Collect(context.Background(), &all))
	out := map[string]int64{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			for _, dp := range points(m) {
				out[strings.TrimPrefix(m.Name, "otelcol_processor_correlation_")] += dp.Value
			}
		}
	}
	return out
}

func points(m metricdata.Metrics) []metricdata.DataPoint[int64] {
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		return data.DataPoints
	case metricdata.Gauge[int64]:
		return data.DataPoints
	}
	return nil
}

// conserved checks, when no call is under way, that no item had a third fate: what has none yet is in the buffer.
func (p *pipelines) conserved() {
	now, buffer := p.reading(), p.traces.(*pipeline).engine.buffer
	for sig, name := range [...]string{tracebuffer.Span: "spans", tracebuffer.Log: "logs"} {
		held := now[name+"_held"]
		require.Equal(p.t, now[name+"_received"], now[name+"_kept"]+now[name+"_dropped"]+now[name+"_refused"]+held, name)
		require.Equal(p.t, buffer.Held(tracebuffer.Signal(sig)), held, "%s held", name)
	}
}

// traceNumbered is the id of the n-th trace. Numbers below 100 are below the
// threshold of 1 %, the others above it, so only the others are ordinarily kept.
func traceNumbered(n int) (id pcommon.TraceID) {
	binary.BigEndian.PutUint64(id[:8], uint64(n)+1)
	if n >= 100 {
		binary.BigEndian.PutUint64(id[8:], uint64(0xff<<48)|uint64(n))
	} else {
		binary.BigEndian.PutUint64(id[8:], 1<<48|uint64(n)+1)
	}
	return id
}

func spanNumbered(n int) (id pcommon.SpanID) {
	binary.BigEndian.PutUint64(id[:], uint64(n)+1)
	return id
}

// spanOf makes traces with one span.
func spanOf(trace, span int, change ...func(ptrace.Span)) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.SetSchemaUrl("https://opentelemetry.io/schemas/1.40.0")
	rs.Resource().Attributes().PutStr("service.name", "cart")
	ss := rs.ScopeSpans().AppendEmpty()
	ss.Scope().SetName("scope")
	s := ss.Spans().AppendEmpty()
	s.SetTraceID(traceNumbered(trace))
	s.SetSpanID(spanNumbered(span))
	s.SetParentSpanID(spanNumbered(9999))
	s.SetName("span")
	for _, c := range change {
		c(s)
	}
	return td
}

// logOf makes logs with one record.
func logOf(trace, span int, change ...func(plog.LogRecord)) plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.SetSchemaUrl("https://opentelemetry.io/schemas/1.40.0")
	rl.Resource().Attributes().PutStr("service.name", "cart")
	lr := rl.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	lr.SetTraceID(traceNumbered(trace))
	lr.SetSpanID(spanNumbered(span))
	lr.Body().SetStr("log")
	for _, c := range change {
		c(lr)
	}
	return ld
}

func root(s ptrace.Span) { s.SetParentSpanID(pcommon.SpanID{}) }

func failed(s ptrace.Span) { s.Status().SetCode(ptrace.StatusCodeError) }

func failedLog(lr plog.LogRecord) { lr.SetSeverityNumber(plog.SeverityNumberError) }

func onePercent(c *Config) { c.Sampling.SamplingPercentage = 1 }

// spans returns the spans that came out, and logs the log records.
func (p *pipelines) spans() (out []ptrace.Span) {
	for _, td := range p.spanSink.AllTraces() {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, s := range ss.Spans().All() {
					out = append(out, s)
				}
			}
		}
	}
	return out
}

func (p *pipelines) records() (out []plog.LogRecord) {
	for _, ld := range p.logSink.AllLogs() {
		for _, rl := range ld.ResourceLogs().All() {
			for _, sl := range rl.ScopeLogs().All() {
				for _, lr := range sl.LogRecords().All() {
					out = append(out, lr)
				}
			}
		}
	}
	return out
}

var errNext = errors.New("next component failed")

// bubbled runs a test in a bubble with a clock of its own.
func bubbled(t *testing.T, change func(*Config), run func(*testing.T, *pipelines)) {
	synctest.Test(t, func(t *testing.T) {
		p := newPipelines(t, change)
		defer p.shutdown()
		run(t, p)
	})
}
