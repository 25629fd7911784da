// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package outlet

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// A log gets what it lacks from the span it names; else from the entry span of its
// service, for there the request came in; else from the root.
func TestLogsGetTheirSpansAttributes(t *testing.T) {
	as := func(who string) func(ptrace.Span) {
		return func(s ptrace.Span) {
			s.Attributes().PutStr("who", who)
			s.Attributes().PutInt("http.response.status_code", 500)
			s.Attributes().PutStr("not joined", "x")
		}
	}
	server := func(s ptrace.Span) { s.SetKind(ptrace.SpanKindServer) }
	root := func(s ptrace.Span) { s.SetParentSpanID(pcommon.SpanID{}) }
	otherTrace := func(s ptrace.Span) { s.SetTraceID(traceID(2)) }
	spans := []tracebuffer.Record{
		companion(recordOf("front", spanOf(1, root, as("root")))),
		companion(recordOf("cart", spanOf(2, server, as("entry")))),
		companion(recordOf("cart", spanOf(3, as("named")))),
		companion(recordOf("cart", spanOf(4, func(s ptrace.Span) { s.Attributes().PutStr("not joined", "x") }))),
		companion(recordOf("cart", spanOf(3, otherTrace, as("other")))),
	}
	joined := func(who string) map[string]any {
		return map[string]any{"who": who, "http.response.status_code": int64(500)}
	}
	tests := map[string]struct {
		service string
		span    byte
		change  func(plog.LogRecord)
		want    map[string]any
		joined  int64
	}{
		"names its span":            {"cart", 3, nil, joined("named"), 1},
		"names one that has less":   {"cart", 4, nil, map[string]any{}, 0},
		"names none that is there":  {"cart", 77, nil, joined("entry"), 1},
		"names none":                {"cart", 0, nil, joined("entry"), 1},
		"of a service without one":  {"stock", 77, nil, joined("root"), 1},
		"of the root's service":     {"front", 77, nil, joined("root"), 1},
		"of another trace":          {"cart", 3, func(lr plog.LogRecord) { lr.SetTraceID(traceID(2)) }, joined("other"), 1},
		"of a trace without spans":  {"cart", 3, func(lr plog.LogRecord) { lr.SetTraceID(traceID(3)) }, map[string]any{}, 0},
		"with its id cut":           {"cart", 3, func(lr plog.LogRecord) { lr.SetTraceID(pcommon.TraceID{9: 0xff, 15: 1}) }, joined("named"), 1},
		"has one of its own":        {"cart", 3, func(lr plog.LogRecord) { lr.Attributes().PutStr("who", "me") }, map[string]any{"who": "me", "http.response.status_code": int64(500)}, 1},
		"has everything of its own": {"cart", 3, func(lr plog.LogRecord) { _ = lr.Attributes().FromRaw(joined("me")) }, joined("me"), 0},
	}
	keys := []string{"http.response.status_code", "who"}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			lr := logOf(tt.span)
			if tt.change != nil {
				tt.change(lr)
			}
			out, tel := deliver(t, JoinConfig{Attributes: keys, SpanAttributes: keys}, append([]tracebuffer.Record{recordOf(tt.service, lr)}, spans...))
			require.Len(t, out, 1, "the spans go another way")
			require.Equal(t, tt.want, out[0].Attributes().AsRaw())
			require.Equal(t, tt.joined, sum(tel, "logs_joined"))
		})
	}
}

// A log gets each attribute from the nearest ancestor of its span that has it and belongs to
// its request; a log whose span is not there, from where its trace began in its service.
func TestLogsGetWhatAncestorsHave(t *testing.T) {
	under := func(parent byte) func(ptrace.Span) {
		return func(s ptrace.Span) { s.SetParentSpanID(pcommon.SpanID{7: parent}) }
	}
	kind := func(k ptrace.SpanKind) func(ptrace.Span) { return func(s ptrace.Span) { s.SetKind(k) } }
	server, client := kind(ptrace.SpanKindServer), kind(ptrace.SpanKindClient)
	has := func(key, value string) func(ptrace.Span) { return spanAttr(key, value) }
	spans := []tracebuffer.Record{
		// A browser's span, 77, never comes. What it calls, calls another service, which
		// calls the first one again.
		companion(recordOf("shop", spanOf(1, under(77), server, has("route", "/cart"), has("method", "GET")))),
		companion(recordOf("shop", spanOf(2, under(1), has("method", "HANDLE")))),
		companion(recordOf("shop", spanOf(3, under(2)))),
		companion(recordOf("shop", spanOf(4, under(3), client, has("route", "/stock")))),
		companion(recordOf("stock", spanOf(5, under(4), server, has("method", "POST")))),
		companion(recordOf("stock", spanOf(6, under(5)))),
		companion(recordOf("shop", spanOf(7, under(6), server, has("route", "/callback")))),
		// Parents in a circle.
		companion(recordOf("shop", spanOf(8, under(9)))),
		companion(recordOf("shop", spanOf(9, under(8)))),
	}
	reversed := slices.Clone(spans)
	slices.Reverse(reversed)
	for name, tt := range map[string]struct {
		service string
		span    byte
		want    map[string]any
	}{
		"of an inner span":                   {"shop", 3, map[string]any{"route": "/cart", "method": "HANDLE"}},
		"of a call":                          {"shop", 4, map[string]any{"route": "/stock", "method": "HANDLE"}},
		"not from the caller's request":      {"stock", 6, map[string]any{"method": "POST"}},
		"of a parent that never came":        {"shop", 77, map[string]any{"route": "/cart", "method": "GET"}},
		"the same, of a service without one": {"proxy", 77, map[string]any{"route": "/cart", "method": "GET"}},
		"of a circle":                        {"shop", 8, map[string]any{}},
	} {
		t.Run(name, func(t *testing.T) {
			keys := []string{"route", "method"}
			for _, records := range [][]tracebuffer.Record{spans, reversed} {
				out, _ := deliver(t, JoinConfig{Attributes: keys, SpanAttributes: keys}, append([]tracebuffer.Record{recordOf(tt.service, logOf(tt.span))}, records...))
				require.Equal(t, tt.want, out[0].Attributes().AsRaw())
			}
		})
	}
}

