// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"pgregory.net/rapid"
)

// mood is what a next component does with a call.
type mood = int32

const (
	takes   mood = iota
	fails        // takes nothing, and spoils what it was given
	half         // takes every other resource
	refuses      // for good
	moods
)

// moody is a next component of both signals whose mood changes.
type moody struct {
	mood   atomic.Int32
	traces consumertest.TracesSink
	logs   consumertest.LogsSink
}

func (*moody) Capabilities() consumer.Capabilities { return consumer.Capabilities{MutatesData: true} }

func (m *moody) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	left := ptrace.NewTraces()
	n := 0
	td.ResourceSpans().RemoveIf(func(rs ptrace.ResourceSpans) bool {
		n++
		leave := m.leaves(n)
		if leave {
			rs.MoveTo(left.ResourceSpans().AppendEmpty())
		}
		return leave
	})
	if td.SpanCount() > 0 {
		_ = m.traces.ConsumeTraces(ctx, td)
	}
	if left.SpanCount() == 0 {
		return nil
	}
	return m.answer(consumererror.NewTraces(errNext, left))
}

func (m *moody) ConsumeLogs(ctx context.Context, ld plog.Logs) error {
	left := plog.NewLogs()
	n := 0
	ld.ResourceLogs().RemoveIf(func(rl plog.ResourceLogs) bool {
		n++
		leave := m.leaves(n)
		if leave {
			rl.MoveTo(left.ResourceLogs().AppendEmpty())
		}
		return leave
	})
	if ld.LogRecordCount() > 0 {
		_ = m.logs.ConsumeLogs(ctx, ld)
	}
	if left.LogRecordCount() == 0 {
		return nil
	}
	return m.answer(consumererror.NewLogs(errNext, left))
}

// leaves reports whether the n-th resource of a call is not taken.
func (m *moody) leaves(n int) bool {
	return m.mood.Load() != takes && (m.mood.Load() != half || n%2 == 0)
}

func (m *moody) answer(partly error) error {
	switch m.mood.Load() {
	case half:
		return partly
	case refuses:
		return consumererror.NewPermanent(errNext)
	default:
		return errNext
	}
}

// sendAgain sends spans as an exporter does: again, if the error says so, and of what was
// taken in part only the rest.
func sendAgain(to consumer.Traces, td ptrace.Traces) {
	for range 3 {
		sent := ptrace.NewTraces()
		td.CopyTo(sent)
		err := to.ConsumeTraces(context.Background(), sent)
		if err == nil || consumererror.IsPermanent(err) {
			return
		}
		if left, ok := errors.AsType[consumererror.Traces](err); ok {
			left.Data().CopyTo(td)
		}
	}
}

// Whatever the next components do with the calls, with or without hindsight, and
// whenever the end comes: no item goes on twice, and each is kept, dropped, refused or
// held, at every step.
func TestNoItemIsLostOrDoubledWhateverComesNext(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		synctest.Test(t, func(*testing.T) {
			next := new(moody)
			var p pipelines
			p.start(rt, func(c *Config) {
				onePercent(c)
				c.Hindsight = time.Duration(rapid.IntRange(0, 20).Draw(rt, "hindsight")) * time.Second
				c.RetryOnFailure.MaxElapsedTime = 20 * time.Second
				c.ShutdownTimeout = 3 * time.Second
			}, next, next)
			items := 0
			for range rapid.IntRange(1, 25).Draw(rt, "steps") {
				synctest.Wait()
				next.mood.Store(rapid.Int32Range(0, moods-1).Draw(rt, "mood"))
				var batches []ptrace.Traces
				for range rapid.IntRange(0, 4).Draw(rt, "spans") {
					items++
					trace := rapid.SampledFrom([]int{1, 2, 3, 100, 101}).Draw(rt, "trace")
					if rapid.IntRange(0, 5).Draw(rt, "failed") == 0 {
						batches = append(batches, spanOf(trace, items, failed))
					} else {
						batches = append(batches, spanOf(trace, items))
					}
				}
				sendAgain(p.traces, joined(batches...))
				if rapid.Bool().Draw(rt, "log") {
					items++
					_ = p.logs.ConsumeLogs(context.Background(), logOf(rapid.SampledFrom([]int{1, 100}).Draw(rt, "trace"), items))
				}
				synctest.Wait()
				p.conserved()
				time.Sleep(time.Duration(rapid.IntRange(0, 15_000).Draw(rt, "ms")) * time.Millisecond)
				synctest.Wait()
				p.conserved()
			}
			_ = p.traces.Shutdown(context.Background())
			_ = p.logs.Shutdown(context.Background())
			require.Zero(rt, p.sum("spans_held")+p.sum("logs_held"))
			require.EqualValues(rt, next.traces.SpanCount(), p.sum("spans_kept"))
			require.EqualValues(rt, next.logs.LogRecordCount(), p.sum("logs_kept"))
			seen := map[[8]byte]bool{}
			for _, td := range next.traces.AllTraces() {
				for _, rs := range td.ResourceSpans().All() {
					for _, s := range rs.ScopeSpans().At(0).Spans().All() {
						require.False(rt, seen[s.SpanID()], "a span goes on twice")
						seen[s.SpanID()] = true
					}
				}
			}
			for _, ld := range next.logs.AllLogs() {
				for _, rl := range ld.ResourceLogs().All() {
					for _, lr := range rl.ScopeLogs().At(0).LogRecords().All() {
						require.False(rt, seen[lr.SpanID()], "a log goes on twice")
						seen[lr.SpanID()] = true
					}
				}
			}
		})
	})
}
