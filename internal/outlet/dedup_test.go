// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package outlet

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
	"github.com/otelcol-correlation/correlationprocessor/internal/stamp"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// line is an access log about span 1, with a body of its own.
func line(name string, second int, path string, status int64) plog.LogRecord {
	return logOf(1, func(lr plog.LogRecord) {
		lr.Body().SetStr(name)
		lr.SetTimestamp(pcommon.Timestamp(second))
		lr.Attributes().PutStr("http.request.method", "GET")
		lr.Attributes().PutStr("url.path", path)
		if status != 0 {
			lr.Attributes().PutInt("http.response.status_code", status)
		}
	})
}

// served is a span of a request.
func served(id byte, path string, status int64) ptrace.Span {
	return spanOf(id, spanAttr("http.request.method", "GET"), spanAttr("url.path", path), func(s ptrace.Span) {
		s.Attributes().PutInt("http.response.status_code", status)
	})
}

// compared are the attributes of spans that access logs are compared with.
var compared = []string{"app.pattern", "http.request.method", "http.response.status_code", "http.route", "url.path"}

func shop(item any) tracebuffer.Record { return recordOf("shop", item) }

func TestRepeatedAccessLogs(t *testing.T) {
	dedup := JoinConfig{Deduplicate: true, SpanAttributes: compared}
	redundant := JoinConfig{DropRedundant: true, SpanAttributes: compared}
	both := JoinConfig{Deduplicate: true, DropRedundant: true, SpanAttributes: compared}
	span := companion(shop(served(1, "/feed/17", 200)))
	start, end := shop(line("start", 1, "/feed/17", 0)), shop(line("end", 2, "/feed/17", 200))
	bare := func(name string) tracebuffer.Record {
		return shop(logOf(1, func(lr plog.LogRecord) { lr.Body().SetStr(name) }))
	}
	nameless := func(name string, second int) tracebuffer.Record {
		lr := line(name, second, "/feed/17", 200)
		lr.SetSpanID(pcommon.SpanID{})
		return shop(lr)
	}
	tests := []struct {
		name                 string
		join                 JoinConfig
		records              []tracebuffer.Record
		want                 []string
		duplicate, redundant int64
	}{
		{"off", JoinConfig{}, []tracebuffer.Record{start, end, span}, []string{"start", "end"}, 0, 0},
		{"start and end", dedup, []tracebuffer.Record{start, end}, []string{"end"}, 1, 0},
		{"end arrived first", dedup, []tracebuffer.Record{end, start}, []string{"end"}, 1, 0},
		{"at the same time", dedup, []tracebuffer.Record{shop(line("first", 1, "/feed/17", 200)), shop(line("second", 1, "/feed/17", 200))}, []string{"second"}, 1, 0},
		{"two requests", dedup, []tracebuffer.Record{shop(line("one", 1, "/feed/17", 200)), shop(line("two", 2, "/feed/18", 200))}, []string{"one", "two"}, 0, 0},
		{"two services", dedup, []tracebuffer.Record{shop(line("shop", 1, "/feed/17", 200)), recordOf("proxy", line("proxy", 2, "/feed/17", 200))}, []string{"shop", "proxy"}, 0, 0},
		{"end failed", dedup, []tracebuffer.Record{start, shop(line("end", 2, "/feed/17", 500))}, []string{"end"}, 1, 0},
		{"start failed", dedup, []tracebuffer.Record{shop(line("start", 1, "/feed/17", 500)), end}, []string{"start", "end"}, 0, 0},
		{"no access log", dedup, []tracebuffer.Record{bare("one"), bare("two")}, []string{"one", "two"}, 0, 0},
		{"no span is named", dedup, []tracebuffer.Record{nameless("one", 1), nameless("two", 2)}, []string{"one", "two"}, 0, 0},
		{"span has the same", redundant, []tracebuffer.Record{span, end}, []string{}, 0, 1},
		{"log first", redundant, []tracebuffer.Record{end, span}, []string{}, 0, 1},
		{"log has less", redundant, []tracebuffer.Record{start, span}, []string{}, 0, 1},
		{"span has another status", redundant, []tracebuffer.Record{span, shop(line("end", 2, "/feed/17", 304))}, []string{"end"}, 0, 0},
		{"span is not there", redundant, []tracebuffer.Record{companion(shop(served(2, "/feed/17", 200))), end}, []string{"end"}, 0, 0},
		{"log reports a failure", redundant, []tracebuffer.Record{companion(shop(served(1, "/feed/17", 500))), shop(line("end", 2, "/feed/17", 500))}, []string{"end"}, 0, 0},
		{"both", both, []tracebuffer.Record{span, start, end}, []string{}, 1, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, tel := deliver(t, tt.join, tt.records)
			require.ElementsMatch(t, tt.want, bodies(out))
			require.Equal(t, tt.duplicate, sum(tel, "logs_dropped", attribute.String("reason", "duplicate")))
			require.Equal(t, tt.redundant, sum(tel, "logs_dropped", attribute.String("reason", "redundant")))
			require.EqualValues(t, len(tt.want), sum(tel, "logs_kept"))
		})
	}
}

// Where a log has the pattern alone, it is compared with the span's, whatever
// attribute patterns are in.
func TestRepeatedAccessLogsByPattern(t *testing.T) {
	join := JoinConfig{DropRedundant: true, RouteAttribute: "app.pattern", SpanAttributes: compared}
	span := served(1, "/feed/17", 200)
	spanAttr("app.pattern", "/feed/{int}")(span)
	records := []tracebuffer.Record{companion(shop(span))}
	for name, attrs := range map[string][2]string{
		"same": {"http.route", "/feed/{int}"}, "same, own attribute": {"app.pattern", "/feed/{int}"},
		"other": {"http.route", "/feed"}, "other, own attribute": {"app.pattern", "/feed"},
	} {
		records = append(records, shop(logOf(1, func(lr plog.LogRecord) {
			lr.Body().SetStr(name)
			lr.Attributes().PutInt("http.response.status_code", 200)
			lr.Attributes().PutStr(attrs[0], attrs[1])
		})))
	}
	out, _ := deliver(t, join, records)
	require.ElementsMatch(t, []string{"other", "other, own attribute"}, bodies(out))
}

func TestRepeatsStayInADryRun(t *testing.T) {
	join := JoinConfig{Deduplicate: true, DropRedundant: true, SpanAttributes: compared}
	records := []tracebuffer.Record{
		shop(line("start", 1, "/feed/17", 0)), shop(line("end", 2, "/feed/17", 200)), shop(line("other", 3, "/feed/18", 200)),
		companion(shop(served(1, "/feed/17", 200))),
	}
	out, tel := deliver(t, join, records, func(c *rules.Config) { c.DryRun = true })
	require.Equal(t, []string{"start", "end", "other"}, bodies(out))
	for i, want := range []string{"duplicate", "redundant", ""} {
		noted, ok := out[i].Attributes().Get(stamp.AttributeDryRepeat)
		require.Equal(t, want != "", ok)
		if ok {
			require.Equal(t, want, noted.Str())
		}
	}
	require.Zero(t, sum(tel, "logs_dropped"))
}
