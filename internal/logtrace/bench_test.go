// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package logtrace

import (
	"strings"
	"testing"

	"github.com/otelcol-correlation/correlationprocessor/internal/traceid"
)

var (
	sinkContext traceid.Context
	sinkReason  traceid.Reason
	sinkRole    Role
)

// attributes are those of a usual HTTP log record, the ids last.
var attributes = [][2]string{
	{"http.request.method", "GET"},
	{"url.path", "/users/4711/orders"},
	{"http.response.status_code", "200"},
	{"http.route", "/users/{id}/orders"},
	{"server.address", "shop.example.com"},
	{"thread.name", "http-nio-8080-exec-1"},
	{"code.function.name", "OrderController.list"},
	{"log.file.name", "app.log"},
	{"trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"},
	{"span_id", "00f067aa0ba902b7"},
}

func fromAttributes(k *Keys, attrs [][2]string) (traceid.Context, traceid.Reason) {
	var f Finder
	for i := range attrs {
		if r := k.Lookup(attrs[i][0]); r.Kind != RoleNone {
			f.Offer(r, attrs[i][1])
		}
	}
	return f.Result()
}

// BenchmarkAttributes is a record's whole way: ten keys looked up, two ids read. The goal is 150 ns.
func BenchmarkAttributes(b *testing.B) {
	k := NewKeys(nil)
	b.ReportAllocs()
	for b.Loop() {
		sinkContext, sinkReason = fromAttributes(k, attributes)
	}
	requireFound(b)
}

func BenchmarkLookup(b *testing.B) {
	k := NewKeys(nil)
	for _, key := range []string{"http.request.method", "thread.name", "trace_id", "logging.googleapis.com/trace"} {
		b.Run(key, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sinkRole = k.Lookup(key)
			}
		})
	}
}

const (
	jsonBody = `{"time":"2026-11-21T09:53:01.123456789Z","level":"INFO","msg":"order created for customer",` +
		`"service":"checkout","http":{"method":"POST","path":"/api/orders","status":201},"duration_ms":12.5,` +
		`"user":"u-48151623","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7"}`
	logfmtBody = `time=2026-11-21T09:53:01.123Z level=INFO msg="order created for customer" service=checkout ` +
		`method=POST path=/api/orders status=201 duration=12.5ms user=u-48151623 caller=order.go:118 ` +
		`trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7`
	proseBody = `2026-11-21 09:53:01,123 WARN [worker-7] c.e.shop.OrderService - could not reserve stock for ` +
		`article 48151623: 3 wanted, 2 left (warehouse: north), customer is asked for another choice and the ` +
		`order stays open for 15 minutes, see https://wiki.example.com/stock#reserve for what happens then`
	noIDBody = `{"time":"2026-11-21T09:53:01.123456789Z","level":"INFO","msg":"order created for customer",` +
		`"service":"checkout","http":{"method":"POST","path":"/api/orders","status":201},"duration_ms":12.5,` +
		`"user":"u-48151623","request_id":"de5980b8-fce3-4a37-aab9-b4ac3af7eedd","order":"ORD-2024-118"}`
)

func benchmarkBody(b *testing.B, body string) {
	k := NewKeys(nil)
	b.SetBytes(int64(min(len(body), MaxBodyBytes)))
	b.ReportAllocs()
	for b.Loop() {
		sinkContext, sinkReason = k.ScanBody(body)
	}
}

// BenchmarkScanBody reads bodies of about 300 bytes, the JSON ones in less than 1 µs, and the
// largest there can be.
func BenchmarkScanBody(b *testing.B) {
	b.Run("json", func(b *testing.B) { benchmarkBody(b, jsonBody); requireFound(b) })
	b.Run("json without id", func(b *testing.B) { benchmarkBody(b, noIDBody) })
	b.Run("logfmt", func(b *testing.B) { benchmarkBody(b, logfmtBody); requireFound(b) })
	b.Run("prose", func(b *testing.B) { benchmarkBody(b, proseBody) })
	b.Run("json in json", func(b *testing.B) {
		escaped := strings.ReplaceAll(jsonBody, `"`, `\"`)
		benchmarkBody(b, `{"log":"`+escaped+`\n","stream":"stdout","time":"2026-11-21T09:53:01.1Z"}`)
		requireFound(b)
	})
	b.Run("longest json", func(b *testing.B) {
		stack := strings.Repeat(`\tat com.example.shop.OrderService.create(OrderService.java:118)\n`, 230)
		benchmarkBody(b, `{"msg":"`+stack+`","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}`)
		requireFound(b)
	})
	b.Run("longest text", func(b *testing.B) {
		stack := strings.Repeat("\tat com.example.shop.OrderService.create(OrderService.java:118)\n", 300)
		benchmarkBody(b, stack)
	})
	b.Run("worst text", func(b *testing.B) { benchmarkBody(b, strings.Repeat("tttttid=", 3000)) })
	b.Run("crowded text", func(b *testing.B) { benchmarkBody(b, strings.Repeat("Root=", 3300)) })
	b.Run("crowded b3", func(b *testing.B) { benchmarkBody(b, strings.Repeat("b3=", 5400)) })
	b.Run("crowded trace", func(b *testing.B) { benchmarkBody(b, strings.Repeat("traceparent=", 1300)) })
	b.Run("quoted text", func(b *testing.B) { benchmarkBody(b, strings.Repeat(`where trace_id='"a`, 900)) })
	b.Run("worst json", func(b *testing.B) { benchmarkBody(b, strings.Repeat(`{"a":[`, 3000)) })
}

// requireFound proves that a benchmark has measured the way to an id.
func requireFound(b *testing.B) {
	b.Helper()
	if sinkReason != traceid.Found {
		b.Fatal(sinkReason)
	}
}
