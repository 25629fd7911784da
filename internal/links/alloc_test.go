// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !race

package links

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/integrity"
	"github.com/otelcol-correlation/correlationprocessor/internal/record"
)

// A healthy trace costs no allocation once the tables have grown.
func TestWatchingAllocatesNothing(t *testing.T) {
	sc := newScene()
	svc := sc.service("cart")
	var spans []ptrace.Span
	for id, kind := range []ptrace.SpanKind{server, client, server, inner} {
		s := ptrace.NewSpan()
		s.SetSpanID(pcommon.SpanID{7: byte(id + 1)})
		s.SetParentSpanID(pcommon.SpanID{7: byte(id)})
		s.SetKind(kind)
		toOrders(s)
		spans = append(spans, s)
	}
	trace := 0
	round := func() {
		trace++
		sc.items = sc.items[:0]
		for _, s := range spans {
			s.SetTraceID(traceID(trace))
			var v record.Span
			v.Read(s.Attributes())
			it, _ := sc.r.Span(sc.now, svc, s, &v, &sc.memo)
			sc.items = append(sc.items, it)
		}
		sc.r.Add(sc.now, sc.items, &sc.found)
		sc.wait(time.Second)
	}
	for range 40_000 {
		round()
	}
	before := sc.of(integrity.TracesChecked, "cart")
	allocs := testing.AllocsPerRun(10_000, round)
	require.Greater(t, sc.of(integrity.TracesChecked, "cart"), before+9_000, "the traces were examined")
	require.Less(t, allocs, 0.01)
}
