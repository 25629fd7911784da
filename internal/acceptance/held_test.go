// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor"
)

// joined makes one batch of several.
func joined(batches ...ptrace.Traces) ptrace.Traces {
	all := ptrace.NewTraces()
	for _, td := range batches {
		td.ResourceSpans().MoveAndAppendTo(all.ResourceSpans())
	}
	return all
}

// spoiling is a next component that fails until it is mended, and changes what it is
// given.
type spoiling struct{ failing }

func (*spoiling) Capabilities() consumer.Capabilities {
	return consumer.Capabilities{MutatesData: true}
}

func (s *spoiling) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	err := s.failing.ConsumeTraces(ctx, td)
	if err != nil {
		td.ResourceSpans().RemoveIf(func(ptrace.ResourceSpans) bool { return true })
	}
	return err
}

// A batch of which something is held is taken in: its sender does not send it again, and
// what the next component refuses of it waits like what is held.
func TestWhatIsTakenInIsNotSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next := &spoiling{failing{err: errNext}}
		var p pipelines
		p.start(t, onePercent, next, consumertest.NewNop())
		// A trace that passes at once, and one that waits, in one batch.
		p.send(joined(spanOf(1, 1, failed), spanOf(100, 2)))
		p.conserved()
		require.EqualValues(t, 2, p.sum("spans_held"))
		time.Sleep(30 * time.Second)
		next.mended.Store(true)
		time.Sleep(30 * time.Second)
		require.Equal(t, 2, next.SpanCount(), "each once")
		require.Zero(t, p.sum("spans_refused"))
		require.EqualValues(t, 2, p.sum("spans_kept"))
		require.Zero(t, p.sum("spans_held"))
		p.conserved()
		p.shutdown()
	})
}

// choosy is a next component that takes all but what is of service b, until it is mended,
// and says in its error what it left.
type choosy struct {
	traces consumertest.TracesSink
	logs   consumertest.LogsSink
	mended atomic.Bool
}

func (*choosy) Capabilities() consumer.Capabilities { return consumer.Capabilities{MutatesData: true} }

func (c *choosy) leaves(res pcommon.Resource) bool {
	return !c.mended.Load() && res.Attributes().AsRaw()["service.name"] == "b"
}

func (c *choosy) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	left := ptrace.NewTraces()
	td.ResourceSpans().RemoveIf(func(rs ptrace.ResourceSpans) bool {
		leave := c.leaves(rs.Resource())
		if leave {
			rs.CopyTo(left.ResourceSpans().AppendEmpty())
		}
		return leave
	})
	_ = c.traces.ConsumeTraces(ctx, td)
	if left.SpanCount() == 0 {
		return nil
	}
	return consumererror.NewTraces(errNext, left)
}

func (c *choosy) ConsumeLogs(ctx context.Context, ld plog.Logs) error {
	left := plog.NewLogs()
	ld.ResourceLogs().RemoveIf(func(rl plog.ResourceLogs) bool {
		leave := c.leaves(rl.Resource())
		if leave {
			rl.CopyTo(left.ResourceLogs().AppendEmpty())
		}
		return leave
	})
	_ = c.logs.ConsumeLogs(ctx, ld)
	if left.LogRecordCount() == 0 {
		return nil
	}
	return consumererror.NewLogs(errNext, left)
}

// Of what the next component takes in part, only the rest goes on again, by whoever has it
// now: the sender, where nothing of the batch was held, and the processor otherwise.
func TestOnlyTheRestGoesOnAgain(t *testing.T) {
	for name, tt := range map[string]struct{ passes, beside bool }{
		"released":                   {},
		"passed":                     {passes: true},
		"passed beside what is held": {passes: true, beside: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				next := new(choosy)
				var p pipelines
				p.start(t, func(c *Config) { onePercent(c); c.Logs.JoinAttributes = nil }, next, next)
				td, ld := ptrace.NewTraces(), plog.NewLogs()
				add := func(service string, spans ptrace.Traces, logs plog.Logs) {
					spans.ResourceSpans().At(0).Resource().Attributes().PutStr("service.name", service)
					logs.ResourceLogs().At(0).Resource().Attributes().PutStr("service.name", service)
					spans.ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
					logs.ResourceLogs().MoveAndAppendTo(ld.ResourceLogs())
				}
				for n, service := range []string{"a", "b", "a"} {
					if tt.passes {
						add(service, spanOf(n, n, failed), logOf(n, n, failedLog))
					} else {
						add(service, spanOf(100+n, n), logOf(100+n, n))
					}
				}
				all := 3
				if tt.beside {
					add("a", spanOf(200, 9), logOf(201, 9))
					all++
				}
				errTraces, errLogs := p.traces.ConsumeTraces(t.Context(), td), p.logs.ConsumeLogs(t.Context(), ld)
				time.Sleep(30 * time.Second)
				require.Equal(t, 2, next.traces.SpanCount())
				require.Equal(t, 2, next.logs.LogRecordCount())
				p.conserved()
				next.mended.Store(true)
				if tt.passes && !tt.beside {
					spans, ok := errors.AsType[consumererror.Traces](errTraces)
					require.True(t, ok)
					logs, ok := errors.AsType[consumererror.Logs](errLogs)
					require.True(t, ok)
					p.send(spans.Data(), logs.Data())
				} else {
					require.NoError(t, errors.Join(errTraces, errLogs))
					require.EqualValues(t, all-2, p.sum("spans_held"), "the rest, and what waits behind it")
					require.EqualValues(t, all-2, p.sum("logs_held"))
				}
				time.Sleep(30 * time.Second)
				require.Equal(t, all, next.traces.SpanCount())
				require.Equal(t, all, next.logs.LogRecordCount())
				require.Zero(t, p.sum("spans_dropped")+p.sum("logs_dropped"))
				p.conserved()
				p.shutdown()
			})
		})
	}
}

