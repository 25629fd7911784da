// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"context"
	"encoding/binary"
	"math"
	"testing"
	"testing/synctest"
	"time"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/probabilisticsamplerprocessor"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/otelcol-correlation/correlationprocessor"
)

// stage is a processor in a traces and a logs pipeline.
type stage struct {
	traces processor.Traces
	logs   processor.Logs
}

// correlation is this processor, with the sampling settings changed.
func correlation(change func(*correlationprocessor.SamplingConfig)) func(*testing.T, consumer.Traces, consumer.Logs) *stage {
	return func(t *testing.T, spans consumer.Traces, logs consumer.Logs) *stage {
		f := correlationprocessor.NewFactory()
		cfg := f.CreateDefaultConfig().(*correlationprocessor.Config)
		change(&cfg.Sampling)
		return start(t, f, cfg, spans, logs)
	}
}

// contribSampler is contrib's sampler in the given mode. It is strict: what it
// finds inconsistent it drops.
func contribSampler(mode probabilisticsamplerprocessor.SamplerMode, percentage float32) func(*testing.T, consumer.Traces, consumer.Logs) *stage {
	return func(t *testing.T, spans consumer.Traces, logs consumer.Logs) *stage {
		f := probabilisticsamplerprocessor.NewFactory()
		cfg := f.CreateDefaultConfig().(*probabilisticsamplerprocessor.Config)
		cfg.Mode, cfg.SamplingPercentage, cfg.FailClosed = mode, percentage, true
		return start(t, f, cfg, spans, logs)
	}
}

func start(t *testing.T, f processor.Factory, cfg any, spans consumer.Traces, logs consumer.Logs) *stage {
	set := processortest.NewNopSettings(f.Type())
	var s stage
	var err error
	s.traces, err = f.CreateTraces(context.Background(), set, cfg, spans)
	require.NoError(t, err)
	s.logs, err = f.CreateLogs(context.Background(), set, cfg, logs)
	require.NoError(t, err)
	require.NoError(t, s.traces.Start(context.Background(), componenttest.NewNopHost()))
	require.NoError(t, s.logs.Start(context.Background(), componenttest.NewNopHost()))
	return &s
}

func (s *stage) stop(t *testing.T) {
	require.NoError(t, s.traces.Shutdown(context.Background()))
	require.NoError(t, s.logs.Shutdown(context.Background()))
}

const (
	traces     = 20_000
	errorEvery = 50 // traces, one has an error
)

func traceID(n int) (id pcommon.TraceID) {
	binary.BigEndian.PutUint64(id[:8], uint64(n)+1)
	binary.BigEndian.PutUint64(id[8:], uint64(n+1)*0x9e3779b97f4a7c15)
	return id
}

// send sends every trace: a span and a log.
func (s *stage) send(t *testing.T) {
	for n := range traces {
		td := ptrace.NewTraces()
		sp := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		sp.SetTraceID(traceID(n))
		sp.SetSpanID(pcommon.SpanID{1})
		sp.TraceState().FromRaw("vendor=1")
		if n%errorEvery == 0 {
			sp.Status().SetCode(ptrace.StatusCodeError)
		}
		ld := plog.NewLogs()
		lr := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
		lr.SetTraceID(traceID(n))
		require.NoError(t, s.traces.ConsumeTraces(context.Background(), td))
		require.NoError(t, s.logs.ConsumeLogs(context.Background(), ld))
	}
}

// outcome is what came out of the last stage, and the thresholds noted.
type outcome struct {
	spans, logs map[pcommon.TraceID]string
}

func read(t *testing.T, spans *consumertest.TracesSink, logs *consumertest.LogsSink) outcome {
	out := outcome{map[pcommon.TraceID]string{}, map[pcommon.TraceID]string{}}
	for _, td := range spans.AllTraces() {
		for _, rs := range td.ResourceSpans().All() {
			for _, s := range rs.ScopeSpans().At(0).Spans().All() {
				w3c, err := contrib.NewW3CTraceState(s.TraceState().AsRaw())
				require.NoError(t, err)
				require.Equal(t, []contrib.KV{{Key: "vendor", Value: "1"}}, w3c.ExtraValues())
				out.spans[s.TraceID()] = w3c.OTelValue().TValue()
			}
		}
	}
	for _, ld := range logs.AllLogs() {
		for _, rl := range ld.ResourceLogs().All() {
			for _, lr := range rl.ScopeLogs().At(0).LogRecords().All() {
				out.logs[lr.TraceID()] = ""
				if v, ok := lr.Attributes().Get("sampling.threshold"); ok {
					out.logs[lr.TraceID()] = v.Str()
				}
			}
		}
	}
	return out
}

