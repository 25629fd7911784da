// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
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
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.uber.org/zap"

	"github.com/otelcol-correlation/correlationprocessor"
	"github.com/otelcol-correlation/correlationprocessor/internal/config"
	"github.com/otelcol-correlation/correlationprocessor/internal/itemtest"
	"github.com/otelcol-correlation/correlationprocessor/internal/metadatatest"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry/telemetrytest"
)

const minBytes = config.MinBytes

// Config is the processor's.
type Config = correlationprocessor.Config

// pipelines is the processor in a traces and a logs pipeline, as the Collector
// builds it, with sinks behind it and its telemetry at hand.
type pipelines struct {
	page
	logger   *zap.Logger // nil for none
	traces   processor.Traces
	logs     processor.Logs
	spanSink *consumertest.TracesSink
	logSink  *consumertest.LogsSink
	flow     // what goes in and out
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
	f := correlationprocessor.NewFactory()
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
	f := correlationprocessor.NewFactory()
	cfg := f.CreateDefaultConfig().(*Config)
	shortWaits(cfg)
	change(cfg)
	require.NoError(t, confmap.Validate(cfg))
	set := metadatatest.NewSettings(p.telemetry)
	if p.logger != nil {
		set.Logger = p.logger
	}
	traces, err := f.CreateTraces(context.Background(), set, cfg, nextTraces{spans, &p.spansTaken})
	require.NoError(t, err)
	records, err := f.CreateLogs(context.Background(), set, cfg, nextLogs{logs, &p.logsTaken})
	require.NoError(t, err)
	p.traces, p.logs = countedTraces{traces, &p.spansSent}, countedLogs{records, &p.logsSent}
	require.NoError(t, p.traces.Start(context.Background(), componenttest.NewNopHost()))
	require.NoError(t, p.logs.Start(context.Background(), componenttest.NewNopHost()))
}

// shortWaits are those of the tests: short enough to be slept through by a clock that
// is not the test's own, and apart from each other.
func shortWaits(c *Config) {
	c.DecisionWait, c.DecisionWaitAfterRoot, c.Logs.JoinWait = 10*time.Second, 2*time.Second, 2*time.Second
	c.Hindsight = 0
}

// shutdown stops the processor, which holds nothing then.
func (p *pipelines) shutdown() {
	require.NoError(p.t, p.traces.Shutdown(context.Background()))
	require.NoError(p.t, p.logs.Shutdown(context.Background()))
	require.Zero(p.t, p.sum("spans_held")+p.sum("logs_held"))
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
	return telemetrytest.Sum(p.telemetry, name, attrs...)
}

// reading is what one reading of all metrics shows: of each metric of integers the sum of its series.
func (p *pipelines) reading() map[string]int64 {
	var all metricdata.ResourceMetrics
	require.NoError(p.t, p.telemetry.Reader.Collect(context.Background(), &all))
	out := map[string]int64{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			for _, dp := range telemetrytest.Points(m) {
				out[strings.TrimPrefix(m.Name, "otelcol_processor_correlation_")] += dp.Value
			}
		}
	}
	return out
}

// conserved checks, when no call is under way, that no item had a third fate: all that was sent was received, all
// that the next components took is kept, and what has no fate yet is held.
func (p *pipelines) conserved() {
	now := p.reading()
	for name, n := range map[string]struct{ sent, taken int64 }{
		"spans": {p.spansSent.Load(), p.spansTaken.Load()}, "logs": {p.logsSent.Load(), p.logsTaken.Load()},
	} {
		held := now[name+"_held"]
		require.Equal(p.t, n.sent, now[name+"_received"], "%s received", name)
		require.Equal(p.t, n.taken, now[name+"_kept"], "%s kept", name)
		require.Equal(p.t, n.sent, n.taken+now[name+"_dropped"]+now[name+"_refused"]+held, name)
		require.GreaterOrEqual(p.t, held, int64(0), "%s held", name)
	}
}

// Short names, for every test has many of them.
var (
	spanOf, logOf               = itemtest.Span, itemtest.Log
	traceNumbered, spanNumbered = itemtest.TraceNumbered, itemtest.SpanNumbered
	root, noID                  = itemtest.Root, itemtest.NoID
	spanAttr, logAttr           = itemtest.SpanAttr, itemtest.LogAttr
	get, accessLog              = itemtest.Get, itemtest.AccessLog
)

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
