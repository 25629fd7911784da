// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"bytes"
	"context"
	bits "encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/idtable/idtabletest"
	"github.com/otelcol-correlation/correlationprocessor/testkit/collector"
	"github.com/otelcol-correlation/correlationprocessor/testkit/scrape"
)

const (
	soakMaxBytes = 64 << 20
	soakWorkers  = 2
	// soakMessage is about the largest message: two of them are more than what
	// the processor may hold.
	soakMessage = 40 << 20
	// soakInFlight is what the collector may take for messages under way: each
	// worker's as bytes, decoded, and encoded again for the sink.
	soakInFlight = soakWorkers * soakMessage * 4
)

// hostile is a sender of crafted telemetry. It is for one goroutine.
type hostile struct {
	rng *rand.Rand
	n   uint64 // counts what was made, so that nothing comes twice
}

// kinds are the ways of sending that are to harm the collector.
var kinds = []struct {
	name string
	make func(h *hostile) (ptrace.Traces, plog.Logs)
}{
	{"labels that are no text", func(h *hostile) (ptrace.Traces, plog.Logs) {
		return h.spans(200, func(rs ptrace.ResourceSpans, s ptrace.Span) {
			rs.Resource().Attributes().PutStr("service.name", fmt.Sprint("a\xff\xfe\x00\n", h.n%50))
			s.Attributes().PutStr("url.path", "/users/\xff\xfe")
		}), plog.NewLogs()
	}},
	{"long names", func(h *hostile) (ptrace.Traces, plog.Logs) {
		return h.spans(4, func(rs ptrace.ResourceSpans, _ ptrace.Span) {
			rs.Resource().Attributes().PutStr("service.name", fmt.Sprint(h.n, strings.Repeat("x", 256<<10)))
		}), plog.NewLogs()
	}},
	{"ids that meet in one place", func(h *hostile) (ptrace.Traces, plog.Logs) {
		return h.spans(5000, func(_ ptrace.ResourceSpans, s ptrace.Span) {
			s.SetTraceID(halves(h.n, idtabletest.Unmix(h.n<<30)))
			s.SetSpanID(pcommon.SpanID(bits.BigEndian.AppendUint64(nil, idtabletest.Unmix(h.n<<30|1))))
		}), plog.NewLogs()
	}},
	{"one trace of spans whose ids meet in one place", func(h *hostile) (ptrace.Traces, plog.Logs) {
		trace := halves(h.rng.Uint64(), h.rng.Uint64())
		return h.spans(5000, func(_ ptrace.ResourceSpans, s ptrace.Span) {
			s.SetTraceID(trace)
			s.SetSpanID(pcommon.SpanID(bits.BigEndian.AppendUint64(nil, idtabletest.Unmix(h.n<<30|1))))
		}), plog.NewLogs()
	}},
	{"deep values", func(h *hostile) (ptrace.Traces, plog.Logs) {
		return ptrace.NewTraces(), h.logs(3, func(_ plog.ResourceLogs, _ plog.ScopeLogs, lr plog.LogRecord) {
			deepMap(lr)
			lr.Attributes().PutStr("text", h.text(1<<20))
		})
	}},
	{"one resource with many scopes", func(h *hostile) (ptrace.Traces, plog.Logs) {
		ld := h.logs(1, func(rl plog.ResourceLogs, _ plog.ScopeLogs, _ plog.LogRecord) {
			rl.Resource().Attributes().PutStr("text", h.text(200<<10))
			for range 5000 {
				sl := rl.ScopeLogs().AppendEmpty()
				sl.Scope().SetName(fmt.Sprint(h.n))
				h.log(sl.LogRecords().AppendEmpty())
			}
		})
		return ptrace.NewTraces(), ld
	}},
	{"headers that come once", func(h *hostile) (ptrace.Traces, plog.Logs) {
		td := ptrace.NewTraces()
		for range 1000 {
			h.spans(1, func(rs ptrace.ResourceSpans, _ ptrace.Span) {
				rs.Resource().Attributes().PutStr("pod", fmt.Sprint(h.n, strings.Repeat("x", 1500)))
			}).ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
		}
		return td, plog.NewLogs()
	}},
	{"a large batch", func(h *hostile) (ptrace.Traces, plog.Logs) {
		each := []int{1000, 100_000, 8 << 20}[h.n%3]
		return h.spans(soakMessage/each, func(_ ptrace.ResourceSpans, s ptrace.Span) {
			s.Attributes().PutStr("text", h.text(each))
		}), plog.NewLogs()
	}},
	{"ids padded on the right", func(h *hostile) (ptrace.Traces, plog.Logs) {
		return h.spans(2000, func(_ ptrace.ResourceSpans, s ptrace.Span) { s.SetTraceID(halves(h.rng.Uint64(), 0)) }), plog.NewLogs()
	}},
	{"one low half", func(h *hostile) (ptrace.Traces, plog.Logs) {
		return ptrace.NewTraces(), h.logs(2000, func(_ plog.ResourceLogs, _ plog.ScopeLogs, lr plog.LogRecord) {
			lr.SetTraceID(halves(h.rng.Uint64(), 0x9c3b_b827_eb12_3456))
		})
	}},
	{"times that were never", func(h *hostile) (ptrace.Traces, plog.Logs) {
		return h.spans(500, func(_ ptrace.ResourceSpans, s ptrace.Span) {
			s.SetStartTimestamp(pcommon.Timestamp(h.rng.Uint64()))
			s.SetEndTimestamp([]pcommon.Timestamp{0, 1, math.MaxInt64, math.MaxUint64}[h.n%4])
		}), plog.NewLogs()
	}},
}