// Span and log of one request carry one pattern, whichever was inferred for the log:
// its own span's, or that of a server span of its trace if its service has none.
func TestSpanAndLogOfOneRequestCarryOnePattern(t *testing.T) {
	route := func(pattern, path string) func(ptrace.Span) {
		return func(s ptrace.Span) {
			s.SetKind(ptrace.SpanKindServer)
			s.Attributes().PutStr("url.template", pattern)
			s.Attributes().PutStr("url.path", path)
		}
	}
	child := func(s ptrace.Span) { s.SetParentSpanID(pcommon.SpanID{7: 9}) }
	routeOnly := func(pattern string) func(ptrace.Span) {
		return func(s ptrace.Span) {
			s.SetKind(ptrace.SpanKindServer)
			s.Attributes().PutStr("url.template", pattern)
		}
	}
	within := func(s ptrace.Span) { s.SetParentSpanID(pcommon.SpanID{7: 3}) }
	spans := []tracebuffer.Record{
		companion(recordOf("cart", spanOf(1, child, route("/media/{bucket}/{file}", "/media/avatars/7.jpg")))),
		companion(recordOf("stock", spanOf(2, child, route("/items/{id}", "/items/7")))),
		companion(recordOf("chi", spanOf(3, child, routeOnly("/articles/{slug}")))),
		companion(recordOf("chi", spanOf(4, within))),
	}
	log := func(pattern, path string) func(plog.LogRecord) {
		return func(lr plog.LogRecord) {
			lr.Attributes().PutStr("url.template", pattern)
			lr.Attributes().PutStr("url.path", path)
		}
	}
	tests := map[string]struct {
		service string
		span    byte
		change  func(plog.LogRecord)
		want    string
	}{
		"of the span it names":  {"cart", 1, log("/media/avatars/{int}.jpg", "/media/avatars/7.jpg?size=2"), "/media/{bucket}/{file}"},
		"of its service's span": {"cart", 0, log("/media/avatars/{int}.jpg", "/media/avatars/7.jpg"), "/media/{bucket}/{file}"},
		"of a proxy":            {"proxy", 77, log("/items/{int}", "/items/7"), "/items/{id}"},
		"of a proxy, its path a URL": {"proxy", 0, func(lr plog.LogRecord) {
			log("/items/{int}", "")(lr)
			lr.Attributes().PutStr("url.path", "https://h/items/7#x")
		}, "/items/{id}"},
		"of a span without a path":              {"chi", 3, log("/articles/{param}", "/articles/on-go"), "/articles/{slug}"},
		"of a span within one without a path":   {"chi", 4, log("/articles/{param}", "/articles/on-go"), "/articles/{slug}"},
		"of a proxy before one without a path":  {"proxy", 0, log("/articles/{param}", "/articles/on-go?x"), "/articles/{slug}"},
		"of another path than a span's pattern": {"chi", 3, log("/authors/{int}", "/authors/7"), "/authors/{int}"},
		"about another request":                 {"cart", 1, log("/items/{int}", "/items/8"), "/items/{int}"},
		"about a call to a service":             {"cart", 1, log("/items/{int}", "/items/7"), "/items/{id}"},
		"that has the same":                     {"cart", 1, log("/media/{bucket}/{file}", "/media/avatars/7.jpg"), "/media/{bucket}/{file}"},
		"with a route of its own": {"cart", 1, func(lr plog.LogRecord) {
			log("/m/{x}", "/media/avatars/7.jpg")(lr)
			lr.Attributes().PutStr("http.route", "/m/{x}")
		}, "/m/{x}"},
		"that has no path": {"cart", 1, func(lr plog.LogRecord) { lr.Attributes().PutStr("url.template", "/own") }, "/own"},
	}
	keys := []string{"url.template", "url.path"}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			lr := logOf(tt.span)
			tt.change(lr)
			out, _ := deliver(t, JoinConfig{Attributes: keys[:1], SpanAttributes: keys, RouteAttribute: keys[0]}, append([]tracebuffer.Record{recordOf(tt.service, lr)}, spans...))
			require.Len(t, out, 1)
			got, _ := out[0].Attributes().Get("url.template")
			require.Equal(t, tt.want, got.Str())
		})
	}
}

