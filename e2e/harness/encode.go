// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Traces encodes spans, with one resource for each service.
func Traces(items []Item) ptrace.Traces {
	traces := ptrace.NewTraces()
	scopes := map[string]ptrace.SpanSlice{}
	for _, item := range items {
		spans, ok := scopes[item.Service]
		if !ok {
			resource := traces.ResourceSpans().AppendEmpty()
			resource.Resource().Attributes().PutStr("service.name", item.Service)
			spans = resource.ScopeSpans().AppendEmpty().Spans()
			scopes[item.Service] = spans
		}
		encodeSpan(item, spans.AppendEmpty())
	}
	return traces
}

func encodeSpan(item Item, span ptrace.Span) {
	span.SetName("GET")
	span.SetKind(ptrace.SpanKindServer)
	span.SetTraceID(item.Trace)
	span.SetSpanID(item.Span)
	span.SetParentSpanID(item.Parent)
	span.SetStartTimestamp(TimeOf(item.Key))
	span.SetEndTimestamp(TimeOf(item.Key + 1000))
	span.Attributes().PutStr("http.request.method", "GET")
	span.Attributes().PutStr("url.path", cmp.Or(item.Path, fmt.Sprintf("/orders/%d", item.Key)))
	putText(span.Attributes(), "http.route", item.Route)
	putText(span.Attributes(), "request_id", item.Request)
	putNoise(span.Attributes(), item)
	switch item.Fault {
	case SpanStatusError:
		span.Status().SetCode(ptrace.StatusCodeError)
	case ServerError:
		span.Attributes().PutInt("http.response.status_code", 503)
	case ClientError:
		span.Attributes().PutInt("http.response.status_code", 404)
	}
}

// LogRecords encodes logs, with one resource for each service.
func LogRecords(items []Item) plog.Logs {
	logs := plog.NewLogs()
	scopes := map[string]plog.LogRecordSlice{}
	for _, item := range items {
		records, ok := scopes[item.Service]
		if !ok {
			resource := logs.ResourceLogs().AppendEmpty()
			resource.Resource().Attributes().PutStr("service.name", item.Service)
			records = resource.ScopeLogs().AppendEmpty().LogRecords()
			scopes[item.Service] = records
		}
		encodeLog(item, records.AppendEmpty())
	}
	return logs
}

func encodeLog(item Item, record plog.LogRecord) {
	record.SetTimestamp(TimeOf(item.Key))
	record.SetSeverityNumber(plog.SeverityNumberInfo)
	record.Body().SetStr(fmt.Sprintf("order %d shipped", item.Key))
	putText(record.Attributes(), "request_id", item.Request)
	putNoise(record.Attributes(), item)
	id := hex.EncodeToString(item.Trace[:])
	switch item.IDIn {
	case InField:
		record.SetTraceID(item.Trace)
		record.SetSpanID(item.Span)
	case InAttribute:
		record.Attributes().PutStr("trace_id", id)
	case InBody:
		record.Body().SetStr(fmt.Sprintf(`{"msg":"order %d shipped","trace_id":%q}`, item.Key, id))
	}
	switch item.Fault {
	case SeverityNumberError:
		record.SetSeverityNumber(plog.SeverityNumberError)
	case SeverityTextError:
		record.SetSeverityNumber(plog.SeverityNumberUnspecified)
		record.SetSeverityText("ERROR")
	case ClientError:
		record.SetSeverityNumber(plog.SeverityNumberWarn)
	}
}

// putText puts an attribute that has a text.
func putText(attributes pcommon.Map, key, text string) {
	if text != "" {
		attributes.PutStr(key, text)
	}
}

// putNoise puts the noise of an item that has some: the same whenever it is sent.
func putNoise(attributes pcommon.Map, item Item) {
	if item.Noise == 0 {
		return
	}
	var seed [32]byte
	binary.BigEndian.PutUint64(seed[:], uint64(item.Key))
	noise := make([]byte, item.Noise)
	_, _ = rand.NewChaCha8(seed).Read(noise)
	attributes.PutEmptyBytes("noise").FromRaw(noise)
}
