// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"math/rand/v2"
	"sync"
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

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
)

// stuck is a next component that does not return while it is stuck, whatever its context
// says, and takes everything then.
type stuck struct {
	consumertest.LogsSink
	traces consumertest.TracesSink
	let    atomic.Pointer[chan struct{}]
}

func (*stuck) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

func (s *stuck) stick() { s.let.Store(new(make(chan struct{}))) }

func (s *stuck) free() {
	if let := s.let.Swap(nil); let != nil {
		close(*let)
	}
}

func (s *stuck) wait() {
	if let := s.let.Load(); let != nil {
		<-*let
	}
}

func (s *stuck) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	s.wait()
	return s.traces.ConsumeTraces(ctx, td)
}

func (s *stuck) ConsumeLogs(ctx context.Context, ld plog.Logs) error {
	s.wait()
	return s.LogsSink.ConsumeLogs(ctx, ld)
}

// noisy makes items large, so that they do not compress.
func noisy(rng *rand.ChaCha8, n int) func(pcommon.Map) {
	noise := make([]byte, n)
	_, _ = rng.Read(noise)
	return func(m pcommon.Map) { m.PutEmptyBytes("noise").FromRaw(noise) }
}

// blockLogs has nearly everything be kept, after the wait, in 64 MiB, and the next component
// of the logs take nothing.
func blockLogs(t *testing.T, wait time.Duration) (p *pipelines, next *stuck) {
	p, next = &pipelines{spanSink: new(consumertest.TracesSink)}, new(stuck)
	p.start(t, func(c *Config) {
		c.Sampling.SamplingPercentage, c.MaxBytes = 99.9, 64<<20
		c.DecisionWait, c.DecisionWaitAfterRoot = wait, 0
	}, p.spanSink, next)
	next.stick()
	return p, next
}

// Nearly everything is kept, and the next component of the logs takes nothing: what waits
// for it takes its part of max_bytes, and then logs are refused. Spans go on as before,
// none of their traces is decided early, and logs without a trace get their answer as well.
func TestSpansGoOnWhileLogsAreBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, next := blockLogs(t, 2*time.Second)
		rng := rand.NewChaCha8([32]byte{})
		refused := 0
		const traces, size = 4000, 24 << 10 // 100 MB of spans
		for n := range traces {
			id := [16]byte(randomTrace(n))
			noise := noisy(rng, size)
			p.send(spanOf(0, n, root, func(s ptrace.Span) { s.SetTraceID(id); noise(s.Attributes()) }))
			noise = noisy(rng, size)
			err := p.logs.ConsumeLogs(t.Context(), logOf(0, n, func(lr plog.LogRecord) { lr.SetTraceID(id); noise(lr.Attributes()) }))
			if err != nil {
				require.ErrorContains(t, err, "the next component has not taken what waits for it")
				require.False(t, consumererror.IsPermanent(err))
				refused++
			}
			require.LessOrEqual(t, p.sum("buffer_bytes"), int64(64<<20))
			time.Sleep(10 * time.Millisecond) // 2.4 MB a second, of each
		}
		require.Greater(t, refused, traces/2)
		require.Zero(t, p.sum("spans_refused"))
		require.Zero(t, p.sum("decisions", attribute.String("trigger", "pressure")))
		synctest.Wait()
		p.conserved()
		time.Sleep(3 * time.Second)
		require.Greater(t, p.spanSink.SpanCount(), traces*99/100)
		next.free()
		time.Sleep(3 * time.Second)
		require.InDelta(t, traces-refused, next.LogRecordCount(), traces/100)
		synctest.Wait()
		p.conserved()
		p.shutdown()
	})
}

// While the next component of the logs takes nothing, their spans are there for the join.
// They have gone on all the same, and lie where they did, once.
func TestSpansOfBlockedLogsAreHeldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, next := blockLogs(t, 10*time.Second)
		rng := rand.NewChaCha8([32]byte{})
		const traces, size = 400, 24 << 10 // 10 MB, nearly all of it spans
		for n := range traces {
			noise := noisy(rng, size)
			p.send(spanOf(100+n, n, root, get("/cart"), func(s ptrace.Span) { noise(s.Attributes()) }), logOf(100+n, n))
		}
		before := p.sum("buffer_bytes")
		require.Greater(t, before, int64(traces*size))
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, traces, p.spanSink.SpanCount())
		require.Zero(t, p.sum("spans_held"))
		require.EqualValues(t, traces, p.sum("logs_held"))
		require.Greater(t, p.sum("buffer_bytes"), int64(traces*size), "held, and accounted for")
		require.InEpsilon(t, before, p.sum("buffer_bytes"), 0.1, "once")
		next.free()
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, traces, next.LogRecordCount())
		for _, ld := range next.AllLogs() {
			for _, lr := range record.EachLog(ld) {
				require.Equal(t, "/cart", lr.Attributes().AsRaw()["url.template"])
			}
		}
		require.Less(t, p.sum("buffer_bytes"), before/4)
		p.conserved()
		p.shutdown()
	})
}

