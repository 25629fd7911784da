// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
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

// manyScopes is a request with one resource and so many scopes of one log each.
func manyScopes(scopes int, resource string) plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.SetSchemaUrl("schema of the resource")
	rl.Resource().Attributes().PutStr("service.name", "cart")
	rl.Resource().Attributes().PutStr("text", resource)
	for n := range scopes {
		sl := rl.ScopeLogs().AppendEmpty()
		sl.SetSchemaUrl(fmt.Sprint("schema ", n))
		sl.Scope().SetName(fmt.Sprint("scope ", n))
		lr := sl.LogRecords().AppendEmpty()
		lr.SetTraceID(traceNumbered(100 + n))
		lr.SetSpanID(spanNumbered(n))
	}
	return ld
}

// One resource with many scopes takes a small factor of the request's bytes, and comes
// out as one resource with all its scopes and schema URLs.
func TestOneResourceWithManyScopes(t *testing.T) {
	for name, of := range map[string]struct{ scopes, resource int }{
		"a large resource": {1000, 150_000}, "small ones": {4000, 10}, "twenty scopes": {20, 3000},
	} {
		t.Run(name, func(t *testing.T) {
			bubbled(t, func(c *Config) { c.Sampling.SamplingPercentage = 50 }, func(t *testing.T, p *pipelines) {
				ld := manyScopes(of.scopes, strings.Repeat("x", of.resource))
				size := (&plog.ProtoMarshaler{}).LogsSize(ld)
				before := p.sum("buffer_bytes")
				p.send(ld)
				held := p.sum("buffer_bytes") - before
				tables := int64(4 << 20) // of traces and verdicts, the log's first segments
				require.Less(t, held, 8*int64(size)+tables)
				time.Sleep(time.Minute)
				require.Len(t, p.records(), of.scopes)
				out, resources := 0, 0
				for _, ld := range p.logSink.AllLogs() {
					out += (&plog.ProtoMarshaler{}).LogsSize(ld)
					resources += ld.ResourceLogs().Len()
					for _, rl := range ld.ResourceLogs().All() {
						require.Equal(t, "schema of the resource", rl.SchemaUrl())
						for _, sl := range rl.ScopeLogs().All() {
							require.Equal(t, strings.Replace(sl.Scope().Name(), "scope", "schema", 1), sl.SchemaUrl())
						}
					}
				}
				require.LessOrEqual(t, resources, len(p.logSink.AllLogs()))
				require.Less(t, out, 2*size+100*of.scopes)
				require.Less(t, len(p.logSink.AllLogs()), 40)
			})
		})
	}
}

// Headers that never come again do not fill the limit for those that follow.
func TestHeadersDoNotFillTheLimit(t *testing.T) {
	bubbled(t, func(c *Config) { c.Sampling.SamplingPercentage = 0; c.MaxBytes = 8 << 20 }, func(t *testing.T, p *pipelines) {
		text := strings.Repeat("x", 1500)
		for n := range 20_000 {
			td := spanOf(n, 1)
			td.ResourceSpans().At(0).Resource().Attributes().PutStr("pod", fmt.Sprint(n, text))
			p.send(td)
		}
		require.LessOrEqual(t, p.sum("buffer_bytes"), int64(8<<20))
		require.Zero(t, p.sum("spans_refused"))
		time.Sleep(time.Minute)
		require.Zero(t, p.sum("spans_held"))
		require.Less(t, p.sum("buffer_bytes"), int64(3<<20))
		p.conserved()
	})
}

// Ids that are padded on the right, or share their low half for another reason, are
// traces of their own, and some share of them is kept.
func TestTracesThatShareTheirLowHalf(t *testing.T) {
	const traces = 1000
	for name, id := range map[string]func(n uint64) pcommon.TraceID{
		"padded on the right": func(n uint64) (id pcommon.TraceID) {
			binary.BigEndian.PutUint64(id[:8], (n+1)*0x9e3779b97f4a7c15)
			return id
		},
		"UUIDs by time": func(n uint64) (id pcommon.TraceID) { // RFC 9562, version 1
			binary.BigEndian.PutUint32(id[:4], uint32(n*1_000_003))
			binary.BigEndian.PutUint32(id[4:8], 0xb1a2_11f1)
			copy(id[8:], []byte{0x9c, 0x3b, 0xb8, 0x27, 0xeb, 0x12, 0x34, 0x56})
			return id
		},
		"UUIDs by time, in order": func(n uint64) (id pcommon.TraceID) { // version 6
			binary.BigEndian.PutUint64(id[:8], 0x1f1b_1a2b_0000_6000|n<<16|n>>32&0xfff)
			copy(id[8:], []byte{0x9c, 0x3b, 0xb8, 0x27, 0xeb, 0x12, 0x34, 0x56})
			return id
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubbled(t, func(c *Config) { c.Sampling.SamplingPercentage = 20 }, func(t *testing.T, p *pipelines) {
				for n := range uint64(traces) {
					own := func(s ptrace.Span) {
						s.SetTraceID(id(n))
						s.SetName(fmt.Sprint(n))
						s.Attributes().PutStr("http.request.method", fmt.Sprint(n))
					}
					p.send(spanOf(0, 1, root, own), logOf(0, 1, func(lr plog.LogRecord) { lr.SetTraceID(id(n)); lr.Body().SetInt(int64(n)) }))
					if n == 500 {
						p.send(spanOf(0, 2, own, failed))
					}
				}
				time.Sleep(time.Minute)
				p.conserved()
				kept := map[string]int{}
				for _, s := range p.spans() {
					kept[s.Name()]++
				}
				require.InDelta(t, traces/5, len(kept), 60)
				require.Equal(t, 2, kept["500"])
				require.Len(t, p.records(), len(kept))
				for _, lr := range p.records() {
					require.Equal(t, fmt.Sprint(lr.Body().Int()), attrs(lr)["http.request.method"], "from a span of its own trace")
				}
				require.Zero(t, p.sum("propagation_broken", attribute.String("reason", "trace_id_truncated")))
			})
		})
	}
}
