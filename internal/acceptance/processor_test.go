// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor"
	"github.com/otelcol-correlation/correlationprocessor/internal/metadatatest"
)

func TestOrdinaryTraceAndItsLogsAreDropped(t *testing.T) {
	bubbled(t, onePercent, func(t *testing.T, p *pipelines) {
		p.send(spanOf(1, 1), logOf(1, 1), spanOf(1, 2, root))
		require.EqualValues(t, 2, p.sum("spans_held"))
		time.Sleep(3 * time.Second)
		require.Empty(t, p.spans())
		require.Empty(t, p.records())
		require.EqualValues(t, 2, p.sum("spans_dropped", attribute.String("reason", "sampling")))
		require.EqualValues(t, 1, p.sum("logs_dropped", attribute.String("reason", "sampling")))
		require.EqualValues(t, 1, p.sum("decisions", attribute.String("verdict", "drop"), attribute.String("rule", "default"), attribute.String("trigger", "root")))
		p.conserved()
	})
}

func TestOrdinaryTraceAboveTheThresholdIsKeptWithItsLogs(t *testing.T) {
	bubbled(t, onePercent, func(t *testing.T, p *pipelines) {
		p.send(logOf(100, 1), spanOf(100, 1), spanOf(100, 2))
		time.Sleep(9 * time.Second)
		require.Empty(t, p.spans(), "decision_wait is not over")
		time.Sleep(2 * time.Second)
		require.Len(t, p.spans(), 2)
		require.Len(t, p.records(), 1)
		require.Equal(t, "ot=th:fd70a", p.spans()[0].TraceState().AsRaw())
		require.Equal(t, "fd70a", attrs(p.records()[0])["sampling.threshold"])
		require.EqualValues(t, 1, p.sum("decisions", attribute.String("verdict", "keep"), attribute.String("trigger", "timeout")))
		require.Equal(t, 1, p.spanSink.AllTraces()[0].ResourceSpans().Len(), "released spans are merged by resource and scope")
		require.Equal(t, "https://opentelemetry.io/schemas/1.40.0", p.spanSink.AllTraces()[0].ResourceSpans().At(0).SchemaUrl())
		p.conserved()
	})
}

func attrs(lr plog.LogRecord) map[string]any { return lr.Attributes().AsRaw() }

func TestErrorsKeepTheWholeTraceWhicheverSignalHasThem(t *testing.T) {
	tests := map[string][]any{
		"span status":  {spanOf(1, 1, failed), logOf(1, 1)},
		"log severity": {spanOf(1, 1), logOf(1, 1, failedLog)},
		"access log": {spanOf(1, 1), logOf(1, 1, func(lr plog.LogRecord) {
			lr.Body().SetStr(`10.0.0.1 - - [10/Oct/2026:13:55:36 +0000] "GET /x HTTP/1.1" 502 0`)
		})},
	}
	for name, data := range tests {
		t.Run(name, func(t *testing.T) {
			bubbled(t, onePercent, func(t *testing.T, p *pipelines) {
				p.send(spanOf(1, 5), logOf(1, 5))
				p.send(data...)
				p.send(spanOf(1, 6, root))
				time.Sleep(3 * time.Second)
				require.Len(t, p.spans(), 3)
				require.Len(t, p.records(), 2)
				require.Empty(t, p.spans()[0].TraceState().AsRaw(), "kept for certain: no threshold")
				require.EqualValues(t, 1, p.sum("decisions", attribute.String("rule", "errors"), attribute.String("trigger", "evidence")))
				p.conserved()
			})
		})
	}
}

func TestLateItemsFollowTheVerdict(t *testing.T) {
	bubbled(t, onePercent, func(t *testing.T, p *pipelines) {
		p.send(spanOf(1, 1, root), spanOf(100, 1, root), spanOf(2, 1, root, failed))
		time.Sleep(time.Minute)
		require.Len(t, p.spans(), 2)
		p.send(spanOf(1, 2), logOf(1, 2), spanOf(100, 2), logOf(100, 2), spanOf(2, 2), logOf(2, 2))
		require.Len(t, p.spans(), 4, "late items do not wait")
		require.Len(t, p.records(), 2)
		require.EqualValues(t, 2, p.sum("spans_late", attribute.String("outcome", "kept")))
		require.EqualValues(t, 1, p.sum("logs_late", attribute.String("outcome", "dropped")))
		for _, s := range p.spans() {
			want := ""
			if s.TraceID() == traceNumbered(100) {
				want = "ot=th:fd70a"
			}
			require.Equal(t, want, s.TraceState().AsRaw(), "one trace, one threshold")
		}
		p.conserved()
	})
}

