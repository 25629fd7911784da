// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package outlet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configretry"
	"go.opentelemetry.io/collector/consumer"
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
	if to.Retry == (configretry.BackOffConfig{}) {
		to.Retry = retry
	}
	to.Buffer, err = tracebuffer.New(tracebuffer.Options{Policy: r.Policy(), MaxBytes: 1 << 20, MaxItems: 100, Join: true, Count: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, to.Buffer.Close()) })
	o := New(to)
	o.Start()
	t.Cleanup(func() { require.NoError(t, tel.Shutdown(context.WithoutCancel(t.Context()))) })
	return o, tel
}

// retry is as exporters retry, without chance.
var retry = configretry.BackOffConfig{
	Enabled: true, InitialInterval: 50 * time.Millisecond, Multiplier: 1.5, MaxInterval: 5 * time.Second, MaxElapsedTime: 5 * time.Minute,
}

// push has records wait for the outlet, which go out together.
func push(o *Outlet, records ...tracebuffer.Record) {
	for i, r := range records {
		records[i].Envelope, records[i].Trace = intern(o.to.Buffer, r.Envelope), 0
	}
	o.to.Buffer.Adopt(o.to.Number, records)
	o.Wake()
}

// intern returns the envelope as the buffer has it.
func intern(b *tracebuffer.Buffer, e *tracebuffer.Envelope) *tracebuffer.Envelope {
	if e == nil {
		return nil
	}
	return b.Intern(intern(b, e.Around), []byte(e.Content))
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
	push(o, records...)
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
		next := &failing{err: errNext}
		o, tel := started(t, Options{Traces: next})
		push(o, recordOf("a", spanOf(1)))
		time.Sleep(time.Minute)
		require.Positive(t, o.to.Buffer.Waiting(0), "it is still held")
		require.InDelta(t, 12+(60-15)/5, next.tries.Load(), 2, "the waits grow to 5 s")
		next.mended.Store(true)
		time.Sleep(10 * time.Second)
		require.Equal(t, 1, next.SpanCount())
		require.Zero(t, o.to.Buffer.Waiting(0))
		require.EqualValues(t, 1, sum(tel, "spans_kept"))
		require.NoError(t, o.Stop(t.Context()))
	})
}

// What is lost is counted by reason, evidence among it by its rule, and is held
// no longer.
func TestWhatIsRefusedForGoodIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next := &failing{err: consumererror.NewPermanent(errNext)}
		o, tel := started(t, Options{Traces: next})
		ordinary := recordOf("a", spanOf(1))
		ordinary.Verdict = byShare
		push(o, recordOf("a", spanOf(1)), ordinary, companion(recordOf("a", logOf(1))))
		time.Sleep(time.Second)
		require.Zero(t, o.to.Buffer.Waiting(0))
		require.EqualValues(t, 1, next.tries.Load())
		require.EqualValues(t, 2, sum(tel, "spans_dropped", attribute.String("reason", telemetry.DropExportFailed)))
		require.EqualValues(t, 1, sum(tel, "evidence_lost", attribute.String("rule", "errors"), attribute.String("cause", telemetry.DropExportFailed)))
		require.EqualValues(t, 1, sum(tel, "evidence_lost"))
		require.Zero(t, sum(tel, "spans_kept"))
		require.NoError(t, o.Stop(t.Context()))
	})
}

// deaf is a next component that does not return before it is let go, whatever its
// context says.
type deaf struct {
	consumertest.TracesSink
	let chan struct{}
}

func (d *deaf) ConsumeTraces(context.Context, ptrace.Traces) error {
	<-d.let
	return nil
}

// What is not delivered when the time is over is lost and counted, once, whatever the
// next component does.
func TestStopGivesUpWhenItsTimeIsOver(t *testing.T) {
	for name, end := range map[string]func(*testing.T, context.Context, *Outlet){
		"wait and stop": func(t *testing.T, ctx context.Context, o *Outlet) {
			require.ErrorIs(t, o.Wait(ctx), context.DeadlineExceeded)
			require.NoError(t, o.Stop(t.Context()))
		},
		"stop": func(t *testing.T, ctx context.Context, o *Outlet) { require.NoError(t, o.Stop(ctx)) },
	} {
		for what, next := range map[string]consumer.Traces{"fails": &failing{err: errNext}, "does not return": new(deaf)} {
			t.Run(name+", "+what, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					if d, ok := next.(*deaf); ok {
						d.let = make(chan struct{})
						defer close(d.let)
					}
					o, tel := started(t, Options{Traces: next})
					for range 3 {
						push(o, recordOf("a", spanOf(1)))
					}
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					began := time.Now()
					end(t, ctx, o)
					require.LessOrEqual(t, time.Since(began), time.Minute+grace)
					require.EqualValues(t, 3, sum(tel, "spans_dropped", attribute.String("reason", telemetry.DropShutdown)))
					require.EqualValues(t, 3, sum(tel, "evidence_lost"))
					require.Zero(t, o.to.Buffer.Waiting(0))
				})
			})
		}
	}
}

