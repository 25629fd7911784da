// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor/internal/itemtest"
	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

const (
	ownTrace   = "5c1e7a90d34b4f029b00016f21c8d0e3"
	otherTrace = "ffff7a90d34b4f029b03856f21c8d0e3"
)

func TestLogsWithoutATraceIDSayWhy(t *testing.T) {
	attr := func(key, value string) func(plog.LogRecord) {
		return func(lr plog.LogRecord) { itemtest.NoID(lr); lr.Attributes().PutStr(key, value) }
	}
	bare := func(text string) func(plog.LogRecord) {
		return func(lr plog.LogRecord) { itemtest.NoID(lr); lr.Body().SetStr(text) }
	}
	tests := map[string]struct {
		change func(plog.LogRecord)
		reason string
	}{
		"nothing":        {itemtest.NoID, "absent"},
		"empty body":     {func(lr plog.LogRecord) { itemtest.NoID(lr); pcommon.NewValueEmpty().CopyTo(lr.Body()) }, "absent"},
		"slice body":     {func(lr plog.LogRecord) { itemtest.NoID(lr); lr.Body().SetEmptySlice().AppendEmpty().SetStr("x") }, "absent"},
		"map body":       {func(lr plog.LogRecord) { itemtest.NoID(lr); lr.Body().SetEmptyMap().PutStr("k", "v") }, "absent"},
		"bytes body":     {func(lr plog.LogRecord) { itemtest.NoID(lr); lr.Body().SetEmptyBytes().FromRaw([]byte{0xff, 0}) }, "absent"},
		"10 MB body":     {bare(strings.Repeat("{", 10<<20)), "absent"},
		"broken JSON":    {bare(`{"a":"b`), "absent"},
		"zero id":        {attr("trace_id", "00000000000000000000000000000000"), "invalid_zero"},
		"placeholder":    {attr("trace_id", "-"), "placeholder"},
		"word":           {attr("trace_id", "disabled"), "placeholder"},
		"short id":       {attr("trace_id", "1a2b"), "malformed"},
		"long id":        {attr("trace_id", strings.Repeat("a1", 17)), "malformed"},
		"no hex id":      {attr("traceId", strings.Repeat("z9", 16)), "malformed"},
		"zero body id":   {bare(`{"trace_id":"00000000000000000000000000000000"}`), "invalid_zero"},
		"request id":     {attr("request_id", "4bf92f3577b34da6a3ce929d0e0e4736"), "absent"},
		"array in place": {func(lr plog.LogRecord) { itemtest.NoID(lr); lr.Attributes().PutEmptySlice("trace_id") }, "absent"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newReading(t, func(*Config) {})
			lr, _, _ := r.log(itemtest.Log(1, 1, tt.change))
			require.True(t, lr.TraceID().IsEmpty())
			count := r.counted(tracebuffer.Log)
			require.EqualValues(t, 1, count("logs_missing_trace_id", attribute.String("service_name", "cart"), attribute.String("reason", tt.reason)))
			require.Zero(t, count("logs_trace_id_extracted"))
		})
	}
}

