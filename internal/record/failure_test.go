// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/loglevel"
)

func TestFailedSpans(t *testing.T) {
	const unset, failed = ptrace.StatusCodeUnset, ptrace.StatusCodeError
	const server, client, inner = ptrace.SpanKindServer, ptrace.SpanKindClient, ptrace.SpanKindInternal
	for name, tt := range map[string]struct {
		kind   ptrace.SpanKind
		status ptrace.StatusCode
		attrs  map[string]any
		want   bool
	}{
		"nothing":                     {inner, unset, nil, false},
		"ok":                          {inner, ptrace.StatusCodeOk, nil, false},
		"span status":                 {inner, failed, nil, true},
		"server status":               {server, failed, map[string]any{"http.response.status_code": 404}, true},
		"HTTP 5xx":                    {inner, unset, map[string]any{"http.response.status_code": 503}, true},
		"old HTTP 5xx":                {inner, unset, map[string]any{"http.status_code": "500"}, true},
		"client 5xx":                  {client, unset, map[string]any{"http.response.status_code": 500}, true},
		"client 404":                  {client, failed, map[string]any{"http.response.status_code": 404}, false},
		"client without a status":     {client, failed, nil, true},
		"server 404":                  {server, unset, map[string]any{"http.response.status_code": 404}, false},
		"gRPC fault":                  {server, unset, map[string]any{"rpc.grpc.status_code": 13}, true},
		"gRPC fault by name":          {server, unset, map[string]any{"rpc.response.status_code": "DATA_LOSS"}, true},
		"gRPC caller's fault":         {server, unset, map[string]any{"rpc.grpc.status_code": 5}, false},
		"gRPC fault, of the client":   {client, unset, map[string]any{"rpc.grpc.status_code": 13}, false},
		"client's INTERNAL":           {client, failed, map[string]any{"rpc.grpc.status_code": 13}, true},
		"client's UNAVAILABLE":        {client, failed, map[string]any{"rpc.response.status_code": "UNAVAILABLE"}, true},
		"client's NOT_FOUND":          {client, failed, map[string]any{"rpc.grpc.status_code": 5}, false},
		"client's ALREADY_EXISTS":     {client, failed, map[string]any{"rpc.response.status_code": "ALREADY_EXISTS"}, false},
		"client's CANCELLED":          {client, failed, map[string]any{"rpc.grpc.status_code": "1"}, false},
		"client's RESOURCE_EXHAUSTED": {client, failed, map[string]any{"rpc.grpc.status_code": 8}, false},
		"client of Connect":           {client, failed, map[string]any{"rpc.connect_rpc.error_code": "not_found"}, false},
		"client of Connect, fault":    {client, failed, map[string]any{"rpc.connect_rpc.error_code": "internal"}, true},
		"client's OK and an error":    {client, failed, map[string]any{"rpc.grpc.status_code": 0}, true},
		"server's error status":       {server, failed, map[string]any{"rpc.grpc.status_code": 5}, true},
		"WebSocket closed":            {server, unset, map[string]any{"http.response.status_code": 1006}, false},
		"client of no status":         {client, failed, map[string]any{"http.response.status_code": 1006}, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := ptrace.NewSpan()
			s.SetKind(tt.kind)
			s.Status().SetCode(tt.status)
			v := readSpan(t, tt.attrs)
			require.Equal(t, tt.want, SpanFailed(s, &v))
		})
	}
}

func TestGRPCServerFaults(t *testing.T) {
	for code, want := range map[string]bool{
		"0": false, "1": false, "2": true, "3": false, "4": true, "5": false, "6": false, "7": false, "8": false,
		"9": false, "10": false, "11": false, "12": true, "13": true, "14": true, "15": true, "16": false, "": false,
		"OK": false, "UNKNOWN": true, "DEADLINE_EXCEEDED": true, "UNIMPLEMENTED": true, "INTERNAL": true,
		"UNAVAILABLE": true, "DATA_LOSS": true, "NOT_FOUND": false,
	} {
		s := ptrace.NewSpan()
		s.SetKind(ptrace.SpanKindServer)
		require.Equal(t, want, SpanFailed(s, &Span{GRPCStatus: code}), code)
	}
}

