// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"encoding/hex"
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/logtrace"
	"github.com/otelcol-correlation/correlationprocessor/internal/traceid"
)

const (
	ownTrace   = "5c1e7a90d34b4f029b00016f21c8d0e3"
	ownSpan    = "b7000190aa17cc5e"
	otherTrace = "ffff7a90d34b4f029b03856f21c8d0e3"
)

// journald is a body as the journald receiver makes it, whose ids are those of the machine.
func journald(fields map[string]any) map[string]any {
	body := map[string]any{
		"_SYSTEMD_UNIT": "shop.service", "_BOOT_ID": "c4ca4238a0b923820dcc509a6f75849b",
		"_MACHINE_ID": "c81e728d9d4c2f636f067f89cc14862c", "_SYSTEMD_INVOCATION_ID": "eccbc87e4b5ce2fe28308fd9f2a7baf3",
		"__CURSOR": "s=92ed14a0f4d04f8f9b315bb73d09e814;i=20f1", "PRIORITY": "6",
	}
	maps.Copy(body, fields)
	return body
}

// carried are records that name their trace in the fields of a map. Each must say the same as a body of text, as a
// map and as attributes.
var carried = map[string]struct {
	fields            map[string]any
	trace, span, want string // the reason, if there is no trace
}{
	"journald, logfmt": {journald(map[string]any{
		"MESSAGE": `level=info msg="order placed" trace_id=` + ownTrace + " span_id=" + ownSpan,
	}), ownTrace, ownSpan, ""},
	"journald, JSON": {journald(map[string]any{
		"MESSAGE": `{"level": "error", "msg": "charge failed", "trace_id": "` + ownTrace + `", "span_id": "` + ownSpan + `"}`,
	}), ownTrace, ownSpan, ""},
	"journald, access log": {journald(map[string]any{
		"MESSAGE": `10.0.0.9 - - [17/Mar/2026:21:50:00 +0000] "GET /orders/3 HTTP/1.1" 200 12 "-" "curl/8" "00-` + ownTrace + "-" + ownSpan + `-01"`,
	}), ownTrace, ownSpan, ""},
	"journald, no id":     {journald(map[string]any{"MESSAGE": "Started Session 12 of User deploy."}), "", "", "absent"},
	"journald, own field": {journald(map[string]any{"MESSAGE": "order placed", "TRACE_ID": ownTrace, "SPAN_ID": ownSpan}), ownTrace, ownSpan, ""},
	"docker": {map[string]any{
		"log": `{"msg": "parsed by the receiver", "trace_id": "` + ownTrace + `"}` + "\n", "stream": "stdout",
	}, ownTrace, "", ""},
	"docker, JSON in JSON": {map[string]any{
		"log": `{"message":"{\"trace_id\":\"` + ownTrace + `\"}"}`, "stream": "stdout",
	}, ownTrace, "", ""},
	"a field goes before the message": {map[string]any{
		"message": "trace_id=" + otherTrace, "mdc": map[string]any{"traceId": ownTrace},
	}, ownTrace, "", ""},
	"the whole line goes before an event's name": {map[string]any{"event": "paid", "msg": "trace_id=" + ownTrace}, ownTrace, "", ""},
	"message within the record":                  {map[string]any{"fields": map[string]any{"message": "trace_id=" + ownTrace}}, ownTrace, "", ""},
	"message of a request":                       {map[string]any{"request": map[string]any{"message": "trace_id=" + otherTrace}}, "", "", "absent"},
	"body of a request":                          {map[string]any{"method": "POST", "body": `{"trace_id":"` + otherTrace + `"}`}, "", "", "absent"},
	"message with a query":                       {map[string]any{"message": "SELECT * FROM spans WHERE trace_id='" + otherTrace + "'"}, "", "", "absent"},
	"nested":                                     {map[string]any{"dd": map[string]any{"trace_id": "136226328892407683857640016887932994919", "span_id": "161"}}, "667c3c9200000000b02e5fc5a1234567", "00000000000000a1", ""},
	"dotted":                                     {map[string]any{"mdc.traceId": ownTrace, "mdc.spanId": ownSpan}, ownTrace, ownSpan, ""},
	"trace and span":                             {map[string]any{"trace": map[string]any{"id": ownTrace}, "span": map[string]any{"id": ownSpan}}, ownTrace, ownSpan, ""},
	"lists of headers": {map[string]any{"request": map[string]any{"headers": map[string]any{
		"Traceparent": []any{"00-" + ownTrace + "-" + ownSpan + "-01"},
	}}}, ownTrace, ownSpan, ""},
	"captured header": {map[string]any{"http.request.header.traceparent": []any{"00-" + ownTrace + "-" + ownSpan + "-01"}}, ownTrace, ownSpan, ""},
	"properties as a list": {map[string]any{"contextMap": []any{
		map[string]any{"key": "spanId", "value": ownSpan}, map[string]any{"key": "traceId", "value": ownTrace},
	}}, ownTrace, ownSpan, ""},
	"headers as a list": {map[string]any{"httpRequest": map[string]any{"headers": []any{
		map[string]any{"name": "Host", "value": "a"},
		map[string]any{"name": "X-Amzn-Trace-Id", "value": "Root=1-5c1e7a90-d34b4f029b00016f21c8d0e3"},
	}}}, ownTrace, "", ""},
	"scopes":                 {map[string]any{"Scopes": []any{"x", map[string]any{"TraceId": ownTrace, "SpanId": ownSpan}}}, ownTrace, ownSpan, ""},
	"links are another's":    {map[string]any{"links": []any{map[string]any{"trace_id": otherTrace}}}, "", "", "absent"},
	"a pair at the top":      {map[string]any{"key": "trace_id", "value": otherTrace}, "", "", "absent"},
	"Elastic's labels":       {map[string]any{"elasticapm_labels": map[string]any{"trace.id": ownTrace, "transaction.id": ownSpan, "span.id": nil}}, ownTrace, ownSpan, ""},
	"SkyWalking, no trace":   {map[string]any{"skyWalkingDynamicField": map[string]any{"traceId": "N/A"}}, "", "", "placeholder"},
	"Kong":                   {map[string]any{"trace_id": map[string]any{"w3c": ownTrace}}, ownTrace, "", ""},
	"an answer's headers":    {map[string]any{"response": map[string]any{"headers": map[string]any{"traceparent": "00-" + otherTrace + "-" + ownSpan + "-01"}}}, "", "", "absent"},
	"sampled, as a truth":    {map[string]any{"trace_id": ownTrace, "trace_sampled": true}, ownTrace, "", ""},
	"the top goes before":    {map[string]any{"request": map[string]any{"trace_id": otherTrace}, "trace_id": ownTrace}, ownTrace, "", ""},
	"a truth is no id":       {map[string]any{"trace_id": false}, "", "", "placeholder"},
	"a number that was cut":  {map[string]any{"dd.trace_id": 1.3622632889240768e+38}, "", "", "malformed"},
	"a small number":         {map[string]any{"dd.trace_id": 42.0}, "0000000000000000000000000000002a", "", ""},
	"Kubernetes' audit":      {map[string]any{"kind": "Event", "auditID": "098ef66d-98c3-4c0f-b71f-aaf58cb9d8bd", "requestURI": "/api/v1/pods", "verb": "list"}, "", "", "absent"},
	"nested in the resource": {map[string]any{"labels": map[string]any{"trace_id": ownTrace}}, ownTrace, "", ""},
}

