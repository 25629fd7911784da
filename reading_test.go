// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor/internal/config"
	"github.com/otelcol-correlation/correlationprocessor/internal/otlpwire"
	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry/telemetrytest"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// reading is what reads items and finds what they are to get, without an engine that
// decides on them.
type reading struct {
	t          *testing.T
	cfg        *Config
	services   *telemetry.Services
	cards      cardinality
	correlator *correlator
	encoder    otlpwire.Encoder
	tally      telemetry.Tally
}

// newReading returns the readers of the default configuration, changed.
func newReading(t *testing.T, change func(*Config)) *reading {
	t.Helper()
	cfg := config.Default()
	change(cfg)
	require.NoError(t, confmap.Validate(cfg))
	table, err := cfg.Routes.Table(0)
	require.NoError(t, err)
	r := &reading{
		t: t, cfg: cfg, services: telemetry.NewServices(table, cfg.Telemetry.Attributes, math.MaxInt32),
		cards: newCardinality(cfg), correlator: newCorrelator(&cfg.Logs, cfg.Routes.Attribute),
	}
	r.encoder.Use(otlpwire.NewEncoding(func(string) {}), math.MaxInt32)
	return r
}

// span returns the one span as it goes on, its edit, and what was found in it. As it
// comes out of the buffer, where the edit is bytes behind the span's own, it must be the
// same.
func (r *reading) span(td ptrace.Traces) (ptrace.Span, edit, record.Span) {
	r.t.Helper()
	rs := td.ResourceSpans().At(0)
	s := rs.ScopeSpans().At(0).Spans().At(0)
	var v record.Span
	v.Read(s.Attributes())
	e := r.cards.span(r.services.Of(rs.Resource()), s, &v, false)
	r.tally.Route(e.source)
	r.cards.maskSpan(&e, s, &v)
	held := ptrace.NewSpan()
	s.CopyTo(held)
	e.makeRoom(held.Attributes())
	bytes, ok := r.encoder.AppendSpan(nil, held)
	require.True(r.t, ok)
	out, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(message(e.appendSpan(bytes)))
	require.NoError(r.t, err)
	e.applySpan(s)
	held = out.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
	require.Equal(r.t, s.Name(), held.Name())
	r.same(s.Attributes(), held.Attributes())
	return s, e, v
}

// log does for the one log record what span does for a span.
func (r *reading) log(ld plog.Logs) (plog.LogRecord, edit, record.Log) {
	r.t.Helper()
	rl := ld.ResourceLogs().At(0)
	lr := rl.ScopeLogs().At(0).LogRecords().At(0)
	svc := r.services.Of(rl.Resource())
	v := r.correlator.readLog(rl.Resource(), lr, &r.tally, svc)
	e := r.cards.log(svc, lr, &v, false)
	r.tally.Route(e.source)
	r.cards.maskLog(&e, lr, &v)
	held := plog.NewLogRecord()
	lr.CopyTo(held)
	e.makeRoom(held.Attributes())
	bytes, ok := r.encoder.AppendLog(nil, held)
	require.True(r.t, ok)
	out, err := (&plog.ProtoUnmarshaler{}).UnmarshalLogs(message(e.appendLog(bytes)))
	require.NoError(r.t, err)
	e.apply(lr.Attributes())
	r.same(lr.Attributes(), out.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes())
	return lr, e, v
}

// rule returns the rule that decides on the item, by itself.
func (r *reading) rule(item any) string {
	r.t.Helper()
	compiled, err := rules.New(&r.cfg.Sampling, ruleOptions(r.cfg), componenttest.NewNopTelemetrySettings())
	require.NoError(r.t, err)
	var m rules.Matcher
	m.Use(compiled)
	var f sampling.Finding
	switch d := item.(type) {
	case ptrace.Traces:
		m.EnterSpans(d.ResourceSpans().At(0))
		s, e, v := r.span(d)
		f = m.Span(d.ResourceSpans().At(0).ScopeSpans().At(0), s, &v, e.pattern)
	case plog.Logs:
		m.EnterLogs(d.ResourceLogs().At(0))
		lr, e, v := r.log(d)
		f = m.Log(d.ResourceLogs().At(0).ScopeLogs().At(0), lr, &v, e.pattern)
	}
	return compiled.Policy().Rules()[compiled.Policy().Rule(f)].Name
}

// copied is the item again, for a test that changes it.
func copied(item any) any {
	if td, ok := item.(ptrace.Traces); ok {
		out := ptrace.NewTraces()
		td.CopyTo(out)
		return out
	}
	out := plog.NewLogs()
	item.(plog.Logs).CopyTo(out)
	return out
}

// message is an OTLP message of one record.
func message(rec []byte) []byte {
	return otlpwire.AppendResource(nil, "", []otlpwire.Scope{{Records: [][]byte{rec}}})
}

// same checks that attributes passed and held are alike, and each is there once.
func (r *reading) same(passed, held pcommon.Map) {
	r.t.Helper()
	require.Equal(r.t, passed.AsRaw(), held.AsRaw())
	require.Equal(r.t, len(passed.AsRaw()), passed.Len())
	require.Equal(r.t, passed.Len(), held.Len())
}

// counted returns what adds up the metrics of what was read, as those of a signal.
func (r *reading) counted(sig tracebuffer.Signal) func(name string, attrs ...attribute.KeyValue) int64 {
	tel := componenttest.NewTelemetry()
	r.t.Cleanup(func() { require.NoError(r.t, tel.Shutdown(context.Background())) })
	cfg := rules.DefaultConfig()
	policy, err := rules.New(&cfg, rules.Options{}, tel.NewTelemetrySettings())
	require.NoError(r.t, err)
	instruments, err := telemetry.New(tel.NewTelemetrySettings(), policy.Policy(), false, &telemetry.Gauges{
		Ready: func() bool { return false }, RoutePatterns: func(func(string, int) bool) {}, KeysOverLimit: func(func(string, int) bool) {},
	})
	require.NoError(r.t, err)
	r.tally.Flush(instruments, sig)
	return func(name string, attrs ...attribute.KeyValue) int64 { return telemetrytest.Sum(tel, name, attrs...) }
}
