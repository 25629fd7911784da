// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
)

func noID(lr plog.LogRecord) { lr.SetTraceID(pcommon.TraceID{}); lr.SetSpanID(pcommon.SpanID{}) }

func TestLogsWithoutTraceIDPassAndAreCounted(t *testing.T) {
	attr := func(key, value string) func(plog.LogRecord) {
		return func(lr plog.LogRecord) { noID(lr); lr.Attributes().PutStr(key, value) }
	}
	bare := func(text string) func(plog.LogRecord) {
		return func(lr plog.LogRecord) { noID(lr); lr.Body().SetStr(text) }
	}
	tests := map[string]struct {
		change func(plog.LogRecord)
		reason string
	}{
		"nothing":        {noID, "absent"},
		"empty body":     {func(lr plog.LogRecord) { noID(lr); pcommon.NewValueEmpty().CopyTo(lr.Body()) }, "absent"},
		"slice body":     {func(lr plog.LogRecord) { noID(lr); lr.Body().SetEmptySlice().AppendEmpty().SetStr("x") }, "absent"},
		"map body":       {func(lr plog.LogRecord) { noID(lr); lr.Body().SetEmptyMap().PutStr("k", "v") }, "absent"},
		"bytes body":     {func(lr plog.LogRecord) { noID(lr); lr.Body().SetEmptyBytes().FromRaw([]byte{0xff, 0}) }, "absent"},
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
		"array in place": {func(lr plog.LogRecord) { noID(lr); lr.Attributes().PutEmptySlice("trace_id") }, "absent"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			bubbled(t, onePercent, func(t *testing.T, p *pipelines) {
				p.send(logOf(1, 1, tt.change))
				require.Len(t, p.records(), 1, "no log is lost for lacking a trace id")
				require.True(t, p.records()[0].TraceID().IsEmpty())
				require.EqualValues(t, 1, p.sum("logs_missing_trace_id", attribute.String("service.name", "cart"), attribute.String("reason", tt.reason)))
				p.conserved()
			})
		})
	}
}

func TestTraceIDsAreFoundAndPromoted(t *testing.T) {
	const id, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	attr := func(kv ...string) func(plog.LogRecord) {
		return func(lr plog.LogRecord) {
			noID(lr)
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
			noID(lr)
			lr.Body().SetStr(`{"msg":"x","trace_id":"` + id + `","span_id":"` + span + `"}`)
		}, id, span, "body", "w3c_hex"},
		"logfmt body":   {func(lr plog.LogRecord) { noID(lr); lr.Body().SetStr(`level=info trace_id=` + id + ` msg="a b"`) }, id, "", "body", "w3c_hex"},
		"map body":      {func(lr plog.LogRecord) { noID(lr); lr.Body().SetEmptyMap().PutStr("trace_id", id) }, id, "", "body", "w3c_hex"},
		"nested map":    {func(lr plog.LogRecord) { noID(lr); lr.Body().SetEmptyMap().PutEmptyMap("trace").PutStr("id", id) }, id, "", "body", "w3c_hex"},
		"own attribute": {attr("correlation", id), id, "", "attributes", "w3c_hex"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			change := func(c *Config) { c.Logs.TraceIDAttributes = []string{"correlation"} }
			bubbled(t, change, func(t *testing.T, p *pipelines) {
				p.send(logOf(1, 1, tt.change))
				time.Sleep(3 * time.Second)
				require.Equal(t, tt.id, p.records()[0].TraceID().String())
				require.Equal(t, tt.span, p.records()[0].SpanID().String())
				require.EqualValues(t, 1, p.sum("logs_trace_id_extracted", attribute.String("source", tt.source), attribute.String("format", tt.format)))
				require.Zero(t, p.sum("logs_missing_trace_id"))
			})
		})
	}
}

func TestResourceIsTheLastPlaceForATraceID(t *testing.T) {
	bubbled(t, func(*Config) {}, func(t *testing.T, p *pipelines) {
		ld := logOf(1, 1, noID)
		ld.ResourceLogs().At(0).Resource().Attributes().PutStr("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736")
		p.send(ld)
		require.EqualValues(t, 1, p.sum("logs_trace_id_extracted", attribute.String("source", "resource")))
	})
}

// Logs without a trace id are a population of their own: by default all are
// kept, and by a percentage what is dropped is counted under their own reason.
func TestLogsWithoutATraceID(t *testing.T) {
	bubbled(t, func(c *Config) { c.Sampling.SamplingPercentage, c.Logs.MissingTraceID.SamplingPercentage = 0, 25 }, func(t *testing.T, p *pipelines) {
		for i := range 100 {
			p.send(logOf(1, i, withoutTrace))
		}
		p.send(logOf(1, 1, withoutTrace, failedLog))
		dropped := p.sum("logs_dropped", attribute.String("reason", "missing_trace_id"))
		require.Positive(t, dropped)
		require.Len(t, p.records(), 101-int(dropped))
		require.Equal(t, p.sum("logs_dropped"), dropped)
		p.conserved()
	})
	bubbled(t, func(c *Config) { c.Sampling.SamplingPercentage = 0 }, func(t *testing.T, p *pipelines) {
		p.send(logOf(1, 1, withoutTrace))
		require.Len(t, p.records(), 1, "all are kept by default")
		require.Empty(t, text(p.records()[0], record.AttributeThreshold))
	})
}
