// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
)

// random fills a text that does not compress.
func random(rng *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(' ' + rng.IntN(90))
	}
	return string(b)
}

// largeBatch is of so many bytes, in spans of different traces of about a size each.
func largeBatch(rng *rand.Rand, bytes, each int) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "cart")
	spans := rs.ScopeSpans().AppendEmpty().Spans()
	for n := range bytes / each {
		s := spans.AppendEmpty()
		s.SetTraceID(traceNumbered(n))
		s.SetSpanID(spanNumbered(n))
		s.SetName("span")
		s.Attributes().PutStr("text", random(rng, each))
	}
	return td
}

// A batch may be larger than the limit, of many records or few: what is held never
// exceeds it, and every record has its fate.
func TestABatchLargerThanTheLimit(t *testing.T) {
	const limit = 4 << 20
	for _, each := range []int{500, 50_000, 200_000, 400_000, 6 << 20} {
		t.Run(fmt.Sprint(each), func(t *testing.T) {
			bubbled(t, func(c *Config) { onePercent(c); c.MaxBytes = limit }, func(t *testing.T, p *pipelines) {
				rng := rand.New(rand.NewPCG(1, 1))
				for range 3 {
					p.send(largeBatch(rng, 4*limit, each))
					synctest.Wait() // what was released is delivered
					require.LessOrEqual(t, p.sum("buffer_bytes"), int64(limit))
					require.Less(t, p.sum("integrity_bytes"), int64(2*limit/8), "an eighth, and what its segments are rounded up to")
					p.conserved()
				}
				require.Zero(t, p.sum("spans_refused"))
				require.Positive(t, p.sum("decisions", attribute.String("trigger", "pressure")))
				time.Sleep(time.Minute)
				require.Zero(t, p.sum("spans_held"))
				p.conserved()
				for _, s := range p.spans() {
					require.Equal(t, uint64(0xff), uint64(s.TraceID()[9]), "kept by its id alone")
				}
			})
		})
	}
}

// While the next component takes nothing, a batch whose first part fills the buffer is
// let in whole: what has no room is decided on at once.
func TestABatchWithoutRoomForItsEndIsDecidedOn(t *testing.T) {
	const limit = 2 << 20
	bubbled(t, func(c *Config) { c.Sampling.SamplingPercentage = 50; c.MaxBytes = limit }, func(t *testing.T, p *pipelines) {
		rng := rand.New(rand.NewPCG(1, 1))
		td := largeBatch(rng, 3*limit, 2000)
		n := td.SpanCount()
		p.send(td)
		synctest.Wait() // what was released is delivered
		require.Less(t, p.sum("spans_held"), int64(n))
		p.conserved()
		time.Sleep(time.Minute)
		require.EqualValues(t, n, p.sum("spans_kept")+p.sum("spans_dropped"))
		p.conserved()
	})
}

// What is nested deeper than the library decodes, which only a receiver in the process
// can make, is not lost: it goes the way of its trace at once.
func TestWhatIsTooDeepIsNotLost(t *testing.T) {
	deep := func(m pcommon.Map) {
		for range 60 {
			m = m.PutEmptyMap("a")
		}
	}
	bubbled(t, onePercent, func(t *testing.T, p *pipelines) {
		p.send(
			spanOf(100, 1), spanOf(100, 2, func(s ptrace.Span) { deep(s.Attributes()) }), spanOf(100, 3),
			spanOf(1, 1), spanOf(1, 2, func(s ptrace.Span) { deep(s.Attributes()) }),
			logOf(101, 1, func(lr plog.LogRecord) { deep(lr.Body().SetEmptyMap()) }),
			logOf(2, 1, func(lr plog.LogRecord) { deep(lr.Body().SetEmptyMap()) }),
		)
		inResource, inScope := spanOf(102, 1), spanOf(103, 1)
		deep(inResource.ResourceSpans().At(0).Resource().Attributes())
		deep(inScope.ResourceSpans().At(0).ScopeSpans().At(0).Scope().Attributes())
		p.send(inResource, inScope)
		time.Sleep(time.Minute)
		require.Len(t, p.spans(), 5)
		require.Len(t, p.records(), 1)
		require.EqualValues(t, 2, p.sum("spans_dropped"))
		require.EqualValues(t, 1, p.sum("logs_dropped"))
		require.Zero(t, p.sum("spans_dropped", attribute.String("reason", "corrupt")))
		p.conserved()
	})
}