// What is refused for good is not tried again, and is counted.
func TestWhatIsTakenInAndRefusedForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pipelines
		p.start(t, onePercent, &failing{err: consumererror.NewPermanent(errNext)}, consumertest.NewNop())
		p.send(joined(spanOf(1, 1, failed), spanOf(100, 2)))
		require.EqualValues(t, 1, p.sum("spans_dropped", attribute.String("reason", "export_failed")))
		p.conserved()
		p.shutdown()
	})
}

// A next component that takes nothing, whether it refuses or does not return, blocks its
// own pipeline, when what waits for it takes half of max_bytes, and nobody else: logs go on,
// also those without a trace, and no trace that waits is decided early.
func TestABlockedPipelineBlocksNoOther(t *testing.T) {
	refuses, silent := &failing{err: errNext}, new(stuck)
	for name, tt := range map[string]struct {
		next  consumer.Traces
		mend  func()
		spans func() int
	}{
		"refuses":         {refuses, func() { refuses.mended.Store(true) }, refuses.SpanCount},
		"does not return": {silent, silent.free, silent.traces.SpanCount},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				silent.stick()
				var p pipelines
				p.logSink = new(consumertest.LogsSink)
				p.start(t, func(c *Config) { onePercent(c); c.MaxBytes = 16 << 20; c.Logs.JoinAttributes = nil }, tt.next, p.logSink)
				rng := rand.NewChaCha8([32]byte{})
				big := func(s ptrace.Span) {
					failed(s)
					noisy(rng, 10_000)(s.Attributes())
				}
				var err error
				n := 0
				for ; err == nil && n < 2000; n++ {
					// One that is held, so that the whole batch is taken in.
					err = p.traces.ConsumeTraces(t.Context(), joined(spanOf(1000+n, n, big), spanOf(100+n%10, n)))
				}
				require.ErrorContains(t, err, "the next component has not taken what waits for it")
				require.False(t, consumererror.IsPermanent(err), "the sender may try again")
				require.InEpsilon(t, int64(8<<20), p.sum("buffer_bytes"), 0.2)
				require.Zero(t, p.sum("decisions", attribute.String("trigger", "pressure")))
				for n := range 100 {
					p.send(logOf(1, n), logOf(2, n, noID))
				}
				require.Zero(t, p.sum("logs_refused"))
				require.Equal(t, 100, p.logSink.LogRecordCount())
				p.conserved()
				tt.mend()
				time.Sleep(time.Minute)
				p.send(spanOf(1, 1))
				require.Equal(t, 2*n-2, tt.spans(), "all that was taken in")
				p.conserved()
				p.shutdown()
			})
		})
	}
}

// The Collector's shutdown has no deadline of its own: shutdown_timeout ends it, whatever
// the next component does.
func TestShutdownEndsWithoutADeadline(t *testing.T) {
	for name, next := range map[string]*stalling{"refuses": {err: errNext}, "does not return": {}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				next.let = make(chan struct{})
				defer close(next.let)
				var p pipelines
				p.start(t, func(c *Config) { onePercent(c); c.ShutdownTimeout = 5 * time.Second }, next, consumertest.NewNop())
				p.send(spanOf(100, 1))
				began := time.Now()
				require.ErrorIs(t, p.traces.Shutdown(context.Background()), context.DeadlineExceeded)
				require.NoError(t, p.logs.Shutdown(context.Background()))
				require.Less(t, time.Since(began), 6*time.Second)
				require.EqualValues(t, 1, p.sum("spans_dropped", attribute.String("reason", "shutdown")))
				p.conserved()
			})
		})
	}
}