// A next component that does not return for 25 s, whatever its context says: senders that
// wait for a second, and send again what had no answer then, have nothing go on twice, and
// of no trace a part.
func TestSendersAreAnsweredInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next := new(stuck)
		var p pipelines
		p.start(t, func(c *Config) { onePercent(c); c.DecisionWait = 5 * time.Second }, next, next)
		var senders sync.WaitGroup
		for sender := range 4 {
			senders.Go(func() {
				for n := range 500 {
					id := 1000 + sender*1000 + n/4 // four batches a trace, of which the first has an error
					td := spanOf(id, n)
					if n%4 == 0 {
						td = joined(td, spanOf(id, 1000+n, failed))
					}
					if n%3 == 0 {
						td = joined(td, spanOf(100_000+id, n)) // one that is held
					}
					sendInTime(t, func(ctx context.Context) error {
						again := ptrace.NewTraces()
						td.CopyTo(again)
						return p.traces.ConsumeTraces(ctx, again)
					})
					sendInTime(t, func(ctx context.Context) error { return p.logs.ConsumeLogs(ctx, logOf(id, n)) })
					time.Sleep(100 * time.Millisecond)
				}
			})
		}
		time.Sleep(10 * time.Second)
		next.stick()
		time.Sleep(25 * time.Second)
		next.free()
		senders.Wait()
		time.Sleep(20 * time.Second)
		synctest.Wait()
		p.conserved()
		items := map[pcommon.TraceID]int{}
		for _, td := range next.traces.AllTraces() {
			for _, rs := range td.ResourceSpans().All() {
				for _, ss := range rs.ScopeSpans().All() {
					for _, s := range ss.Spans().All() {
						items[s.TraceID()]++
					}
				}
			}
		}
		for sender := range 4 {
			for n := range 125 {
				require.Equal(t, 5, items[traceNumbered(1000+sender*1000+n)])
			}
		}
		require.Equal(t, 2000, next.LogRecordCount())
		require.Zero(t, p.sum("spans_refused")+p.sum("logs_refused"))
		p.shutdown()
	})
}

// sendInTime sends, for a second at a time, until there is an answer in time.
func sendInTime(t *testing.T, send func(context.Context) error) {
	for {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		err := send(ctx)
		late := ctx.Err() != nil
		cancel()
		if err == nil && !late {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// What passes in calls that nobody waits for any more takes room as well: when it takes
// half of max_bytes, its pipeline is refused, also what needs no room otherwise.
func TestWhatPassesWaitsForNobodyWithoutLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next := new(stuck)
		var p pipelines
		p.start(t, func(c *Config) { onePercent(c); c.MaxBytes = 16 << 20 }, next, next)
		next.stick()
		rng := rand.NewChaCha8([32]byte{})
		var err error
		taken := 0
		for ; err == nil; taken++ {
			require.Less(t, taken, 20_000)
			noise := noisy(rng, 1000)
			err = p.logs.ConsumeLogs(t.Context(), logOf(1, taken, noID, func(lr plog.LogRecord) { noise(lr.Attributes()) }))
			require.LessOrEqual(t, p.sum("buffer_bytes"), int64(16<<20))
		}
		require.ErrorContains(t, err, "the next component has not taken what waits for it")
		require.Greater(t, taken, 1000)
		synctest.Wait()
		p.conserved()
		next.free()
		time.Sleep(time.Second)
		require.Equal(t, taken-1, next.LogRecordCount())
		synctest.Wait()
		p.conserved()
		p.shutdown()
	})
}

// At the end, what the next component does not return from is given up and counted.
func TestWhatPassesIsGivenUpAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next := new(stuck)
		var p pipelines
		p.start(t, onePercent, next, next)
		next.stick()
		p.send(joined(spanOf(1, 1, failed), spanOf(1, 2, failed)))
		synctest.Wait()
		p.conserved()
		require.EqualValues(t, 2, p.sum("spans_held"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, p.traces.Shutdown(ctx), context.DeadlineExceeded)
		require.NoError(t, p.logs.Shutdown(ctx))
		require.EqualValues(t, 2, p.sum("spans_dropped", attribute.String("reason", "shutdown")))
		require.Zero(t, p.sum("spans_held"))
		next.free()
		time.Sleep(time.Second)
		require.EqualValues(t, 2, p.sum("spans_dropped"), "once")
		require.NoError(t, p.telemetry.Shutdown(t.Context()))
	})
}
