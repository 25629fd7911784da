// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

var collections = []string{"users", "orders", "carts", "products", "reviews", "payments", "shipments", "invoices"}

// benchTraces makes a batch of spans of many traces and services.
func benchTraces(rng *rand.Rand, spans int) ptrace.Traces {
	td := ptrace.NewTraces()
	var services [20]ptrace.SpanSlice
	for i := range services {
		rs := td.ResourceSpans().AppendEmpty()
		res := rs.Resource().Attributes()
		res.PutStr("service.name", fmt.Sprintf("service-%d", i))
		for k := range 10 {
			res.PutStr(fmt.Sprintf("k8s.attribute.%d", k), fmt.Sprintf("some-value-%d-%d", i, k))
		}
		services[i] = rs.ScopeSpans().AppendEmpty().Spans()
	}
	for n := range spans {
		s := services[rng.IntN(len(services))].AppendEmpty()
		s.SetSpanID(spanNumbered(n))
		s.SetParentSpanID(spanNumbered(rng.IntN(spans)))
		s.SetName("GET /api/resource")
		s.SetKind(ptrace.SpanKindServer)
		s.SetStartTimestamp(pcommon.Timestamp(1e18 + n))
		s.SetEndTimestamp(pcommon.Timestamp(1e18 + n + 1000))
		a := s.Attributes()
		a.PutStr("url.path", fmt.Sprintf("/api/v1/%s/%d/items/%d", collections[rng.IntN(len(collections))], rng.IntN(1e6), rng.IntN(1e6)))
		a.PutStr("http.request.method", "GET")
		a.PutInt("http.response.status_code", 200)
		for k := range 7 {
			a.PutStr(fmt.Sprintf("attribute.%d", k), fmt.Sprintf("value %d", rng.IntN(1000)))
		}
	}
	return td
}

// renumber gives the batch's spans fresh trace ids, 1.6 spans of a trace in a row.
func renumber(rng *rand.Rand, td ptrace.Traces) {
	var id pcommon.TraceID
	for _, rs := range td.ResourceSpans().All() {
		for _, s := range rs.ScopeSpans().At(0).Spans().All() {
			if id.IsEmpty() || rng.IntN(8) < 5 {
				binary.BigEndian.PutUint64(id[:8], rng.Uint64())
				binary.BigEndian.PutUint64(id[8:], rng.Uint64())
			}
			s.SetTraceID(id)
		}
	}
}

// BenchmarkHeldSpans is the cost of a span that waits and is dropped, in batches
// of 512, in memory and in storage, and the time that the 99th of a hundred calls takes; the
// copy that stands for decoding is not in it.
func BenchmarkHeldSpans(b *testing.B) {
	b.Run("memory", func(b *testing.B) { benchHeldSpans(b, "") })
	b.Run("storage", func(b *testing.B) { benchHeldSpans(b, b.TempDir()) })
}

func benchHeldSpans(b *testing.B, directory string) {
	var p pipelines
	p.start(b, func(c *Config) {
		onePercent(c)
		c.MaxBytes, c.Storage.Directory, c.Storage.MaxBytes = 1<<30, directory, 1<<30
	}, consumertest.NewNop(), consumertest.NewNop())
	rng := rand.New(rand.NewPCG(1, 1))
	proto := benchTraces(rng, 512)
	var took []time.Duration
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N / 512 {
		b.StopTimer()
		td := ptrace.NewTraces()
		proto.CopyTo(td)
		renumber(rng, td)
		began := time.Now()
		b.StartTimer()
		require.NoError(b, p.traces.ConsumeTraces(context.Background(), td))
		took = append(took, time.Since(began))
	}
	b.StopTimer()
	slices.Sort(took)
	if len(took) > 0 {
		b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds()), "p99-ns/call")
	}
	p.stop()
}