// stalling is a next component that fails or, without an error, does not return.
type stalling struct {
	consumertest.TracesSink
	err error
	let chan struct{}
}

func (s *stalling) ConsumeTraces(context.Context, ptrace.Traces) error {
	if s.err == nil {
		<-s.let
	}
	return s.err
}

// Late evidence brings a dropped trace back whole: spans and logs, each once, with the
// join, marked. After the hindsight it is alone.
func TestHindsight(t *testing.T) {
	bubbled(t, func(c *Config) { onePercent(c); c.Hindsight = 30 * time.Second }, func(t *testing.T, p *pipelines) {
		p.send(spanOf(1, 1, root, func(s ptrace.Span) { s.Attributes().PutStr("http.route", "/cart") }), logOf(1, 1))
		time.Sleep(20 * time.Second)
		require.EqualValues(t, 1, p.sum("decisions", attribute.String("verdict", "drop")))
		require.Zero(t, p.sum("spans_dropped"), "it lies there yet")
		p.send(logOf(1, 1), spanOf(1, 2))
		require.Empty(t, p.spans())
		p.send(logOf(1, 1, failedLog))
		time.Sleep(time.Second)
		require.Len(t, p.spans(), 2)
		require.Len(t, p.records(), 3)
		for _, s := range p.spans() {
			require.Equal(t, true, s.Attributes().AsRaw()["sampling.hindsight"])
		}
		for _, lr := range p.records() {
			require.Equal(t, true, lr.Attributes().AsRaw()["sampling.hindsight"])
			require.Equal(t, "/cart", lr.Attributes().AsRaw()["http.route"])
		}
		require.EqualValues(t, 1, p.sum("decisions", attribute.String("trigger", "hindsight")))
		require.Zero(t, p.sum("spans_dropped"))
		p.conserved()
		p.send(spanOf(1, 3))
		require.Len(t, p.spans(), 3, "what comes later follows")

		p.send(spanOf(2, 1, root))
		time.Sleep(time.Minute)
		require.EqualValues(t, 1, p.sum("spans_dropped"))
		p.send(logOf(2, 1, failedLog))
		require.Len(t, p.records(), 4)
		require.Equal(t, true, p.records()[3].Attributes().AsRaw()["sampling.late_evidence"])
		p.conserved()
	})
}

// A log that comes after its trace was kept and has gone out is joined like the others, to
// spans that came in time and to late ones, each item once. After the hindsight, and
// without one, it goes as it is.
func TestLateLogsAreJoined(t *testing.T) {
	route := func(lr plog.LogRecord) any { return lr.Attributes().AsRaw()["http.route"] }
	cart := func(s ptrace.Span) { s.Attributes().PutStr("http.route", "/cart") }
	errors := map[string]ptrace.Traces{
		"held":   spanOf(1, 1, root, cart),
		"passed": spanOf(1, 1, root, cart, func(s ptrace.Span) { s.Status().SetCode(ptrace.StatusCodeError) }), // decides the trace
	}
	for name, first := range errors {
		for _, hindsight := range []time.Duration{0, 30 * time.Second} {
			t.Run(fmt.Sprint(name, " with ", hindsight), func(t *testing.T) {
				bubbled(t, func(c *Config) { onePercent(c); c.Hindsight = hindsight }, func(t *testing.T, p *pipelines) {
					td := ptrace.NewTraces()
					first.CopyTo(td)
					p.send(td, logOf(1, 1, failedLog))
					time.Sleep(5 * time.Second)
					require.Len(t, p.spans(), 1)
					require.Len(t, p.records(), 1)
					require.Zero(t, p.sum("spans_held")+p.sum("logs_held"))

					var late any
					if hindsight > 0 {
						late = "/cart"
					}
					for n := range 3 {
						p.send(logOf(1, 1))
						time.Sleep(20 * time.Second)
						require.Len(t, p.records(), n+2)
						require.Equal(t, late, route(p.records()[n+1]))
						require.Nil(t, p.records()[n+1].Attributes().AsRaw()["sampling.hindsight"])
					}
					p.send(spanOf(1, 2, func(s ptrace.Span) { s.Attributes().PutStr("http.route", "/late") }), logOf(1, 2))
					time.Sleep(time.Second)
					require.Len(t, p.spans(), 2)
					if hindsight > 0 {
						require.Equal(t, "/late", route(p.records()[4]))
					}
					time.Sleep(time.Minute)
					p.send(logOf(1, 1))
					time.Sleep(time.Second)
					require.Nil(t, route(p.records()[5]), "its spans are forgotten")
					require.EqualValues(t, 5, p.sum("logs_late", attribute.String("outcome", "kept")))
					p.conserved()
				})
			})
		}
	}
}