// chain sends every trace through two stages.
func chain(t *testing.T, first, second func(*testing.T, consumer.Traces, consumer.Logs) *stage) (out outcome) {
	synctest.Test(t, func(t *testing.T) {
		spans, logs := new(consumertest.TracesSink), new(consumertest.LogsSink)
		b := second(t, spans, logs)
		a := first(t, b.traces, b.logs)
		a.send(t)
		time.Sleep(15 * time.Second)
		a.stop(t)
		time.Sleep(15 * time.Second)
		b.stop(t)
		out = read(t, spans, logs)
	})
	return out
}

func percent(p float64) func(*correlationprocessor.SamplingConfig) {
	return func(c *correlationprocessor.SamplingConfig) { c.SamplingPercentage = p }
}

// adjusted estimates how many ordinary traces there were.
func adjusted(t *testing.T, out map[pcommon.TraceID]string) float64 {
	sum := 0.0
	for id, value := range out {
		if int(binary.BigEndian.Uint64(id[:8])-1)%errorEvery == 0 {
			continue
		}
		th, err := contrib.TValueToThreshold(value)
		require.NoError(t, err, "ordinary traces have a threshold")
		sum += th.AdjustedCount()
	}
	return sum
}

const ordinary = traces - traces/errorEvery

// within checks an estimate from samples of probability p against three
// standard errors.
func within(t *testing.T, p, got float64) {
	require.InDelta(t, ordinary, got, 3*math.Sqrt(ordinary*(1-p)/p))
}

// What equalizing keeps less of than the first stage kept, passes unchanged:
// its threshold is the first stage's or below.
func TestEqualizingAfterChangesNothing(t *testing.T) {
	direct := chain(t, correlation(percent(10)), correlation(percent(100)))
	after := chain(t, correlation(percent(10)), contribSampler("equalizing", 50))
	for id, th := range direct.spans {
		if th != "" {
			require.Equal(t, th, after.spans[id], "an ordinary trace is accepted, its threshold as it was")
			require.Equal(t, th, after.logs[id])
		}
	}
	within(t, 0.1, adjusted(t, after.spans))
	within(t, 0.1, adjusted(t, after.logs))
}

// Equalizing to less than the first stage kept, and proportional sampling, are
// right about how many there were.
func TestSamplersAfterStayUnbiased(t *testing.T) {
	for name, tt := range map[string]struct {
		mode       probabilisticsamplerprocessor.SamplerMode
		percentage float32
		p          float64
	}{
		"equalizing":   {"equalizing", 5, 0.05},
		"proportional": {"proportional", 50, 0.05},
	} {
		t.Run(name, func(t *testing.T) {
			out := chain(t, correlation(percent(10)), contribSampler(tt.mode, tt.percentage))
			within(t, tt.p, adjusted(t, out.spans))
			within(t, tt.p, adjusted(t, out.logs))
			for id := range out.spans {
				_, ok := out.logs[id]
				require.True(t, ok, "the log of a kept span is kept")
			}
		})
	}
}

// After contrib's sampler this one keeps what it says and notes the higher threshold.
func TestSamplersBefore(t *testing.T) {
	for name, tt := range map[string]struct {
		mode   probabilisticsamplerprocessor.SamplerMode
		before float32
		here   float64
		p      float64
	}{
		"equalizing, less here":   {"equalizing", 50, 10, 0.1},
		"equalizing, more here":   {"equalizing", 10, 50, 0.1},
		"proportional, less here": {"proportional", 50, 10, 0.1},
		"hash seed, less here":    {"hash_seed", 50, 10, 0.1},
	} {
		t.Run(name, func(t *testing.T) {
			out := chain(t, contribSampler(tt.mode, tt.before), correlation(percent(tt.here)))
			within(t, tt.p, adjusted(t, out.spans))
			within(t, tt.p, adjusted(t, out.logs))
			require.Len(t, out.logs, len(out.spans))
		})
	}
}

// Contrib's sampler finds no threshold inconsistent that error traces are kept
// with, whatever their randomness: marked as kept for certain, they go on by its
// own threshold.
func TestErrorsPassStrictSamplers(t *testing.T) {
	for _, mode := range []correlationprocessor.UnmarkedMode{correlationprocessor.UpstreamUnknown, correlationprocessor.UpstreamUnsampled} {
		out := chain(t, correlation(func(c *correlationprocessor.SamplingConfig) {
			c.SamplingPercentage, c.UpstreamUnmarked = 1, mode
		}), contribSampler("equalizing", 100))
		failed := 0
		for id := range out.spans {
			if int(binary.BigEndian.Uint64(id[:8])-1)%errorEvery == 0 {
				failed++
				_, ok := out.logs[id]
				require.True(t, ok)
			}
		}
		require.Equal(t, traces/errorEvery, failed)
	}
}
