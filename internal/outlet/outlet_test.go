// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package outlet

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.uber.org/zap"

	"github.com/otelcol-correlation/correlationprocessor/internal/otlpwire"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// started starts an outlet of the options with what they leave out, and returns
// it with the telemetry it writes. The rules are those of a default configuration
// with 1 % kept, changed.
func started(t *testing.T, to Options, change ...func(*rules.Config)) (*Outlet, *componenttest.Telemetry) {
	tel := componenttest.NewTelemetry()
	set := tel.NewTelemetrySettings()
	cfg := rules.DefaultConfig()
	cfg.SamplingPercentage = 1
	for _, c := range change {
		c(&cfg)
	}
	r, err := rules.New(&cfg, rules.Options{MissingPercentage: 100}, set)
	require.NoError(t, err)
	count, err := telemetry.New(set, r.Policy(), false, &telemetry.Gauges{Ready: func() bool { return false }, RoutePatterns: func(func(string, int) bool) {}, KeysOverLimit: func(func(string, int) bool) {}})
	require.NoError(t, err)
	to.Rules, to.Count, to.Log = r, count, zap.NewNop()
	if to.Delivered == nil {
		to.Delivered = func(*tracebuffer.Release) {}
	}
	o := New(to)
	o.Start()
	t.Cleanup(func() { require.NoError(t, tel.Shutdown(context.WithoutCancel(t.Context()))) })
	return o, tel
}

// Verdicts of the default configuration: rule 0 is debug, 1 errors, 2 the default.
var (
	evidence = sampling.Verdict{Rule: 1, Keep: true}
	byShare  = sampling.Verdict{Rule: 2, Keep: true}
)

// scopeOf is the envelope of a scope without a name, of a service.
func scopeOf(service string) *tracebuffer.Envelope {
	return &tracebuffer.Envelope{Around: &tracebuffer.Envelope{Content: string(otlpwire.ServiceEnvelope(service))}}
}

// recordOf is a span or a log record of a service as the buffer releases it.
func recordOf(service string, item any) tracebuffer.Record {
	r := tracebuffer.Record{Envelope: scopeOf(service), Verdict: evidence}
	switch it := item.(type) {
	case ptrace.Span:
		r.Data = otlpwire.AppendSpan(nil, it)
		id := it.TraceID()
		r.Trace = uint64(id[15])
	case plog.LogRecord:
		r.Data, r.Signal = otlpwire.AppendLog(nil, it), tracebuffer.Log
		id := it.TraceID()
		r.Trace = uint64(id[15])
	}
	return r
}

// companion is a record that is there for those of the other signal.
func companion(r tracebuffer.Record) tracebuffer.Record {
	r.Companion = true
	return r
}

func traceID(n byte) pcommon.TraceID { return pcommon.TraceID{0: 1, 9: 0xff, 15: n} }

// spanOf makes a span of trace 1 that is not the root.
func spanOf(id byte, change ...func(ptrace.Span)) ptrace.Span {
	s := ptrace.NewSpan()
	s.SetTraceID(traceID(1))
	s.SetSpanID(pcommon.SpanID{7: id})
	s.SetParentSpanID(pcommon.SpanID{7: 99})
	for _, c := range change {
		c(s)
	}
	return s
}

// logOf makes a log record of trace 1 that names a span.
func logOf(span byte, change ...func(plog.LogRecord)) plog.LogRecord {
	lr := plog.NewLogRecord()
	lr.SetTraceID(traceID(1))
	lr.SetSpanID(pcommon.SpanID{7: span})
	lr.Body().SetStr("log")
	for _, c := range change {
		c(lr)
	}
	return lr
}

func spanAttr(key, value string) func(ptrace.Span) {
	return func(s ptrace.Span) { s.Attributes().PutStr(key, value) }
}

// deliver has an outlet of logs deliver the records and returns what came out.
func deliver(t *testing.T, join JoinConfig, records []tracebuffer.Record, change ...func(*rules.Config)) (out []plog.LogRecord, tel *componenttest.Telemetry) {
	sink := new(consumertest.LogsSink)
	o, tel := started(t, Options{Logs: sink, Join: join}, change...)
	o.Push(tracebuffer.Release{Records: records})
	require.NoError(t, o.Stop(t.Context()))
	for _, ld := range sink.AllLogs() {
		for _, rl := range ld.ResourceLogs().All() {
			for _, sl := range rl.ScopeLogs().All() {
				for _, lr := range sl.LogRecords().All() {
					out = append(out, lr)
				}
			}
		}
	}
	return out, tel
}

func bodies(logs []plog.LogRecord) []string {
	out := []string{}
	for _, lr := range logs {
		out = append(out, lr.Body().Str())
	}
	return out
}