// Spans that cannot be decoded cost the logs no more than what they would have got.
func TestLogsGoWithoutSpansThatCannotBeDecoded(t *testing.T) {
	bad := companion(recordOf("cart", spanOf(1)))
	bad.Data = []byte{0xff}
	out, tel := deliver(t, JoinConfig{Attributes: []string{"who"}, SpanAttributes: []string{"who"}}, []tracebuffer.Record{recordOf("cart", logOf(1)), bad})
	require.Equal(t, []string{"log"}, bodies(out))
	require.Zero(t, sum(tel, "logs_dropped"))
}

// The numbers are those of the logs that are there for the spans' sake.
func TestSpansSayHowManyLogsNameThem(t *testing.T) {
	sink := new(consumertest.TracesSink)
	o, _ := started(t, Options{Traces: sink})
	failures := []func(plog.LogRecord){
		func(lr plog.LogRecord) { lr.SetSeverityNumber(plog.SeverityNumberError) },
		func(lr plog.LogRecord) { lr.SetSeverityText("FATAL3") },
		func(lr plog.LogRecord) { lr.Attributes().PutInt("level", 50) },
		func(lr plog.LogRecord) { lr.Body().SetStr(`{"log":"{\"level\":\"error\"}"}`) },
		func(lr plog.LogRecord) { lr.Body().SetStr(`"GET /x HTTP/1.1" 502 0`) },
	}
	var records []tracebuffer.Record
	for id := range byte(3) {
		records = append(records, recordOf("cart", spanOf(id+1)))
	}
	for _, lr := range []plog.LogRecord{logOf(1), logOf(2), logOf(7)} {
		records = append(records, companion(recordOf("cart", lr)))
	}
	for _, failed := range failures {
		records = append(records, companion(recordOf("cart", logOf(1, failed))))
	}
	push(o, records...)
	require.NoError(t, o.Stop(t.Context()))
	var got []map[string]any
	for _, s := range sink.AllTraces()[0].ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
		got = append(got, s.Attributes().AsRaw())
	}
	require.Equal(t, []map[string]any{
		{"log.count": int64(6), "log.error_count": int64(5)}, {"log.count": int64(1), "log.error_count": int64(0)}, {},
	}, got)
}

// A log that came through several pipelines is one, and logs that are equal within one are several.
func TestCopiesOfLogsAreCountedOnce(t *testing.T) {
	through := func(outlet uint8, names ...string) (out []tracebuffer.Record) {
		for _, name := range names {
			r := companion(recordOf("cart", logOf(1, func(lr plog.LogRecord) { lr.Body().SetStr(name) })))
			r.Outlet = outlet
			out = append(out, r)
		}
		return out
	}
	for name, tt := range map[string]struct {
		logs [][]tracebuffer.Record
		want int64
	}{
		"one pipeline":              {[][]tracebuffer.Record{through(1, "a", "b", "a")}, 3},
		"two of one receiver":       {[][]tracebuffer.Record{through(1, "a", "b", "a"), through(2, "a", "b", "a")}, 3},
		"three of one receiver":     {[][]tracebuffer.Record{through(1, "a"), through(2, "a"), through(3, "a")}, 1},
		"two of two receivers":      {[][]tracebuffer.Record{through(1, "a", "b"), through(2, "c")}, 3},
		"one of them has only some": {[][]tracebuffer.Record{through(1, "a"), through(2, "a", "a", "b")}, 3},
		"mixed":                     {[][]tracebuffer.Record{through(1, "a"), through(2, "a"), through(1, "a"), through(2, "a")}, 2},
	} {
		sink := new(consumertest.TracesSink)
		o, _ := started(t, Options{Traces: sink})
		records := []tracebuffer.Record{recordOf("cart", spanOf(1))}
		for _, logs := range tt.logs {
			records = append(records, logs...)
		}
		push(o, records...)
		require.NoError(t, o.Stop(t.Context()))
		n, _ := sink.AllTraces()[0].ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes().Get("log.count")
		require.Equal(t, tt.want, n.Int(), name)
	}
}