// An outlet that keeps what it does not deliver loses and counts nothing at its end,
// whatever the next component does, and hands on what can be.
func TestWhatIsKeptIsLeft(t *testing.T) {
	for name, end := range map[string]func(*Outlet, context.Context) error{"leave": (*Outlet).Leave, "wait and stop": func(o *Outlet, ctx context.Context) error {
		return errors.Join(o.Wait(ctx), o.Stop(ctx))
	}} {
		for what, next := range map[string]consumer.Traces{"fails": &failing{err: errNext}, "does not return": new(deaf), "takes it": new(consumertest.TracesSink)} {
			t.Run(name+", "+what, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					if d, ok := next.(*deaf); ok {
						d.let = make(chan struct{})
						defer close(d.let)
					}
					o, tel := started(t, Options{Traces: next, Keeps: true})
					for range 3 {
						push(o, recordOf("a", spanOf(1)))
					}
					synctest.Wait()
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					began := time.Now()
					err := end(o, ctx)
					require.LessOrEqual(t, time.Since(began), time.Minute+2*grace)
					require.Zero(t, sum(tel, "spans_dropped"))
					require.Zero(t, sum(tel, "evidence_lost"))
					if what == "takes it" {
						require.NoError(t, err)
						require.EqualValues(t, 3, sum(tel, "spans_kept"))
						require.Zero(t, o.to.Buffer.Waiting(0))
						return
					}
					require.Zero(t, sum(tel, "spans_kept"))
					require.Positive(t, o.to.Buffer.Waiting(0))
				})
			})
		}
	}
}

// An outlet that is told to leave lets the batch on its way arrive.
func TestWhatIsOnItsWayArrives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next := &deaf{let: make(chan struct{})}
		o, tel := started(t, Options{Traces: next, Keeps: true})
		push(o, recordOf("a", spanOf(1)))
		synctest.Wait()
		push(o, recordOf("a", spanOf(2)))
		time.AfterFunc(time.Second, func() { close(next.let) })
		require.NoError(t, o.Leave(t.Context()))
		require.EqualValues(t, 1, sum(tel, "spans_kept"))
		require.Positive(t, o.to.Buffer.Waiting(0), "the second batch is left")
	})
}

// partial is a next component that takes all but the spans of service b until it is mended.
type partial struct {
	consumertest.TracesSink
	mended atomic.Bool
	mu     sync.Mutex
	tries  []int // spans of each call
}

func (p *partial) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	p.mu.Lock()
	p.tries = append(p.tries, td.SpanCount())
	p.mu.Unlock()
	failed := ptrace.NewTraces()
	td.ResourceSpans().RemoveIf(func(rs ptrace.ResourceSpans) bool {
		name, _ := rs.Resource().Attributes().Get("service.name")
		refuse := name.Str() == "b" && !p.mended.Load()
		if refuse {
			rs.CopyTo(failed.ResourceSpans().AppendEmpty())
		}
		return refuse
	})
	if err := p.TracesSink.ConsumeTraces(ctx, td); err != nil || failed.SpanCount() == 0 {
		return err
	}
	return consumererror.NewTraces(errNext, failed)
}

// Of a batch that is taken in part only what was refused is tried again.
func TestOnlyWhatWasRefusedIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next := new(partial)
		o, tel := started(t, Options{Traces: next})
		push(o, recordOf("a", spanOf(1)), recordOf("a", spanOf(2)), recordOf("b", spanOf(3)))
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, 2, next.SpanCount())
		next.mu.Lock()
		tries := slices.Clone(next.tries)
		next.mu.Unlock()
		require.Equal(t, 3, tries[0])
		require.Greater(t, len(tries), 5)
		for _, n := range tries[1:] {
			require.Equal(t, 1, n)
		}
		require.EqualValues(t, 2, sum(tel, "spans_kept"))
		require.Positive(t, o.to.Buffer.Waiting(0))
		next.mended.Store(true)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.Equal(t, 3, next.SpanCount())
		require.EqualValues(t, 3, sum(tel, "spans_kept"))
		require.NoError(t, o.Stop(t.Context()))
	})
}

