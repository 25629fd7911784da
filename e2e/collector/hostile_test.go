// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/e2e/harness"
	"github.com/otelcol-correlation/correlationprocessor/testkit/collector"
)

// fewKept samples so little that what comes through it did not come by chance.
const fewKept = `{
  decision_wait: 1s, decision_wait_after_root: 1s,
  sampling: {sampling_percentage: 0.001, errors: true}}`

// highTrace has the highest randomness there is: sampling keeps it at any rate.
var highTrace = pcommon.TraceID(bytes.Repeat([]byte{0xff}, 16))

const tenMB = 10 << 20

// missing is a log without a usable trace id, with the reason it is counted by.
type missing struct {
	reason string
	fill   func(plog.LogRecord)
}

func attribute(key, value string) func(plog.LogRecord) {
	return func(record plog.LogRecord) { record.Attributes().PutStr(key, value) }
}

func body(text string) func(plog.LogRecord) {
	return func(record plog.LogRecord) { record.Body().SetStr(text) }
}

var logsWithoutID = map[string]missing{
	"nothing at all":  {"absent", func(plog.LogRecord) {}},
	"map body":        {"absent", func(r plog.LogRecord) { r.Body().SetEmptyMap().PutStr("msg", "hello") }},
	"slice body":      {"absent", func(r plog.LogRecord) { r.Body().SetEmptySlice().AppendEmpty().SetStr("hello") }},
	"bytes body":      {"absent", func(r plog.LogRecord) { r.Body().SetEmptyBytes().FromRaw([]byte{0, 0xff, 0xfe}) }},
	"number body":     {"absent", func(r plog.LogRecord) { r.Body().SetDouble(-0.5) }},
	"empty body":      {"absent", body("")},
	"10 MB text":      {"absent", body(strings.Repeat("no id in here; ", tenMB/15))},
	"10 MB of JSON":   {"absent", body(`{"msg":"` + strings.Repeat("x", tenMB) + `"}`)},
	"deep JSON":       {"absent", body(strings.Repeat(`{"a":`, 10_000))},
	"deep map":        {"absent", deepMap},
	"cut JSON":        {"absent", body(`{"trace_id":`)},
	"zero id":         {"invalid_zero", attribute("trace_id", strings.Repeat("0", 32))},
	"dash for an id":  {"placeholder", attribute("trace_id", "-")},
	"N/A for an id":   {"placeholder", attribute("trace_id", "N/A")},
	"three digits":    {"malformed", attribute("trace_id", "a1c")},
	"28 digits":       {"malformed", attribute("trace_id", strings.Repeat("a1", 14))},
	"33 digits":       {"malformed", attribute("trace_id", strings.Repeat("a1", 17)[1:])},
	"no hex digits":   {"malformed", attribute("trace_id", strings.Repeat("z1", 16))},
	"10 MB for an id": {"malformed", attribute("trace_id", strings.Repeat("a1", tenMB/2))},
	"28 digits, JSON": {"malformed", body(`{"msg":"a","trace_id":"0af7651916cd43dd8448eb211c80"}`)},
}

// deepMap nests nearly as far as the OTLP receiver allows: 100 messages deep, of
// which each level takes three.
func deepMap(record plog.LogRecord) {
	level := record.Body().SetEmptyMap()
	for range 30 {
		level = level.PutEmptyMap("deeper")
	}
}

// Logs that carry no usable trace id are counted by the reason, and passed on.
func TestLogsWithoutATraceIDPass(t *testing.T) {
	rig := start(t, fewKept)
	key := int64(0)
	for name, log := range logsWithoutID {
		key++
		logs := plog.NewLogs()
		resource := logs.ResourceLogs().AppendEmpty()
		resource.Resource().Attributes().PutStr("service.name", name)
		record := resource.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
		log.fill(record)
		record.SetTimestamp(harness.TimeOf(key))
		require.NoError(t, rig.sender.SendLogs(t.Context(), logs), name)
	}
	metrics := rig.settle(t, 0, len(logsWithoutID))
	require.True(t, rig.collector.Ready(t.Context()))
	rig.stop(t)

	requireAllOnce(t, rig.sink, harness.Logs, len(logsWithoutID))
	const counter = "logs_missing_trace_id"
	for name, log := range logsWithoutID {
		n := metrics.Sum(counter, "service_name", name, "reason", log.reason)
		assert.InDelta(t, 1, n, 0, "%q is not counted as %s, but %v", name, log.reason,
			metrics.Values(counter, "reason", "service_name", name))
	}
	require.InDelta(t, len(logsWithoutID), metrics.Sum(counter), 0)
	requireConservation(t, metrics, rig.sink, harness.Logs)
}

var strangeLogs = map[string]func(plog.LogRecord){
	"nil body":       func(plog.LogRecord) {},
	"map body":       deepMap,
	"slice body":     func(r plog.LogRecord) { r.Body().SetEmptySlice().AppendEmpty().SetEmptyMap() },
	"10 MB body":     body(strings.Repeat("z", tenMB)),
	"other id":       attribute("trace_id", strings.Repeat("1", 32)),
	"wild severity":  func(r plog.LogRecord) { r.SetSeverityNumber(-1 << 31) },
	"path not text":  func(r plog.LogRecord) { r.Attributes().PutInt("url.path", 7) },
	"path not valid": attribute("url.path", "/%zz/%"),
}