// sum adds up the data points of a counter that have the attributes.
func sum(tel *componenttest.Telemetry, metric string, attrs ...attribute.KeyValue) (total int64) {
	m, err := tel.GetMetric("otelcol_processor_correlation_" + metric)
	if err != nil {
		return 0
	}
	for _, p := range m.Data.(metricdata.Sum[int64]).DataPoints {
		matches := true
		for _, a := range attrs {
			v, ok := p.Attributes.Value(a.Key)
			matches = matches && ok && v == a.Value
		}
		if matches {
			total += p.Value
		}
	}
	return total
}

// nested puts a value so many levels deep.
func nested(m pcommon.Map, levels int) {
	for range levels {
		m = m.PutEmptyMap("a")
	}
}

var errNext = errors.New("next component failed")

// failing is a next component that fails until it is mended. It spoils what it is
// given.
type failing struct {
	consumertest.TracesSink
	err    error
	tries  atomic.Int64
	mended atomic.Bool
}

func (f *failing) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	f.tries.Add(1)
	if f.mended.Load() {
		return f.TracesSink.ConsumeTraces(ctx, td)
	}
	td.ResourceSpans().RemoveIf(func(ptrace.ResourceSpans) bool { return true })
	return f.err
}

func TestAFailedBatchIsTriedAgainUntilTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next, delivered := &failing{err: errNext}, atomic.Int64{}
		o, tel := started(t, Options{Traces: next, Delivered: func(*tracebuffer.Release) { delivered.Add(1) }})
		o.Push(tracebuffer.Release{Records: []tracebuffer.Record{recordOf("a", spanOf(1))}})
		time.Sleep(time.Minute)
		require.Zero(t, delivered.Load(), "its bytes are still held")
		require.InDelta(t, 7+60/longestRetry.Seconds(), next.tries.Load(), 4, "the waits grow to 5 s")
		next.mended.Store(true)
		time.Sleep(10 * time.Second)
		require.Equal(t, 1, next.SpanCount())
		require.EqualValues(t, 1, delivered.Load())
		require.EqualValues(t, 1, sum(tel, "spans_kept"))
		require.NoError(t, o.Stop(t.Context()))
	})
}

// What is lost is counted by reason, evidence among it by its rule, and is held
// no longer.
func TestWhatIsRefusedForGoodIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next, delivered := &failing{err: consumererror.NewPermanent(errNext)}, atomic.Int64{}
		o, tel := started(t, Options{Traces: next, Delivered: func(*tracebuffer.Release) { delivered.Add(1) }})
		ordinary := recordOf("a", spanOf(1))
		ordinary.Verdict = byShare
		o.Push(tracebuffer.Release{Records: []tracebuffer.Record{recordOf("a", spanOf(1)), ordinary, companion(recordOf("a", logOf(1)))}})
		time.Sleep(time.Second)
		require.EqualValues(t, 1, delivered.Load())
		require.EqualValues(t, 1, next.tries.Load())
		require.EqualValues(t, 2, sum(tel, "spans_dropped", attribute.String("reason", telemetry.DropExportFailed)))
		require.EqualValues(t, 1, sum(tel, "evidence_lost", attribute.String("rule", "errors"), attribute.String("cause", telemetry.DropExportFailed)))
		require.EqualValues(t, 1, sum(tel, "evidence_lost"))
		require.Zero(t, sum(tel, "spans_kept"))
		require.NoError(t, o.Stop(t.Context()))
	})
}

func TestStopGivesUpWhenItsTimeIsOver(t *testing.T) {
	for name, end := range map[string]func(*testing.T, context.Context, *Outlet){
		"wait and stop": func(t *testing.T, ctx context.Context, o *Outlet) {
			require.ErrorIs(t, o.Wait(ctx), context.DeadlineExceeded)
			require.NoError(t, o.Stop(t.Context()))
		},
		"stop": func(t *testing.T, ctx context.Context, o *Outlet) { require.NoError(t, o.Stop(ctx)) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o, tel := started(t, Options{Traces: &failing{err: errNext}})
				o.Push(tracebuffer.Release{Records: []tracebuffer.Record{recordOf("a", spanOf(1))}})
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				end(t, ctx, o)
				require.EqualValues(t, 1, sum(tel, "spans_dropped", attribute.String("reason", telemetry.DropExportFailed)))
			})
		})
	}
}

func TestWaitReturnsWhenAllIsDelivered(t *testing.T) {
	sink := new(consumertest.TracesSink)
	o, _ := started(t, Options{Traces: sink})
	require.NoError(t, o.Wait(t.Context()))
	for range 100 {
		o.Push(tracebuffer.Release{Records: []tracebuffer.Record{recordOf("a", spanOf(1))}})
	}
	require.NoError(t, o.Wait(t.Context()))
	require.Equal(t, 100, sink.SpanCount())
	require.NoError(t, o.Stop(t.Context()))
}

