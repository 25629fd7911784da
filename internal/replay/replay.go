// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package replay turns records that an earlier process held into data again, in their
// order, so that they can be decided on anew.
package replay

import (
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/otlpwire"
	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// Traces decodes the records of spans. good are those that could be decoded, in the order
// of the spans; of any other nothing is left.
func Traces(records []tracebuffer.Record) (td ptrace.Traces, good []tracebuffer.Record) {
	return decode(records, (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces, ptrace.NewTraces)
}

// Logs does for log records what Traces does for spans.
func Logs(records []tracebuffer.Record) (ld plog.Logs, good []tracebuffer.Record) {
	return decode(records, (&plog.ProtoUnmarshaler{}).UnmarshalLogs, plog.NewLogs)
}

func decode[D any](records []tracebuffer.Record, read func([]byte) (D, error), none func() D) (data D, good []tracebuffer.Record) {
	if data, err := read(message(records)); err == nil {
		return data, records
	}
	for i := range records {
		if _, err := read(message(records[i : i+1])); err == nil {
			good = append(good, records[i])
		}
	}
	data, err := read(message(good))
	if err != nil { // each of them can be, and what is around them is theirs
		return none(), nil
	}
	return data, good
}

// message is one of the records, with what is around those that follow each other written
// once.
func message(records []tracebuffer.Record) (msg []byte) {
	for len(records) > 0 {
		n, resource := 1, records[0].Envelope.Around
		for n < len(records) && records[n].Envelope.Around == resource {
			n++
		}
		msg = otlpwire.AppendResource(msg, resource.Content, scopes(records[:n]))
		records = records[n:]
	}
	return msg
}

// scopes are those of records of one resource.
func scopes(records []tracebuffer.Record) (out []otlpwire.Scope) {
	for i := range records {
		if i == 0 || records[i].Envelope != records[i-1].Envelope {
			out = append(out, otlpwire.Scope{Around: records[i].Envelope.Content})
		}
		last := &out[len(out)-1]
		last.Records = append(last.Records, records[i].Data)
	}
	return out
}

// Origins are those of the records.
func Origins(records []tracebuffer.Record) (out []tracebuffer.Origin) {
	for i := range records {
		out = append(out, records[i].Origin)
	}
	return out
}

// Apart takes the logs out that have no trace id: they waited for their request.
func Apart(ld plog.Logs, records []tracebuffer.Record) (with, without []tracebuffer.Record) {
	next := 0
	record.RemoveLogs(ld, func(_ plog.ResourceLogs, _ plog.ScopeLogs, lr plog.LogRecord) bool {
		r := records[next]
		next++
		if lr.TraceID().IsEmpty() {
			without = append(without, r)
			return true
		}
		with = append(with, r)
		return false
	})
	return with, without
}