// spans makes so many spans, one trace and one after the other, and has each changed.
func (h *hostile) spans(n int, change func(ptrace.ResourceSpans, ptrace.Span)) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "hostile")
	spans := rs.ScopeSpans().AppendEmpty().Spans()
	now := pcommon.NewTimestampFromTime(time.Now())
	for range n {
		h.n++
		s := spans.AppendEmpty()
		s.SetTraceID(halves(h.rng.Uint64(), h.rng.Uint64()))
		s.SetSpanID(pcommon.SpanID(bits.BigEndian.AppendUint64(nil, h.rng.Uint64())))
		s.SetName("span")
		s.SetStartTimestamp(now)
		s.SetEndTimestamp(now)
		change(rs, s)
	}
	return td
}

// logs does for log records what spans does for spans.
func (h *hostile) logs(n int, change func(plog.ResourceLogs, plog.ScopeLogs, plog.LogRecord)) plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr("service.name", "hostile")
	sl := rl.ScopeLogs().AppendEmpty()
	for range n {
		lr := sl.LogRecords().AppendEmpty()
		h.log(lr)
		change(rl, sl, lr)
	}
	return ld
}

func (h *hostile) log(lr plog.LogRecord) {
	h.n++
	lr.SetTraceID(halves(h.rng.Uint64(), h.rng.Uint64()))
	lr.SetSpanID(pcommon.SpanID(bits.BigEndian.AppendUint64(nil, h.rng.Uint64())))
}

// text does not compress.
func (h *hostile) text(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(' ' + h.rng.IntN(90))
	}
	return string(b)
}

func halves(high, low uint64) (id pcommon.TraceID) {
	bits.BigEndian.PutUint64(id[:8], high)
	bits.BigEndian.PutUint64(id[8:], low)
	return id
}

