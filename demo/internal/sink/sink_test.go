// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

const hexID = "4bf92f3577b34da6a3ce929d0e0e4736"

var traceID = pcommon.TraceID{0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36}

func TestSinkRemembersWhatItReceives(t *testing.T) {
	s, err := Start()
	require.NoError(t, err)
	defer s.Close()
	connection, err := grpc.NewClient(s.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer func() { require.NoError(t, connection.Close()) }()

	traces := ptrace.NewTraces()
	resource := traces.ResourceSpans().AppendEmpty()
	resource.Resource().Attributes().PutStr("service.name", "orders")
	span := resource.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	span.SetTraceID(traceID)
	span.SetSpanID(pcommon.SpanID{1})
	span.Attributes().PutStr("url.full", "http://127.0.0.1:1/users/7?x=y")
	span.Attributes().PutStr("url.template", "/users/{int}")
	span.Attributes().PutInt("http.response.status_code", 503)
	_, err = ptraceotlp.NewGRPCClient(connection).Export(t.Context(), ptraceotlp.NewExportRequestFromTraces(traces))
	require.NoError(t, err)

	logs := plog.NewLogs()
	record := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	record.Body().SetStr(`{"path":"/users/7","trace_id":"` + hexID + `"}`)
	record.SetSeverityNumber(plog.SeverityNumberError2)
	record.SetTimestamp(5)
	_, err = plogotlp.NewGRPCClient(connection).Export(t.Context(), plogotlp.NewExportRequestFromLogs(logs))
	require.NoError(t, err)

	spanCount, logCount := s.Counts()
	require.Equal(t, 1, spanCount)
	require.Equal(t, 1, logCount)
	require.Equal(t, Records{
		Spans: []Span{{
			Service: "orders", Trace: traceID, ID: pcommon.SpanID{1},
			Path: "/users/7", Pattern: "/users/{int}", Failed: true,
		}},
		Logs: []Log{{
			Time: 5, Body: record.Body().Str(), Trace: traceID, Path: "/users/7", Failed: true,
		}},
	}, s.Records())
}

func TestFailedSpans(t *testing.T) {
	for name, test := range map[string]struct {
		status int64 // HTTP, 0 for none
		code   ptrace.StatusCode
		want   bool
	}{
		"ok":                         {200, ptrace.StatusCodeUnset, false},
		"client 4xx is not demanded": {404, ptrace.StatusCodeError, false},
		"5xx":                        {500, ptrace.StatusCodeUnset, true},
		"no HTTP, error":             {0, ptrace.StatusCodeError, true},
		"no HTTP, fine":              {0, ptrace.StatusCodeOk, false},
	} {
		span := ptrace.NewSpan()
		span.Status().SetCode(test.code)
		if test.status != 0 {
			span.Attributes().PutInt("http.response.status_code", test.status)
		}
		require.Equal(t, test.want, failed(span), name)
	}
}

func TestTraceIDsAndReasons(t *testing.T) {
	for name, test := range map[string]struct {
		fill func(plog.LogRecord)
		want Reason
	}{
		"own field":           {func(r plog.LogRecord) { r.SetTraceID(traceID) }, ""},
		"traceparent":         {func(r plog.LogRecord) { r.Attributes().PutStr("traceparent", "00-"+hexID+"-00f067aa0ba902b7-01") }, ""},
		"body":                {func(r plog.LogRecord) { r.Body().SetStr(`{"trace_id":"` + hexID + `"}`) }, ""},
		"nowhere":             {func(r plog.LogRecord) { r.Body().SetStr("hello") }, Absent},
		"no body":             {func(plog.LogRecord) {}, Absent},
		"zeros":               {func(r plog.LogRecord) { r.Body().SetStr(`{"trace_id":"00000000000000000000000000000000"}`) }, InvalidZero},
		"dash":                {func(r plog.LogRecord) { r.Body().SetStr(`{"trace_id":"-"}`) }, Placeholder},
		"not an id":           {func(r plog.LogRecord) { r.Body().SetStr(`{"trace_id":"xyz"}`) }, Malformed},
		"traceparent too few": {func(r plog.LogRecord) { r.Attributes().PutStr("traceparent", "00-"+hexID) }, Malformed},
	} {
		record := plog.NewLogRecord()
		test.fill(record)
		read := readLog("orders", record)
		require.Equal(t, test.want, read.Missing, name)
		require.Equal(t, test.want == "", read.Trace == traceID, name)
	}
}