// TestOneFieldSaysOneThing: whether it stands in a text, in a map or in the attributes.
func TestOneFieldSaysOneThing(t *testing.T) {
	k := logtrace.NewKeys(nil)
	for name, tt := range carried {
		text, err := json.Marshal(tt.fields)
		require.NoError(t, err)
		m := pcommon.NewMap()
		require.NoError(t, m.FromRaw(tt.fields))
		for carrier, read := range map[string]func() (traceid.Context, traceid.Reason){
			"text": func() (traceid.Context, traceid.Reason) { return k.ScanBody(string(text)) },
			"map": func() (traceid.Context, traceid.Reason) {
				var f IDFinder
				f.ReadMap(k, m)
				return f.Result(k)
			},
			"attributes": func() (traceid.Context, traceid.Reason) {
				var f IDFinder
				var l Log
				for key, v := range m.All() {
					if !l.Read(key, v, nil) {
						f.ReadAttribute(k, key, v)
					}
				}
				return f.Result(k)
			},
		} {
			t.Run(name+"/"+carrier, func(t *testing.T) {
				ctx, why := read()
				if tt.want != "" {
					assert.Equal(t, tt.want, why.String())
					return
				}
				assert.Equal(t, traceid.Found, why)
				assert.Equal(t, tt.trace, hex.EncodeToString(ctx.TraceID[:]))
				assert.Equal(t, tt.span, pcommon.SpanID(ctx.SpanID).String())
			})
		}
	}
}