func TestLateEvidenceForADroppedTraceIsKept(t *testing.T) {
	bubbled(t, onePercent, func(t *testing.T, p *pipelines) {
		p.send(spanOf(1, 1, root))
		time.Sleep(5 * time.Second)
		p.send(logOf(1, 1, failedLog), logOf(1, 1))
		require.Len(t, p.records(), 2)
		require.Equal(t, true, attrs(p.records()[0])["sampling.late_evidence"])
		require.NotContains(t, attrs(p.records()[1]), "sampling.late_evidence")
		require.EqualValues(t, 1, p.sum("logs_late", attribute.String("outcome", "upgraded")))
		require.EqualValues(t, 1, p.sum("logs_late", attribute.String("outcome", "kept")))
		p.conserved()
	})
}

func TestKeptLogsGetTheirSpansAttributes(t *testing.T) {
	server := func(s ptrace.Span) {
		s.SetKind(ptrace.SpanKindServer)
		s.Attributes().PutStr("url.path", "/users/17")
		s.Attributes().PutStr("http.request.method", "GET")
		s.Attributes().PutInt("http.response.status_code", 500)
	}
	internal := func(s ptrace.Span) { s.Attributes().PutStr("http.request.method", "PUT") }
	for name, change := range map[string]func(*Config){"sampled": onePercent, "all kept": func(*Config) {}} {
		t.Run(name, func(t *testing.T) {
			bubbled(t, change, func(t *testing.T, p *pipelines) {
				p.send(
					logOf(1, 1), logOf(1, 2), logOf(1, 77),
					logOf(1, 1, func(lr plog.LogRecord) { lr.Attributes().PutStr("http.request.method", "POST") }),
					spanOf(1, 2, internal), spanOf(1, 1, server),
				)
				time.Sleep(11 * time.Second)
				require.Len(t, p.spans(), 2)
				require.Len(t, p.records(), 4)
				for i, want := range []map[string]any{
					{"url.template": "/users/{int}", "http.request.method": "GET", "http.response.status_code": int64(500)},
					{"http.request.method": "PUT"},
					{"url.template": "/users/{int}", "http.request.method": "GET", "http.response.status_code": int64(500)},
					{"url.template": "/users/{int}", "http.request.method": "POST", "http.response.status_code": int64(500)},
				} {
					require.Equal(t, want, attrs(p.records()[i]), "record %d", i)
				}
				require.EqualValues(t, 4, p.sum("logs_joined"))
				p.conserved()
			})
		})
	}
}

// A receiver of two logs pipelines hands each log to both: it is one log, which comes out of both.
func TestLogsOfTwoPipelinesAreCountedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pipelines
		p.spanSink, p.logSink = new(consumertest.TracesSink), new(consumertest.LogsSink)
		second, err := p.startTwice(t, func(c *Config) { onePercent(c); c.Logs.CountOnSpans = true })
		require.NoError(t, err)
		defer p.shutdown()
		defer func() { require.NoError(t, second.Shutdown(t.Context())) }()
		p.send(spanOf(100, 1))
		for _, ld := range []plog.Logs{logOf(100, 1), logOf(100, 1, func(lr plog.LogRecord) { lr.Attributes().PutInt("level", 60) })} {
			copied := plog.NewLogs()
			ld.CopyTo(copied)
			p.send(ld)
			require.NoError(t, second.ConsumeLogs(t.Context(), copied))
		}
		time.Sleep(40 * time.Second)
		require.Equal(t, map[string]any{"log.count": int64(2), "log.error_count": int64(1)}, p.spans()[0].Attributes().AsRaw())
		require.Len(t, p.records(), 4)
	})
}

func TestFirstShutdownReleasesEverythingAndTheRestIsDecidedAtOnce(t *testing.T) {
	for _, first := range []string{"traces", "logs"} {
		t.Run(first+" first", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPipelines(t, onePercent)
				p.send(spanOf(100, 1), logOf(100, 1), spanOf(1, 1), logOf(1, 1), spanOf(2, 1, failed), logOf(2, 1))
				if first == "traces" {
					require.NoError(t, p.traces.Shutdown(context.Background()))
					p.send(logOf(100, 2), logOf(1, 2), logOf(2, 2), logOf(3, 1), logOf(4, 1, failedLog))
					require.Len(t, p.spans(), 2)
					require.Len(t, p.records(), 5)
				} else {
					require.NoError(t, p.logs.Shutdown(context.Background()))
					p.send(spanOf(100, 2), spanOf(1, 2), spanOf(2, 2), spanOf(3, 1), spanOf(4, 1, failed))
					require.Len(t, p.spans(), 5)
					require.Len(t, p.records(), 2)
				}
				require.EqualValues(t, 2, p.sum("decisions", attribute.String("trigger", "shutdown"), attribute.String("verdict", "drop")))
				require.Positive(t, p.sum("traces_unchecked", attribute.String("reason", "shutdown")))
				p.conserved()
				p.shutdown()
			})
		})
	}
}