func TestTraceIDsAreFoundAndPromoted(t *testing.T) {
	const id, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	attr := func(kv ...string) func(plog.LogRecord) {
		return func(lr plog.LogRecord) {
			itemtest.NoID(lr)
			for i := 0; i < len(kv); i += 2 {
				lr.Attributes().PutStr(kv[i], kv[i+1])
			}
		}
	}
	tests := map[string]struct {
		change         func(plog.LogRecord)
		id, span       string
		source, format string
	}{
		"attribute":   {attr("trace_id", id, "span_id", span), id, span, "attributes", "w3c_hex"},
		"UUID":        {attr("traceId", "4bf92f35-77b3-4da6-a3ce-929d0e0e4736"), id, "", "attributes", "uuid"},
		"traceparent": {attr("traceparent", "00-"+id+"-"+span+"-01"), id, span, "attributes", "traceparent"},
		"64 bits":     {attr("trace_id", "a3ce929d0e0e4736"), "0000000000000000a3ce929d0e0e4736", "", "attributes", "hex64"},
		"JSON body": {func(lr plog.LogRecord) {
			itemtest.NoID(lr)
			lr.Body().SetStr(`{"msg":"x","trace_id":"` + id + `","span_id":"` + span + `"}`)
		}, id, span, "body", "w3c_hex"},
		"logfmt body": {func(lr plog.LogRecord) {
			itemtest.NoID(lr)
			lr.Body().SetStr(`level=info trace_id=` + id + ` msg="a b"`)
		}, id, "", "body", "w3c_hex"},
		"map body": {func(lr plog.LogRecord) { itemtest.NoID(lr); lr.Body().SetEmptyMap().PutStr("trace_id", id) }, id, "", "body", "w3c_hex"},
		"nested map": {func(lr plog.LogRecord) {
			itemtest.NoID(lr)
			lr.Body().SetEmptyMap().PutEmptyMap("trace").PutStr("id", id)
		}, id, "", "body", "w3c_hex"},
		"own attribute": {attr("correlation", id), id, "", "attributes", "w3c_hex"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newReading(t, func(c *Config) { c.Logs.TraceIDAttributes = []string{"correlation"} })
			lr, _, _ := r.log(itemtest.Log(1, 1, tt.change))
			require.Equal(t, tt.id, lr.TraceID().String())
			require.Equal(t, tt.span, lr.SpanID().String())
			count := r.counted(tracebuffer.Log)
			require.EqualValues(t, 1, count("logs_trace_id_extracted", attribute.String("source", tt.source), attribute.String("format", tt.format)))
			require.Zero(t, count("logs_missing_trace_id"))
		})
	}
}

// The resource is the last place for a trace id. It may name one, nested as well; what it
// says of itself is no message.
func TestTheResourceMayNameTheTrace(t *testing.T) {
	for want, fields := range map[string]map[string]any{
		ownTrace: {"labels": map[string]any{"trace_id": ownTrace}},
		"":       {"message": "trace_id=" + otherTrace},
	} {
		r := newReading(t, func(*Config) {})
		ld := itemtest.Log(1, 1, itemtest.NoID)
		require.NoError(t, ld.ResourceLogs().At(0).Resource().Attributes().FromRaw(fields))
		lr, _, _ := r.log(ld)
		require.Equal(t, want, lr.TraceID().String())
		require.EqualValues(t, min(len(want), 1), r.counted(tracebuffer.Log)("logs_trace_id_extracted", attribute.String("source", "resource")))
	}
	r := newReading(t, func(*Config) {})
	ld := itemtest.Log(1, 1, itemtest.NoID, itemtest.LogAttr("trace_id", ownTrace))
	ld.ResourceLogs().At(0).Resource().Attributes().PutStr("trace_id", otherTrace)
	lr, _, _ := r.log(ld)
	require.Equal(t, ownTrace, lr.TraceID().String())
}

// With trace_id_in_body off, no text is read, whatever holds it.
func TestTextsAreReadOnRequest(t *testing.T) {
	for want, change := range map[string]func(*Config){
		ownTrace: func(*Config) {}, "": func(c *Config) { c.Logs.TraceIDInBody = false },
	} {
		lr, _, _ := newReading(t, change).log(itemtest.Log(1, 1, itemtest.NoID, func(lr plog.LogRecord) {
			lr.Attributes().PutStr("message", "trace_id="+ownTrace)
			lr.Body().SetEmptyMap().PutStr("message", "trace_id="+ownTrace)
		}))
		require.Equal(t, want, lr.TraceID().String())
	}
}

