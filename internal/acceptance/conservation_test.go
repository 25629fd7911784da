// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
)

// slow is a next component that has the metrics read while it has the data in its hands.
// It refuses the first of three calls for good, and the first of three releases.
type slow struct {
	read            func(signal string, inHand int)
	calls, releases atomic.Int64
}

// called is the key of a value in the context of a call, which releases do not have.
type called struct{}

func (s *slow) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

func (s *slow) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	return s.take(ctx, "spans", td.SpanCount())
}

func (s *slow) ConsumeLogs(ctx context.Context, ld plog.Logs) error {
	return s.take(ctx, "logs", ld.LogRecordCount())
}

func (s *slow) take(ctx context.Context, signal string, items int) error {
	s.read(signal, items)
	time.Sleep(3 * time.Millisecond)
	s.read(signal, items)
	batches := &s.releases
	if ctx.Value(called{}) != nil {
		batches = &s.calls
	}
	if batches.Add(1)%3 == 1 {
		return consumererror.NewPermanent(errNext)
	}
	return nil
}

// balanced checks that one reading of the metrics adds up.
func (p *pipelines) balanced(t *testing.T) {
	now := p.reading()
	for _, name := range []string{"spans", "logs"} {
		held := now[name+"_held"]
		assert.Equal(t, now[name+"_received"], now[name+"_kept"]+now[name+"_dropped"]+now[name+"_refused"]+held, name)
		assert.GreaterOrEqual(t, held, int64(0), name)
	}
}

// mixed sends batches of what has every fate there is, some of it after its trace was
// decided.
func (p *pipelines) mixed(seed uint64) {
	rng := rand.New(rand.NewPCG(seed, seed))
	request := func(m pcommon.Map) {
		m.PutInt("n", int64(rng.IntN(50)))
		m.PutStr("request", "r"+string(rune('a'+rng.IntN(9))))
	}
	ctx := context.WithValue(context.Background(), called{}, true)
	for n := range 100 {
		trace := rng.IntN(200)
		td := spanOf(trace, n, func(s ptrace.Span) { request(s.Attributes()) })
		spanOf(rng.IntN(200), n, root).ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
		ld := line("access", 1, "/feed", 200)
		line("again", 2, "/feed", 200).ResourceLogs().MoveAndAppendTo(ld.ResourceLogs())
		for _, lr := range record.EachLog(ld) {
			lr.SetTraceID(traceNumbered(trace))
		}
		logOf(trace, n).ResourceLogs().MoveAndAppendTo(ld.ResourceLogs())
		logOf(trace, n, noID).ResourceLogs().MoveAndAppendTo(ld.ResourceLogs())
		logOf(trace, n, noID, func(lr plog.LogRecord) { request(lr.Attributes()) }).ResourceLogs().MoveAndAppendTo(ld.ResourceLogs())
		if n%10 == 0 {
			spanOf(trace, n, failed).ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
		}
		_ = p.traces.ConsumeTraces(ctx, td) // refused now and then
		_ = p.logs.ConsumeLogs(ctx, ld)
		time.Sleep(time.Duration(rng.IntN(3)) * time.Millisecond)
	}
}

// Whenever the metrics are read, every item received has one fate or is held: while
// calls are under way, in the middle of a release, and during shutdown.
func TestEveryReadingAddsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pipelines
		read := func(string, int) { p.balanced(t) }
		p.start(t, func(c *Config) {
			onePercent(c)
			c.DecisionWait, c.DecisionWaitAfterRoot, c.Logs.JoinWait = 300*time.Millisecond, 100*time.Millisecond, 100*time.Millisecond
			c.Logs.MissingTraceID.SamplingPercentage, c.Logs.RequestIDAttributes = 50, []string{"request"}
			c.Logs.DeduplicateAccessLogs = true
		}, &slow{read: read}, &slow{read: read})
		stop := make(chan struct{})
		var reader, senders sync.WaitGroup
		reader.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(time.Millisecond):
					p.balanced(t)
				}
			}
		})
		for seed := range uint64(4) {
			senders.Go(func() { p.mixed(seed) })
		}
		senders.Wait() // what is held now is released by the shutdown
		require.NoError(t, p.traces.Shutdown(t.Context()))
		require.NoError(t, p.logs.Shutdown(t.Context()))
		close(stop)
		reader.Wait()
		p.conserved()
		p.everyFate()
		require.Zero(t, p.sum("spans_held")+p.sum("logs_held"))
		require.NoError(t, p.telemetry.Shutdown(t.Context()))
	})
}

// everyFate checks that the traffic had all the fates it should have.
func (p *pipelines) everyFate() {
	for name, reasons := range map[string][]string{
		"spans": {"sampling", "export_failed"},
		"logs":  {"sampling", "export_failed", "missing_trace_id", "duplicate"},
	} {
		for _, fate := range []string{"kept", "refused", "late"} {
			require.Positive(p.t, p.sum(name+"_"+fate), "%s %s", name, fate)
		}
		for _, reason := range reasons {
			require.Positive(p.t, p.sum(name+"_dropped", attribute.String("reason", reason)), "%s %s", name, reason)
		}
	}
}

// A large batch is decided on in parts. If it fails in its last one, what was dropped
// before is dropped, and what was held is held.
func TestABatchThatFailsAfterSomeOfItWasDecided(t *testing.T) {
	bubbled(t, func(c *Config) {
		onePercent(c)
		c.MaxBytes, c.Sampling.ErrorMode = minBytes, ottl.PropagateError
		keepIf(`Int(span.attributes["n"]) / Int(span.attributes["d"]) > 1`)(&c.Sampling)
	}, func(t *testing.T, p *pipelines) {
		fine := func(s ptrace.Span) { spanAttr("n", "4")(s); spanAttr("d", "4")(s) }
		p.send(spanOf(1, 1, fine))
		time.Sleep(11 * time.Second)
		td := ptrace.NewTraces()
		for n := range 200 {
			spanOf(1+n%2, n, fine, spanAttr("ballast", strings.Repeat("x", 300))).ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
		}
		spanOf(3, 1, spanAttr("n", "4"), spanAttr("d", "0")).ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
		require.True(t, consumererror.IsPermanent(p.traces.ConsumeTraces(t.Context(), td)))
		now := p.reading()
		require.Greater(t, now["spans_dropped"], int64(1))
		require.Positive(t, now["spans_held"])
		require.Less(t, now["spans_refused"], int64(201))
		p.conserved()
	})
}

// What the next component is about to take is held until it has taken or refused it,
// whether it passes in a call or in a release.
func TestWhatTheNextComponentHasInHandIsHeld(t *testing.T) {
	for name, percentage := range map[string]float64{"call": 100, "release": 1} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var p pipelines
				next := &slow{read: func(signal string, inHand int) {
					assert.EqualValues(t, inHand, p.sum(signal+"_held"), signal)
				}}
				p.start(t, func(c *Config) { c.Sampling.SamplingPercentage, c.Logs.JoinWait = percentage, 0 }, next, next)
				defer p.shutdown()
				for n := range 4 {
					_ = p.traces.ConsumeTraces(t.Context(), spanOf(100+n, n)) // refused now and then
					time.Sleep(11 * time.Second)
					_ = p.logs.ConsumeLogs(t.Context(), logOf(200+n, n))
					time.Sleep(11 * time.Second)
				}
				require.EqualValues(t, 8, next.calls.Load()+next.releases.Load())
				p.conserved()
			})
		})
	}
}