func TestShutdownWithoutStartAndTwice(t *testing.T) {
	f := correlationprocessor.NewFactory()
	cfg := f.CreateDefaultConfig()
	tel := componenttest.NewTelemetry()
	c, err := f.CreateTraces(context.Background(), metadatatest.NewSettings(tel), cfg, consumertest.NewNop())
	require.NoError(t, err)
	require.NoError(t, c.Shutdown(context.Background()))
	require.NoError(t, c.Shutdown(context.Background()))
	require.NoError(t, tel.Shutdown(context.Background()))
}

func TestEachPipelineGetsBackItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := correlationprocessor.NewFactory()
		cfg := f.CreateDefaultConfig().(*Config)
		shortWaits(cfg)
		onePercent(cfg)
		set := metadatatest.NewSettings(componenttest.NewTelemetry())
		sinks := [2]consumertest.TracesSink{}
		shells := [2]consumer.Traces{}
		for i := range sinks {
			s, err := f.CreateTraces(t.Context(), set, cfg, &sinks[i])
			require.NoError(t, err)
			require.NoError(t, s.Start(t.Context(), componenttest.NewNopHost()))
			t.Cleanup(func() { require.NoError(t, s.Shutdown(context.Background())) })
			shells[i] = s
		}
		require.NoError(t, shells[0].ConsumeTraces(t.Context(), spanOf(1, 1, failed)))
		require.NoError(t, shells[1].ConsumeTraces(t.Context(), spanOf(1, 2)))
		require.NoError(t, shells[1].ConsumeTraces(t.Context(), spanOf(2, 1)))
		time.Sleep(11 * time.Second)
		require.Equal(t, 1, sinks[0].SpanCount())
		require.Equal(t, 1, sinks[1].SpanCount())
	})
}

// failing is a next component that fails until it is mended.
type failing struct {
	consumertest.TracesSink
	err    error
	mended atomic.Bool
}

func (f *failing) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	if !f.mended.Load() {
		return f.err
	}
	return f.TracesSink.ConsumeTraces(ctx, td)
}

func TestShutdownGivesUpWhenItsTimeIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pipelines
		p.start(t, onePercent, &failing{err: errNext}, consumertest.NewNop())
		p.send(spanOf(100, 1))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.ErrorIs(t, p.traces.Shutdown(ctx), context.DeadlineExceeded)
		require.EqualValues(t, 1, p.sum("spans_dropped", attribute.String("reason", "shutdown")))
		p.conserved()
		require.NoError(t, p.logs.Shutdown(t.Context()))
	})
}

func TestErrorOfTheNextComponentGoesToTheSender(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next := &failing{err: errNext}
		var p pipelines
		p.start(t, func(*Config) {}, next, consumertest.NewNop())
		require.ErrorIs(t, p.traces.ConsumeTraces(t.Context(), spanOf(1, 1)), errNext)
		require.EqualValues(t, 1, p.sum("spans_refused"))
		p.conserved()
		p.shutdown()
	})
}

func TestFullBufferDecidesEarlyAndRefusesOnlyWhenNothingIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next := &failing{err: errNext}
		var p pipelines
		p.start(t, func(c *Config) { onePercent(c); c.MaxBytes = minBytes }, next, consumertest.NewNop())
		defer p.shutdown()
		rng := rand.NewChaCha8([32]byte{})
		big := func(s ptrace.Span) { // nothing that compression could make small
			noise := make([]byte, 10_000)
			_, _ = rng.Read(noise)
			s.Attributes().PutEmptyBytes("big").FromRaw(noise)
		}
		for n := range 500 {
			p.send(spanOf(n%100, n, big))
		}
		require.Positive(t, p.sum("decisions", attribute.String("trigger", "pressure")))
		require.Zero(t, p.sum("spans_refused"))
		require.Less(t, p.sum("buffer_bytes"), int64(2*minBytes))
		p.conserved()
		refused := 0
		for n := range 500 {
			if err := p.traces.ConsumeTraces(t.Context(), spanOf(1000+n, n, big)); err != nil {
				require.ErrorContains(t, err, "max_bytes")
				require.False(t, consumererror.IsPermanent(err), "the sender may try again")
				refused++
			}
		}
		require.Positive(t, refused)
		require.EqualValues(t, refused, p.sum("spans_refused"))
		p.conserved()
		next.mended.Store(true)
		time.Sleep(time.Minute)
		require.NoError(t, p.traces.ConsumeTraces(t.Context(), spanOf(1, 1, big)))
		require.Equal(t, 500-refused, next.SpanCount(), "every kept span that was taken comes out")
	})
}