var strangeSpans = map[string]func(ptrace.Span){
	"no ids":            func(s ptrace.Span) { s.SetTraceID(pcommon.NewTraceIDEmpty()) },
	"no attributes":     func(ptrace.Span) {},
	"own parent":        func(s ptrace.Span) { s.SetSpanID([8]byte{1}); s.SetParentSpanID([8]byte{1}) },
	"ends before start": func(s ptrace.Span) { s.SetEndTimestamp(0) },
	"wild status":       func(s ptrace.Span) { s.Status().SetCode(77) },
	"wild kind":         func(s ptrace.Span) { s.SetKind(-9) },
	"wild trace state":  func(s ptrace.Span) { s.TraceState().FromRaw("ot=th:zz;rv:1,,=,ot=;;" + strings.Repeat(",a=b", 500)) },
	"10 MB name":        func(s ptrace.Span) { s.SetName("/" + strings.Repeat("a/", tenMB/2)) },
	"empty path":        func(s ptrace.Span) { s.Attributes().PutStr("url.path", "") },
	"long path":         func(s ptrace.Span) { s.Attributes().PutStr("url.path", strings.Repeat("/7", 1<<20)) },
	"path not text":     func(s ptrace.Span) { s.Attributes().PutEmptyMap("url.path").PutBool("a", true) },
	"path not valid":    func(s ptrace.Span) { s.Attributes().PutStr("url.path", "/%zz/%/\x00//../?") },
	"status not number": func(s ptrace.Span) { s.Attributes().PutStr("http.response.status_code", "soon") },
}

// Items of a trace that is kept come out however strange they are, and so does a
// span that belongs to no trace.
func TestStrangeItemsPass(t *testing.T) {
	rig := start(t, fewKept)
	key := int64(0)
	for name, fill := range strangeLogs {
		key++
		logs := plog.NewLogs()
		record := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
		record.SetTraceID(highTrace)
		fill(record)
		record.SetTimestamp(harness.TimeOf(key))
		require.NoError(t, rig.sender.SendLogs(t.Context(), logs), name)
	}
	for name, fill := range strangeSpans {
		key++
		traces := ptrace.NewTraces()
		span := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		span.SetTraceID(highTrace)
		fill(span)
		span.SetStartTimestamp(harness.TimeOf(key))
		require.NoError(t, rig.sender.SendTraces(t.Context(), traces), name)
	}
	metrics := rig.settle(t, len(strangeSpans), len(strangeLogs))
	require.True(t, rig.collector.Ready(t.Context()))
	rig.stop(t)

	requireAllOnce(t, rig.sink, harness.Logs, len(strangeLogs))
	requireAllOnce(t, rig.sink, harness.Spans, len(strangeSpans))
	requireConservation(t, metrics, rig.sink, harness.Logs)
	requireConservation(t, metrics, rig.sink, harness.Spans)
}

// requireAllOnce checks that so many items came, each of them once.
func requireAllOnce(t *testing.T, sink *harness.Sink, signal harness.Signal, n int) {
	t.Helper()
	came := sink.Arrived(signal)
	require.Len(t, came, n, "%v", signal)
	for key, arrival := range came {
		require.Equal(t, 1, arrival.Count, "%v %d", signal, key)
	}
}

// Requests that hold nothing, or hold no OTLP, do not stop the collector: what
// comes after them goes through.
func TestEmptyAndBrokenRequests(t *testing.T) {
	rig := start(t, fewKept)
	require.NoError(t, rig.sender.SendTraces(t.Context(), ptrace.NewTraces()))
	require.NoError(t, rig.sender.SendLogs(t.Context(), plog.NewLogs()))
	hollow := plog.NewLogs()
	hollow.ResourceLogs().AppendEmpty()
	hollow.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty()
	require.NoError(t, rig.sender.SendLogs(t.Context(), hollow))
	for name, request := range map[string][]byte{
		"no protobuf":       []byte("GET / HTTP/1.1"),
		"id of five bytes":  shortTraceID,
		"length beyond end": {0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f},
	} {
		require.Equal(t, http.StatusBadRequest, post(t, rig.collector.Endpoints, request), name)
	}

	last := harness.Item{Key: 1, Signal: harness.Spans, Trace: highTrace, Span: pcommon.SpanID{1}}
	require.NoError(t, rig.sender.Send(t.Context(), harness.Batch{Signal: harness.Spans, Items: []harness.Item{last}}))
	rig.stop(t)
	requireAllOnce(t, rig.sink, harness.Spans, 1)
	requireAllOnce(t, rig.sink, harness.Logs, 0)
}

// shortTraceID is a trace request in protobuf whose one span has a trace id of
// five bytes: resource_spans{scope_spans{spans{trace_id}}}.
var shortTraceID = []byte{0x0a, 0x0b, 0x12, 0x09, 0x12, 0x07, 0x0a, 0x05, 1, 2, 3, 4, 5}

// post sends a request to the OTLP/HTTP traces endpoint and returns the status.
func post(t *testing.T, endpoints collector.Endpoints, request []byte) int {
	t.Helper()
	response, err := http.Post("http://"+endpoints.HTTP+"/v1/traces", "application/x-protobuf", bytes.NewReader(request))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}
