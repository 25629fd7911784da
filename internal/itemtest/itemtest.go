// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package itemtest makes spans and logs of a service as tests send them.
package itemtest

import (
	"encoding/binary"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// TraceNumbered is the id of the n-th trace. Numbers below 100 are below the
// threshold of 1 %, the others above it, so only the others are ordinarily kept.
func TraceNumbered(n int) (id pcommon.TraceID) {
	binary.BigEndian.PutUint64(id[:8], uint64(n)+1)
	if n >= 100 {
		binary.BigEndian.PutUint64(id[8:], uint64(0xff<<48)|uint64(n))
	} else {
		binary.BigEndian.PutUint64(id[8:], 1<<48|uint64(n)+1)
	}
	return id
}

// SpanNumbered is the id of the n-th span.
func SpanNumbered(n int) (id pcommon.SpanID) {
	binary.BigEndian.PutUint64(id[:], uint64(n)+1)
	return id
}

// Span makes traces with one span of service cart, changed.
func Span(trace, span int, change ...func(ptrace.Span)) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.SetSchemaUrl("https://opentelemetry.io/schemas/1.40.0")
	rs.Resource().Attributes().PutStr("service.name", "cart")
	ss := rs.ScopeSpans().AppendEmpty()
	ss.Scope().SetName("scope")
	s := ss.Spans().AppendEmpty()
	s.SetTraceID(TraceNumbered(trace))
	s.SetSpanID(SpanNumbered(span))
	s.SetParentSpanID(SpanNumbered(9999))
	s.SetName("span")
	for _, c := range change {
		c(s)
	}
	return td
}

// Log makes logs with one record of service cart, changed.
func Log(trace, span int, change ...func(plog.LogRecord)) plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.SetSchemaUrl("https://opentelemetry.io/schemas/1.40.0")
	rl.Resource().Attributes().PutStr("service.name", "cart")
	lr := rl.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	lr.SetTraceID(TraceNumbered(trace))
	lr.SetSpanID(SpanNumbered(span))
	lr.Body().SetStr("log")
	for _, c := range change {
		c(lr)
	}
	return ld
}

// Changes of spans and log records.

// Root makes a span the first of its trace.
func Root(s ptrace.Span) { s.SetParentSpanID(pcommon.SpanID{}) }

// NoID takes the ids from a log.
func NoID(lr plog.LogRecord) { lr.SetTraceID(pcommon.TraceID{}); lr.SetSpanID(pcommon.SpanID{}) }

// SpanAttr gives a span an attribute.
func SpanAttr(key, value string) func(ptrace.Span) {
	return func(s ptrace.Span) { s.Attributes().PutStr(key, value) }
}

// LogAttr gives a log an attribute.
func LogAttr(key, value string) func(plog.LogRecord) {
	return func(lr plog.LogRecord) { lr.Attributes().PutStr(key, value) }
}

// Get makes a span that of a server which answers GET path with 200.
func Get(path string) func(ptrace.Span) {
	return func(s ptrace.Span) {
		s.SetKind(ptrace.SpanKindServer)
		s.Attributes().PutStr("http.request.method", "GET")
		s.Attributes().PutStr("url.path", path)
		s.Attributes().PutInt("http.response.status_code", 200)
	}
}

// AccessLog makes a log say that GET path was answered with the status.
func AccessLog(path string, status int64) func(plog.LogRecord) {
	return func(lr plog.LogRecord) {
		lr.Attributes().PutStr("http.request.method", "GET")
		lr.Attributes().PutStr("url.path", path)
		lr.Attributes().PutInt("http.response.status_code", status)
	}
}