// A log that its logger calls an error is evidence, whatever carries the level, and nothing that only looks like one is.
func TestLevelsOfLoggersAreEvidence(t *testing.T) {
	body := func(text string) func(plog.LogRecord) { return func(lr plog.LogRecord) { lr.Body().SetStr(text) } }
	attr := func(key string, val any) func(plog.LogRecord) {
		return func(lr plog.LogRecord) { _ = lr.Attributes().FromRaw(map[string]any{key: val}) }
	}
	severity := func(text string) func(plog.LogRecord) { return func(lr plog.LogRecord) { lr.SetSeverityText(text) } }
	wrapped := func(level string) string {
		inner := map[string]any{"stack_trace": strings.Repeat("\tat com.example.Shop.charge(Shop.java:7)\n", 300), "level": level}
		line, err := json.Marshal(inner)
		require.NoError(t, err)
		outer, err := json.Marshal(map[string]any{"log": string(line) + "\n", "stream": "stdout"})
		require.NoError(t, err)
		return string(outer)
	}
	for name, tt := range map[string]struct {
		change func(plog.LogRecord)
		failed bool
	}{
		"pino's number as an attribute":  {attr("level", 50), true},
		"pino's number as text":          {attr("level", "60"), true},
		"pino's warning":                 {attr("level", 40), false},
		"a word as an attribute":         {attr("level", "error"), true},
		"pino's line":                    {body(`{"level":50,"pid":17,"msg":"replica unreachable"}`), true},
		"of a request":                   {attr("req", map[string]any{"level": "error"}), false},
		"a short name of the data model": {severity("ERROR3"), true},
		"a warning of the data model":    {severity("WARN4"), false},
		"klog's letter":                  {severity("E"), true},
		"with blanks":                    {severity(" ERROR "), true},
		"Docker's JSON, behind a stack":  {body(wrapped("ERROR")), true},
		"the same, no error":             {body(wrapped("INFO")), false},
		"journald":                       {func(lr plog.LogRecord) { _ = lr.Body().FromRaw(map[string]any{"MESSAGE": "no reply", "PRIORITY": "3"}) }, true},
		"journald, the service's own": {func(lr plog.LogRecord) {
			_ = lr.Body().FromRaw(map[string]any{"MESSAGE": "level=fatal", "PRIORITY": "6"})
		}, true},
		"an ERROR that a text is about":    {body("the ERROR page is shown"), false},
		"a status of a job":                {attr("status", 503), false},
		"a status beside a method":         {func(lr plog.LogRecord) { attr("status", 503)(lr); lr.Attributes().PutStr("method", "GET") }, true},
		"a status of a closed WebSocket":   {attr("http.response.status_code", 1006), false},
		"an access log without quotes":     {body("2026/11/21 09:53:01 END: GET /users/1 -> 502"), true},
		"an access log of the audit":       {body(`{"level":"Metadata","verb":"list","requestURI":"/api/v1/pods","responseStatus":{"code":500}}`), true},
		"an access log that is no failure": {body("2026/11/21 09:53:01 END: GET /users/1 -> 404"), false},
	} {
		t.Run(name, func(t *testing.T) {
			lr, _, v := newReading(t, func(*Config) {}).log(itemtest.Log(1, 1, tt.change))
			require.Equal(t, tt.failed, record.LogFailed(lr, &v))
		})
	}
	ld := itemtest.Log(1, 1)
	ld.ResourceLogs().At(0).Resource().Attributes().PutStr("log.level", "error")
	lr, _, v := newReading(t, func(*Config) {}).log(ld)
	require.True(t, record.LogFailed(lr, &v), "the resource may carry it")
}

// A log waits for its span where that has something to add, and an access log where
// others may repeat it.
func TestLogsThatWaitForTheirSpan(t *testing.T) {
	repeats := func(c *Config) { c.Logs.DeduplicateAccessLogs = true }
	for name, tt := range map[string]struct {
		change func(*Config)
		log    func(plog.LogRecord)
		joins  bool
	}{
		"without a route":              {func(*Config) {}, func(plog.LogRecord) {}, true},
		"with a framework's route":     {func(*Config) {}, itemtest.LogAttr("http.route", "/users/:id"), false},
		"with a path":                  {func(*Config) {}, itemtest.AccessLog("/users/17", 200), false},
		"with the pattern already":     {func(*Config) {}, itemtest.LogAttr("url.template", "/users/{id}"), false},
		"an access log, repeats":       {repeats, itemtest.AccessLog("/users/17", 200), true},
		"no access log, repeats":       {repeats, itemtest.LogAttr("http.route", "/users/:id"), false},
		"without a route, and repeats": {repeats, func(plog.LogRecord) {}, true},
		"another name for the pattern": {func(c *Config) { c.Routes.Attribute = "route" }, itemtest.LogAttr("url.template", "/users/{id}"), true},
		"that name, and it has it":     {func(c *Config) { c.Routes.Attribute = "route" }, itemtest.LogAttr("route", "/users/{id}"), false},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReading(t, tt.change)
			lr, e, v := r.log(itemtest.Log(1, 1, tt.log))
			require.Equal(t, tt.joins, r.correlator.joins(lr, &v, &e))
		})
	}
}