// Records of one resource and scope go out together, with the threshold of the
// verdict on each.
func TestRecordsAreMergedAndStamped(t *testing.T) {
	sink := new(consumertest.TracesSink)
	o, tel := started(t, Options{Traces: sink})
	var r tracebuffer.Release
	for i, verdict := range []sampling.Verdict{evidence, byShare, evidence, byShare} {
		rec := recordOf([]string{"a", "b"}[i/3], spanOf(byte(i)))
		rec.Verdict = verdict
		r.Records = append(r.Records, rec)
	}
	o.Push(r)
	require.NoError(t, o.Stop(t.Context()))
	var got []string
	for _, rs := range sink.AllTraces()[0].ResourceSpans().All() {
		name, _ := rs.Resource().Attributes().Get("service.name")
		line := name.Str()
		for _, s := range rs.ScopeSpans().At(0).Spans().All() {
			line += fmt.Sprintf(" %d:%s", s.SpanID()[7], s.TraceState().AsRaw())
		}
		got = append(got, line)
	}
	require.Equal(t, []string{"a 0: 1:ot=th:fd70a 2:", "b 3:ot=th:fd70a"}, got)
	require.EqualValues(t, 4, sum(tel, "spans_kept"))
}

// A batch ends between two traces, for its logs look for their spans in it.
func TestNoTraceIsCutIntoBatches(t *testing.T) {
	record := func(trace uint64) tracebuffer.Record { return tracebuffer.Record{Trace: trace} }
	for name, sizes := range map[string][]int{
		"one small": {3}, "exactly one": {maxBatch}, "a giant": {3 * maxBatch}, "across the edge": {maxBatch - 1, 5, maxBatch, 1},
	} {
		var records []tracebuffer.Record
		total := 0
		for trace, n := range sizes {
			for range n {
				records = append(records, record(uint64(trace)))
			}
			total += n
		}
		seen, got := map[uint64]int{}, 0
		for i, batch := range inBatches(records) {
			for _, r := range batch {
				if in, ok := seen[r.Trace]; ok {
					require.Equal(t, in, i, name)
				}
				seen[r.Trace] = i
				got++
			}
		}
		require.Equal(t, total, got, name)
	}
}

// The library encodes what is nested deeper than it decodes. Such a record is
// lost and counted; the others of its batch go out.
func TestARecordThatCannotBeDecodedFailsNoOther(t *testing.T) {
	t.Run("spans", func(t *testing.T) {
		sink := new(consumertest.TracesSink)
		o, tel := started(t, Options{Traces: sink})
		var r tracebuffer.Release
		for _, levels := range []int{1, 200, 1} {
			s := ptrace.NewSpan()
			nested(s.Attributes(), levels)
			r.Records = append(r.Records, recordOf("a", s))
		}
		o.Push(r)
		require.NoError(t, o.Stop(t.Context()))
		require.Equal(t, 2, sink.SpanCount())
		require.EqualValues(t, 1, sum(tel, "spans_dropped", attribute.String("reason", telemetry.DropCorrupt)))
	})
	t.Run("log records", func(t *testing.T) {
		sink := new(consumertest.LogsSink)
		o, tel := started(t, Options{Logs: sink})
		var r tracebuffer.Release
		for _, levels := range []int{200, 1, 200} {
			lr := plog.NewLogRecord()
			nested(lr.Body().SetEmptyMap(), levels)
			r.Records = append(r.Records, recordOf("a", lr))
		}
		o.Push(r)
		require.NoError(t, o.Stop(t.Context()))
		require.Equal(t, 1, sink.LogRecordCount())
		require.EqualValues(t, 2, sum(tel, "logs_dropped", attribute.String("reason", telemetry.DropCorrupt)))
	})
}

// Where no record can be decoded, what is held for the join alone makes no batch:
// the next component is not called, and only the records themselves are counted.
func TestCompanionsAloneAreNotSent(t *testing.T) {
	sink := new(consumertest.TracesSink)
	o, tel := started(t, Options{Traces: sink})
	s := ptrace.NewSpan()
	nested(s.Attributes(), 200)
	companion := recordOf("a", plog.NewLogRecord())
	companion.Companion = true
	o.Push(tracebuffer.Release{Records: []tracebuffer.Record{recordOf("a", s), companion}})
	require.NoError(t, o.Stop(t.Context()))
	require.Empty(t, sink.AllTraces())
	require.EqualValues(t, 1, sum(tel, "spans_dropped", attribute.String("reason", telemetry.DropCorrupt)))
}