// A sender that comes to an outlet which has ended is not kept waiting by a next component
// that does not return: what it sent is lost, and counted.
func TestNobodyWaitsForAnOutletThatHasEnded(t *testing.T) {
	for name, keeps := range map[string]bool{"loses": false, "keeps": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o, tel := started(t, Options{Traces: new(consumertest.TracesSink), Keeps: keeps})
				require.NoError(t, o.Stop(t.Context()))
				let := make(chan struct{})
				defer close(let)
				began := time.Now()
				require.NoError(t, o.Pass(t.Context(), Passage{
					Items:  3,
					Send:   func(context.Context) error { <-let; return nil },
					Hold:   func(*tracebuffer.Batch) error { return errNext },
					Settle: func(error, bool) error { return errNext },
				}))
				require.Equal(t, time.Second, time.Since(began))
				require.EqualValues(t, 3, sum(tel, "spans_dropped"))
			})
		})
	}
}

// A trace goes out in one call, also one of more records than a batch has otherwise.
func TestALargeTraceGoesOutInOneCall(t *testing.T) {
	const spans = 9000
	var sink consumertest.TracesSink
	o, _ := started(t, Options{Traces: &sink})
	records := make([]tracebuffer.Record, spans)
	for i := range records {
		records[i] = recordOf("shop", spanOf(byte(i)))
	}
	push(o, records...)
	require.NoError(t, o.Stop(t.Context()))
	require.Len(t, sink.AllTraces(), 1)
	require.Equal(t, spans, sink.SpanCount())
}

// A batch is given up when its time is over or, where nothing is retried, at once.
func TestRetriesEnd(t *testing.T) {
	never, short := retry, retry
	never.Enabled = false
	short.MaxElapsedTime = 10 * time.Second
	for name, c := range map[string]struct {
		retry configretry.BackOffConfig
		after time.Duration
	}{"not enabled": {never, 0}, "10 s": {short, 10 * time.Second}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o, tel := started(t, Options{Traces: &failing{err: errNext}, Retry: c.retry})
				push(o, recordOf("a", spanOf(1)))
				time.Sleep(c.after * 8 / 10)
				if c.after > 0 {
					require.Zero(t, sum(tel, "spans_dropped"))
				}
				time.Sleep(c.after + time.Millisecond)
				require.EqualValues(t, 1, sum(tel, "spans_dropped", attribute.String("reason", telemetry.DropExportFailed)))
				require.NoError(t, o.Stop(t.Context()))
			})
		})
	}
}

func TestWaitReturnsWhenAllIsDelivered(t *testing.T) {
	sink := new(consumertest.TracesSink)
	o, _ := started(t, Options{Traces: sink})
	require.NoError(t, o.Wait(t.Context()))
	for range 100 {
		push(o, recordOf("a", spanOf(1)))
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
	var records []tracebuffer.Record
	for i, verdict := range []sampling.Verdict{evidence, byShare, evidence, byShare} {
		rec := recordOf([]string{"a", "b"}[i/3], spanOf(byte(i)))
		rec.Verdict = verdict
		records = append(records, rec)
	}
	push(o, records...)
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

// The library encodes what is nested deeper than it decodes. Such a record is
// lost and counted; the others of its batch go out.
func TestARecordThatCannotBeDecodedFailsNoOther(t *testing.T) {
	t.Run("spans", func(t *testing.T) {
		sink := new(consumertest.TracesSink)
		o, tel := started(t, Options{Traces: sink})
		var records []tracebuffer.Record
		for _, levels := range []int{1, 200, 1} {
			s := ptrace.NewSpan()
			nested(s.Attributes(), levels)
			records = append(records, recordOf("a", s))
		}
		push(o, records...)
		require.NoError(t, o.Stop(t.Context()))
		require.Equal(t, 2, sink.SpanCount())
		require.EqualValues(t, 1, sum(tel, "spans_dropped", attribute.String("reason", telemetry.DropCorrupt)))
	})
	t.Run("log records", func(t *testing.T) {
		sink := new(consumertest.LogsSink)
		o, tel := started(t, Options{Logs: sink})
		var records []tracebuffer.Record
		for _, levels := range []int{200, 1, 200} {
			lr := plog.NewLogRecord()
			nested(lr.Body().SetEmptyMap(), levels)
			records = append(records, recordOf("a", lr))
		}
		push(o, records...)
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
	push(o, recordOf("a", s), companion)
	require.NoError(t, o.Stop(t.Context()))
	require.Empty(t, sink.AllTraces())
	require.EqualValues(t, 1, sum(tel, "spans_dropped", attribute.String("reason", telemetry.DropCorrupt)))
}