// TestADoubleHasLostItsDigits: what a parser of JSON made of an id of 64 bits is not the id, though it looks like one.
func TestADoubleHasLostItsDigits(t *testing.T) {
	k := logtrace.NewKeys(nil)
	for number, want := range map[float64]traceid.Reason{
		12695189702020646247: traceid.Malformed, 1 << 54: traceid.Malformed, 0.5: traceid.Malformed,
		1<<53 - 1: traceid.Found, 1: traceid.Found, 0: traceid.InvalidZero,
	} {
		var f IDFinder
		f.ReadAttribute(k, "dd.trace_id", pcommon.NewValueDouble(number))
		_, why := f.Result(k)
		assert.Equal(t, want, why, "%g", number)
	}
}

// TestMapsSayWhatTheirTextSays holds it for any nesting of any keys.
func TestMapsSayWhatTheirTextSays(t *testing.T) {
	k := logtrace.NewKeys(nil)
	rapid.Check(t, func(t *rapid.T) {
		fields := drawFields(3).Draw(t, "fields")
		text, err := json.Marshal(fields)
		require.NoError(t, err)
		want, why := k.ScanBody(string(text))

		var f IDFinder
		m := pcommon.NewMap()
		require.NoError(t, m.FromRaw(fields))
		f.ReadMap(k, m)
		got, reason := f.Result(k)
		assert.Equal(t, why, reason, "%s", text)
		assert.Equal(t, want, got, "%s", text)
	})
}

// drawFields draws the fields of a record, of which one at most is its trace's id: of two under one key a text has
// a first one, and a Go map has not.
func drawFields(depth int) *rapid.Generator[map[string]any] {
	keys := rapid.SampledFrom([]string{"a", "mdc", "fields", "request", "headers", "links", "contexts", "log", "http", "scopes", "labels"})
	return rapid.Custom(func(t *rapid.T) map[string]any {
		fields := map[string]any{"noise": rapid.SampledFrom([]any{nil, true, 4.5, "x", otherTrace}).Draw(t, "noise")}
		in := fields
		for range rapid.IntRange(0, depth).Draw(t, "depth") {
			inner := map[string]any{}
			key := keys.Draw(t, "key")
			if rapid.Bool().Draw(t, "list") {
				in[key] = []any{"x", inner}
			} else {
				in[key] = inner
			}
			in = inner
		}
		id := rapid.SampledFrom([]string{"trace_id", "traceparent", "message", "msg", "log", "http_traceparent", "value", "tid"}).Draw(t, "id")
		in[id] = rapid.SampledFrom([]any{
			ownTrace, "00-" + ownTrace + "-" + ownSpan + "-01", "trace_id=" + ownTrace, `{"trace_id":"` + ownTrace + `"}`,
			`{"msg":"{\"traceId\":\"` + ownTrace + `\"}"}`, "", "-", nil, false,
			[]any{ownTrace},
		}).Draw(t, "value")
		return fields
	})
}

// TestReadingAttributesAllocatesNothing: neither those with an id nor all others.
func TestReadingAttributesAllocatesNothing(t *testing.T) {
	k := logtrace.NewKeys(nil)
	for name, tt := range carried {
		m := pcommon.NewMap()
		require.NoError(t, m.FromRaw(tt.fields))
		if strings.Contains(name, "number that was cut") {
			continue // a number is printed
		}
		assert.Zero(t, testing.AllocsPerRun(10, func() {
			var f IDFinder
			for key, v := range m.All() {
				f.ReadAttribute(k, key, v)
			}
			_, _ = f.Result(k)
		}), name)
	}
}
