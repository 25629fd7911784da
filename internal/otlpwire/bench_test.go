// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package otlpwire

import (
	"fmt"
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/itemtest"
)

// BenchmarkEncode is the cost of a span's bytes: by the library for the whole
// message, and one by one into memory used before.
func BenchmarkEncode(b *testing.B) {
	td := itemtest.Span(0, 0)
	spans := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
	for n := range 512 {
		s := itemtest.Span(n/2, n, itemtest.Get(fmt.Sprintf("/api/v1/orders/%d", n)))
		s.ResourceSpans().At(0).ScopeSpans().At(0).Spans().MoveAndAppendTo(spans)
		for k := range 7 {
			spans.At(n+1).Attributes().PutStr(fmt.Sprintf("attribute.%d", k), fmt.Sprintf("value %d", n))
		}
	}
	perSpan := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*spans.Len()), "ns/span")
	}
	b.Run("message", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td); err != nil {
				b.Fatal(err)
			}
		}
		perSpan(b)
	})
	b.Run("records", func(b *testing.B) {
		b.ReportAllocs()
		var arena []byte
		for b.Loop() {
			arena = arena[:0]
			for _, s := range spans.All() {
				arena = AppendSpan(arena, s)
			}
		}
		perSpan(b)
	})
}
