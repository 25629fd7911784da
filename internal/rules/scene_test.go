// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"encoding/binary"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

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

// spanOf makes a batch of one span, which is not the root of its trace.
func spanOf(trace int, change ...func(ptrace.Span)) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "cart")
	s := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	s.SetTraceID(traceNumbered(trace))
	s.SetParentSpanID(pcommon.SpanID{7: 1})
	s.SetName("span")
	for _, c := range change {
		c(s)
	}
	return td
}

// logOf makes a batch of one log record.
func logOf(trace int, change ...func(plog.LogRecord)) plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr("service.name", "cart")
	lr := rl.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	lr.SetTraceID(traceNumbered(trace))
	lr.Body().SetStr("log")
	for _, c := range change {
		c(lr)
	}
	return ld
}

// headerAsks is a batch of one log record with a trace header that asks to keep
// the trace.
type headerAsks struct{ plog.Logs }

// Changes of spans and log records.

func root(s ptrace.Span) { s.SetParentSpanID(pcommon.SpanID{}) }

func failed(s ptrace.Span) { s.Status().SetCode(ptrace.StatusCodeError) }

func failedLog(lr plog.LogRecord) { lr.SetSeverityNumber(plog.SeverityNumberError) }

func spanAttr(key, value string) func(ptrace.Span) {
	return func(s ptrace.Span) { s.Attributes().PutStr(key, value) }
}

func logAttr(key, value string) func(plog.LogRecord) {
	return func(lr plog.LogRecord) { lr.Attributes().PutStr(key, value) }
}

func listed(attrs pcommon.Map, key string, values ...string) {
	list := attrs.PutEmptySlice(key)
	for _, v := range values {
		list.AppendEmpty().SetStr(v)
	}
}

func kind(k ptrace.SpanKind) func(ptrace.Span) {
	return func(s ptrace.Span) { s.SetKind(k) }
}

func took(d time.Duration) func(ptrace.Span) {
	return func(s ptrace.Span) {
		s.SetStartTimestamp(1e18)
		s.SetEndTimestamp(1e18 + pcommon.Timestamp(d))
	}
}

func get(path string) func(ptrace.Span) {
	return func(s ptrace.Span) {
		s.SetKind(ptrace.SpanKindServer)
		s.Attributes().PutStr("http.request.method", "GET")
		s.Attributes().PutStr("url.path", path)
		s.Attributes().PutInt("http.response.status_code", 200)
	}
}

func accessLog(path string, status int64) func(plog.LogRecord) {
	return func(lr plog.LogRecord) {
		lr.Attributes().PutStr("http.request.method", "GET")
		lr.Attributes().PutStr("url.path", path)
		lr.Attributes().PutInt("http.response.status_code", status)
	}
}

// onePercent is the default configuration with 1 % kept, changed.
func onePercent(change ...func(*Config)) *Config {
	c := DefaultConfig()
	c.SamplingPercentage = 1
	for _, f := range change {
		f(&c)
	}
	return &c
}

func compiled(t require.TestingT, c *Config, o Options) *Rules {
	require.NoError(t, c.Validate())
	r, err := New(c, o, componenttest.NewNopTelemetrySettings())
	require.NoError(t, err)
	return r
}

// patternOf stands for the route table: a framework's route goes first, and
// numbers in a path become {int}.
func patternOf(path, route string) string {
	if route != "" {
		return route
	}
	return number.ReplaceAllString(path, "/{int}")
}

var number = regexp.MustCompile("/[0-9]+")

// read reads a log record as the processor does.
func read(lr plog.LogRecord) (v record.Log) {
	paths := []string{"path"}
	v.Begin(lr)
	for key, val := range lr.Attributes().All() {
		v.Read(key, val, paths)
	}
	v.ReadBody(lr, record.BodyText(lr.Body()), paths)
	return v
}

// match is what a batch of one item says about the rules.
func match(m *Matcher, r *Rules, data any) sampling.Finding {
	m.Use(r)
	switch d := data.(type) {
	case ptrace.Traces:
		rs := d.ResourceSpans().At(0)
		ss := rs.ScopeSpans().At(0)
		s := ss.Spans().At(0)
		var v record.Span
		v.Read(s.Attributes())
		pattern := patternOf(v.Path.Text, v.Route)
		if r.ReadsEdits() {
			s.Attributes().PutStr("url.template", pattern)
		}
		m.EnterSpans(rs)
		return m.Span(ss, s, &v, pattern)
	case headerAsks:
		return matchLog(m, d.Logs, true)
	default:
		return matchLog(m, data.(plog.Logs), false)
	}
}

func matchLog(m *Matcher, ld plog.Logs, debug bool) sampling.Finding {
	rl := ld.ResourceLogs().At(0)
	sl := rl.ScopeLogs().At(0)
	lr := sl.LogRecords().At(0)
	v := read(lr)
	v.Debug = debug
	m.EnterLogs(rl)
	return m.Log(sl, lr, &v, patternOf(v.Path.Text, v.Route))
}

// ruleCase says what the items of one trace bring about. The trace's
// randomness is below the threshold of 1 %, so only rules keep it.
type ruleCase struct {
	name   string
	change func(*Config)
	items  []any
	keep   bool
	rule   string
}

func items(data ...any) []any { return data }

// runRuleCases merges what the items of each case say and decides on them, in
// both orders.
func runRuleCases(t *testing.T, cases []ruleCase) {
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			r := compiled(t, onePercent(tt.change), Options{Written: []string{"url.template"}, MissingPercentage: 100})
			require.NoError(t, r.Start())
			defer func() { require.NoError(t, r.Stop()) }()
			var m Matcher
			id := traceOf(tt.items[0])
			first := match(&m, r, tt.items[0])
			forward, backward := first, first
			for i := range tt.items {
				forward = forward.Merge(match(&m, r, tt.items[i]))
				backward = backward.Merge(match(&m, r, tt.items[len(tt.items)-1-i]))
				require.NoError(t, m.Err)
				require.Empty(t, m.Failed)
			}
			require.Equal(t, forward, backward)
			verdict := r.Policy().Decide(forward, sampling.Size{Spans: len(tt.items)}, sampling.IDRandomness(id))
			require.Equal(t, tt.rule, r.Policy().Rules()[verdict.Rule].Name)
			require.Equal(t, tt.keep, verdict.Keep)
		})
	}
}

func traceOf(data any) pcommon.TraceID {
	switch d := data.(type) {
	case ptrace.Traces:
		return d.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).TraceID()
	case headerAsks:
		return traceOf(d.Logs)
	default:
		return data.(plog.Logs).ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).TraceID()
	}
}