// Of many traces that were dropped, those for which an error comes 20 s later come back,
// each whole or, where there was no room to hold them so long, not at all but for the
// error.
func TestHindsightOfManyTraces(t *testing.T) {
	for name, room := range map[string]correlationprocessor.ByteSize{"room for all": 256 << 20, "room for some": 4 << 20} {
		t.Run(name, func(t *testing.T) {
			bubbled(t, func(c *Config) { onePercent(c); c.Hindsight, c.MaxBytes = 30*time.Second, room }, func(t *testing.T, p *pipelines) {
				const traces, spans, evidence = 10_000, 3, 20
				id := func(n int) func(ptrace.Span) { return func(s ptrace.Span) { s.SetTraceID(randomTrace(n)) } }
				logID := func(n int) func(plog.LogRecord) { return func(lr plog.LogRecord) { lr.SetTraceID(randomTrace(n)) } }
				for n := range traces {
					all := ptrace.NewTraces()
					for span := range spans {
						all = joined(all, spanOf(0, span, id(n)))
					}
					p.send(all, logOf(0, 1, logID(n)))
				}
				time.Sleep(20 * time.Second)
				dropped := p.sum("decisions", attribute.String("verdict", "drop"))
				require.Greater(t, dropped, int64(traces*98/100))
				for n := 0; n < traces; n += evidence {
					p.send(logOf(0, 1, logID(n), failedLog))
				}
				time.Sleep(12 * time.Second)
				items := map[pcommon.TraceID]int{}
				for _, s := range p.spans() {
					items[s.TraceID()]++
				}
				for _, lr := range p.records() {
					items[lr.TraceID()]++
				}
				alone := 0
				for n := 0; n < traces; n += evidence {
					if items[randomTrace(n)] == 1 {
						alone++
					} else {
						require.Equal(t, spans+2, items[randomTrace(n)], n)
					}
				}
				restored := p.sum("decisions", attribute.String("trigger", "hindsight"))
				forgotten := p.sum("hindsight_forgotten")
				if room > 100<<20 {
					require.Zero(t, alone)
					require.Zero(t, forgotten)
				} else {
					require.Positive(t, restored)
					require.Positive(t, alone)
					require.Positive(t, forgotten)
				}
				require.InDelta(t, traces/evidence*99/100, restored+int64(alone), 20)
				p.conserved()
			})
		})
	}
}

// Two traces joined by a link are kept together if one of them is, in whatever order
// they arrive, and one that is kept for another one keeps no third one.
func TestLinkedTracesAreKeptTogether(t *testing.T) {
	link := func(to int) func(ptrace.Span) {
		return func(s ptrace.Span) { s.Links().AppendEmpty().SetTraceID(traceNumbered(to)) }
	}
	fails, linked, third := spanOf(1, 1, failed), spanOf(2, 1, link(1)), spanOf(3, 1, link(2))
	back, plain := spanOf(1, 1, failed, link(2)), spanOf(2, 1)
	for name, tt := range map[string]struct {
		sent []ptrace.Traces
		wait time.Duration
		want int
	}{
		"the other one first":       {[]ptrace.Traces{fails, linked, third}, 0, 2},
		"the link first":            {[]ptrace.Traces{third, linked, fails}, 0, 2},
		"a link of the kept one":    {[]ptrace.Traces{plain, back}, 0, 2},
		"of one that comes later":   {[]ptrace.Traces{back, plain}, 0, 2},
		"the other one long before": {[]ptrace.Traces{fails, linked, third}, 20 * time.Second, 2},
		"dropped before":            {[]ptrace.Traces{linked, fails}, 20 * time.Second, 2},
	} {
		t.Run(name, func(t *testing.T) {
			bubbled(t, func(c *Config) {
				onePercent(c)
				c.Sampling.FollowLinks, c.Sampling.RuleAttribute, c.Hindsight = true, "kept.by", time.Minute
			}, func(t *testing.T, p *pipelines) {
				for _, td := range tt.sent {
					copied := ptrace.NewTraces()
					td.CopyTo(copied)
					p.send(copied)
					time.Sleep(tt.wait)
				}
				time.Sleep(20 * time.Second)
				require.Len(t, p.spans(), tt.want)
				for _, s := range p.spans() {
					if s.TraceID() == traceNumbered(2) {
						require.Equal(t, "linked", s.Attributes().AsRaw()["kept.by"])
						require.NotContains(t, s.TraceState().AsRaw(), "th:", "how many it stands for is not known")
					}
				}
			})
		})
	}
}