// A level counts by the record's number; without one by its text, and without
// that by what the body states.
func TestFailedLogs(t *testing.T) {
	text := func(text string) func(plog.LogRecord) { return func(lr plog.LogRecord) { lr.SetSeverityText(text) } }
	number := func(n plog.SeverityNumber) func(plog.LogRecord) {
		return func(lr plog.LogRecord) { lr.SetSeverityNumber(n) }
	}
	body := func(text string) func(plog.LogRecord) { return func(lr plog.LogRecord) { lr.Body().SetStr(text) } }
	attr := func(key string, value any) func(plog.LogRecord) {
		return func(lr plog.LogRecord) { _ = lr.Attributes().FromRaw(map[string]any{key: value}) }
	}
	for name, tt := range map[string]struct {
		change func(plog.LogRecord)
		want   bool
	}{
		"nothing":            {func(plog.LogRecord) {}, false},
		"log severity":       {number(plog.SeverityNumberError), true},
		"severity of fatal":  {number(plog.SeverityNumberFatal4), true},
		"severity text":      {text("Fatal"), true},
		"JSON level":         {body(`{"ts":1,"level":"error","msg":"x"}`), true},
		"JSON with blanks":   {body(`{"ts":1, "level" : "error"}`), true},
		"logfmt level":       {body(`ts=1 level=ERROR msg="x"`), true},
		"logfmt in quotes":   {body(`lvl="crit" msg="x"`), true},
		"logfmt at first":    {body(`severity=panic`), true},
		"map level":          {func(lr plog.LogRecord) { lr.Body().SetEmptyMap().PutStr("severity", "CRITICAL") }, true},
		"map log.level":      {func(lr plog.LogRecord) { lr.Body().SetEmptyMap().PutStr("log.level", "err") }, true},
		"map Level":          {func(lr plog.LogRecord) { lr.Body().SetEmptyMap().PutStr("Level", "alert") }, true},
		"body 5xx":           {body(`10.0.0.1 - - [10/Oct/2026:13:55:36 +0000] "GET /x HTTP/1.1" 502 0`), true},
		"access log 5xx":     {attr("http.response.status_code", 500), true},
		"access log 4xx":     {attr("http.response.status_code", 404), false},
		"5xx of level info":  {func(lr plog.LogRecord) { number(plog.SeverityNumberInfo)(lr); attr("http.status_code", 500)(lr) }, true},
		"warning":            {func(lr plog.LogRecord) { number(plog.SeverityNumberWarn4)(lr); text("ERROR")(lr) }, false},
		"text goes before":   {func(lr plog.LogRecord) { text("INFO")(lr); body(`{"level":"error"}`)(lr) }, false},
		"number goes before": {func(lr plog.LogRecord) { number(plog.SeverityNumberInfo)(lr); body(`{"level":"error"}`)(lr) }, false},
		"level in prose":     {body(`the level of "error" was a "level": low`), false},
		"in a message":       {body(`{"msg":"set level=error"}`), false},
		"JSON info":          {body(`{"level":"info","msg":"level=error"}`), false},
		"warning text":       {text("warning"), false},
		"level too far in":   {body(strings.Repeat("x", loglevel.MaxBodyBytes) + ` level=error`), false},
	} {
		t.Run(name, func(t *testing.T) {
			lr := plog.NewLogRecord()
			tt.change(lr)
			v := readLogRecord(lr.Attributes(), lr)
			require.Equal(t, tt.want, LogFailed(lr, &v))
		})
	}
	for level, want := range map[string]bool{
		"error": true, "err": true, "fatal": true, "critical": true, "crit": true, "alert": true, "emerg": true,
		"emergency": true, "panic": true, "dpanic": true, "severe": true, "ERROR": true,
		"errors": false, "er": false, "warn": false, "notice": false, "info": false, "debug": false, "errored out": false,
	} {
		lr := plog.NewLogRecord()
		lr.SetSeverityText(level)
		require.Equal(t, want, LogFailed(lr, new(Log)), level)
	}
}