// send sends all kinds again and again until the context ends. What the collector
// refuses is not sent again; it adds up how many items it took, and the bytes sent.
func (h *hostile) send(ctx context.Context, rig *rig, taken, sent *atomic.Int64) {
	for ctx.Err() == nil {
		for _, kind := range kinds {
			td, ld := kind.make(h)
			sent.Add(int64((&ptrace.ProtoMarshaler{}).TracesSize(td) + (&plog.ProtoMarshaler{}).LogsSize(ld)))
			if td.SpanCount() > 0 && rig.sender.SendTraces(ctx, td) == nil {
				taken.Add(int64(td.SpanCount()))
			}
			if ld.LogRecordCount() > 0 && rig.sender.SendLogs(ctx, ld) == nil {
				taken.Add(int64(ld.LogRecordCount()))
			}
		}
	}
}

var heapAlloc = regexp.MustCompile(`(?m)^otelcol_process_runtime_heap_alloc_bytes\S* (\S+)$`)

// heap reads how many bytes the collector's heap has, and the processor's metrics with
// it. Both must be there at any time.
func (r *rig) heap(t *testing.T) (float64, scrape.Metrics) {
	t.Helper()
	page, err := scrape.Page(t.Context(), r.collector.Endpoints.MetricsURL())
	require.NoError(t, err, "the metrics answer")
	found := heapAlloc.FindSubmatch(page)
	require.NotNil(t, found)
	heap, err := strconv.ParseFloat(string(found[1]), 64)
	require.NoError(t, err)
	m, err := scrape.Parse(bytes.NewReader(page))
	require.NoError(t, err)
	return heap, m
}

// Crafted telemetry of all kinds neither takes the collector down nor fools it: for as
// long as E2E_SOAK says (10m), its heap stays within max_bytes and 15 %, its metrics
// answer, and decisions go on. Then nothing is held, and every item has its fate.
func TestSoakOfHostileTelemetry(t *testing.T) {
	text := os.Getenv("E2E_SOAK")
	if text == "" {
		t.Skip("E2E_SOAK does not say for how long, such as 10m")
	}
	duration, err := time.ParseDuration(text)
	require.NoError(t, err)
	rig := startTogether(t, plan{
		configs: func(collector.Endpoints) []string {
			return []string{"testdata/collector.yaml", settings(fmt.Sprintf(
				"{decision_wait: 3s, decision_wait_after_root: 1s, max_bytes: %d, sampling: {sampling_percentage: 1}}", soakMaxBytes))}
		},
		env: []string{"GOGC=10"}, // or most of the heap is what nobody uses
	})[0]
	before, _ := rig.heap(t)
	limit := before + 1.15*soakMaxBytes + soakInFlight
	ctx, cancel := context.WithTimeout(t.Context(), duration)
	defer cancel()
	var taken, sent atomic.Int64
	for n := range uint64(soakWorkers) {
		h := &hostile{rng: rand.New(rand.NewPCG(n, 1)), n: n << 40}
		go h.send(ctx, rig, &taken, &sent)
	}
	var highest float64
	for ctx.Err() == nil {
		time.Sleep(time.Second)
		heap, m := rig.heap(t)
		highest = max(highest, heap)
		require.Less(t, heap, limit)
		require.LessOrEqual(t, m.Sum("buffer_bytes"), 1.15*soakMaxBytes)
	}
	m := rig.metrics(t)
	// The last calls end, what was dropped is forgotten after the hindsight, and the exporter tries again what it could not send.
	for range 120 {
		if m.Tally("spans").Held+m.Tally("logs").Held == 0 {
			break
		}
		time.Sleep(time.Second)
		m = rig.metrics(t)
	}
	require.Positive(t, taken.Load())
	require.Positive(t, m.Sum("decisions"))
	for _, signal := range []string{"spans", "logs"} {
		require.Zero(t, m.Tally(signal).Held)
		require.True(t, m.Tally(signal).Balanced(), "%+v", m.Tally(signal))
	}
	t.Logf("%.1f GiB sent, %d items taken in, %.0f traces decided; the heap had %.0f MiB at first and %.0f MiB at most",
		float64(sent.Load())/(1<<30), taken.Load(), m.Sum("decisions"), before/(1<<20), highest/(1<<20))
	rig.stop(t)
}
