// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"pgregory.net/rapid"
)

// hashOnly is the configuration in which a trace id alone may say that an item
// is dropped; looking has the items looked at all the same.
func hashOnly(percentage float64, looking bool) func(*Config) {
	return func(c *Config) {
		c.Sampling.SamplingPercentage = percentage
		c.Sampling.Errors = false
		c.Logs.JoinAttributes = nil
		c.Telemetry.Integrity, c.Telemetry.SpanTimes = false, looking
	}
}

// hashItem is a span or a log of a trace that may say something of sampling.
type hashItem struct {
	trace uint64
	log   bool
	says  int // 0 nothing, 1 randomness, 2 a threshold, 3 something of others
}

func (it hashItem) write(span ptrace.Span, lr plog.LogRecord) {
	rng := rand.New(rand.NewPCG(it.trace, 1))
	var id pcommon.TraceID
	if it.trace > 0 {
		binary.BigEndian.PutUint64(id[:8], rng.Uint64())
		binary.BigEndian.PutUint64(id[8:], rng.Uint64())
	}
	rv := fmt.Sprintf("%014x", rng.Uint64()>>8)
	if it.log {
		lr.SetTraceID(id)
		lr.Attributes().PutStr("url.path", "/users/1")
		switch it.says {
		case 1:
			lr.Attributes().PutStr(attrRandomness, rv)
		case 2:
			lr.Attributes().PutStr(attrThreshold, "8")
		}
		return
	}
	span.SetTraceID(id)
	span.SetSpanID(pcommon.SpanID{1})
	span.Attributes().PutStr("url.path", "/users/1")
	span.TraceState().FromRaw([]string{"", "ot=rv:" + rv, "ot=th:8", "vendor=1"}[it.says])
}

func hashBatch(items []hashItem) (ptrace.Traces, plog.Logs) {
	td, ld := ptrace.NewTraces(), plog.NewLogs()
	spans := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	logs := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	for _, it := range items {
		if it.log {
			it.write(ptrace.Span{}, logs.AppendEmpty())
		} else {
			it.write(spans.AppendEmpty(), plog.LogRecord{})
		}
	}
	return td, ld
}

// outcomes is what came out and what was counted.
func (p *pipelines) outcomes(t require.TestingT) (out []string) {
	for _, td := range p.spanSink.AllTraces() {
		msg, err := (&ptrace.JSONMarshaler{}).MarshalTraces(td)
		require.NoError(t, err)
		out = append(out, string(msg))
	}
	for _, ld := range p.logSink.AllLogs() {
		msg, err := (&plog.JSONMarshaler{}).MarshalLogs(ld)
		require.NoError(t, err)
		out = append(out, string(msg))
	}
	slices.Sort(out)
	for _, sig := range []string{"spans", "logs"} {
		for _, name := range []string{"_received", "_kept", "_dropped", "_late"} {
			out = append(out, fmt.Sprint(sig, name, p.sum(sig+name)))
		}
	}
	for _, signal := range []string{"traces", "logs"} {
		of := attribute.String("signal", signal)
		out = append(out, fmt.Sprint("inconsistent", p.sum("thresholds_inconsistent", of)))
		for _, verdict := range []string{"keep", "drop"} {
			out = append(out, fmt.Sprint(verdict, p.sum("decided_items", of, attribute.String("verdict", verdict))))
		}
		for _, source := range []string{"trace_id", "explicit", "hash"} {
			out = append(out, fmt.Sprint(source, p.sum("randomness", of, attribute.String("source", source))))
		}
	}
	return append(out, fmt.Sprint(p.sum("logs_missing_trace_id")))
}

// Items dropped by their trace id, before they are looked at, are those that
// would have been dropped after it, and counted alike.
func TestDroppedByIDAreThoseThatWouldBeDroppedAnyway(t *testing.T) {
	early := 0
	rapid.Check(t, func(rt *rapid.T) {
		batches := rapid.SliceOfN(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) hashItem {
			return hashItem{
				trace: rapid.Uint64Range(0, 20).Draw(t, "trace"),
				log:   rapid.Bool().Draw(t, "log"),
				says:  rapid.SampledFrom([]int{0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3}).Draw(t, "says"),
			}
		}), 1, 20), 1, 4).Draw(rt, "batches")
		percentage := rapid.SampledFrom([]float64{0, 1, 30, 50}).Draw(rt, "percentage")
		source := rapid.SampledFrom([]RandomnessMode{RandomnessTraceID, RandomnessHash, RandomnessAuto}).Draw(rt, "randomness")
		var got [2][]string
		for i, looking := range []bool{false, true} {
			p := newPipelines(rt, func(c *Config) {
				hashOnly(percentage, looking)(c)
				c.Sampling.Randomness = source
			})
			for _, items := range batches {
				td, ld := hashBatch(items)
				p.send(td, ld)
			}
			if !looking {
				early += int(p.sum("spans_dropped"))
				require.True(rt, p.traces.(*shell).dropsByID)
			}
			p.conserved()
			got[i] = p.outcomes(rt)
			p.shutdown()
		}
		require.Equal(rt, got[1], got[0])
	})
	require.Positive(t, early)
}

// What is weighed of the items dropped by their ids stands for all of them.
func TestBytesOfItemsDroppedByIDAreEstimated(t *testing.T) {
	var weighed [2]int64
	for i, looking := range []bool{false, true} {
		p := newPipelines(t, hashOnly(1, looking))
		var items []hashItem
		for n := range uint64(8000) {
			items = append(items, hashItem{trace: n + 1, log: n%2 == 0})
		}
		td, ld := hashBatch(items)
		p.send(td, ld)
		weighed[i] = p.sum("decided_bytes")
		p.shutdown()
	}
	require.InEpsilon(t, weighed[1], weighed[0], 0.02)
}

// It does however few come at a time.
func TestBytesOfFewItemsDroppedByIDAreEstimated(t *testing.T) {
	var weighed [2]int64
	for i, looking := range []bool{false, true} {
		p := newPipelines(t, hashOnly(1, looking))
		for n := range uint64(10_000) {
			var items []hashItem
			for k := range uint64(20) {
				items = append(items, hashItem{trace: 20*n + k + 1, log: k%2 == 0})
			}
			td, ld := hashBatch(items)
			p.send(td, ld)
		}
		weighed[i] = p.sum("decided_bytes")
		p.shutdown()
	}
	require.InEpsilon(t, weighed[1], weighed[0], 0.1) // five deviations
}

// To drop an item by its id takes no memory.
func TestDropByIDAllocatesNothing(t *testing.T) {
	p := newPipelines(t, hashOnly(0, false))
	defer p.shutdown()
	data := func(n int) (ptrace.Traces, plog.Logs) {
		var items []hashItem
		for i := range uint64(n) {
			items = append(items, hashItem{trace: i + 1, log: i%2 == 0})
		}
		return hashBatch(items)
	}
	const runs = 10
	measure := func(n int) float64 {
		var traces []ptrace.Traces
		var logs []plog.Logs
		for range runs + 1 {
			td, ld := data(n)
			traces, logs = append(traces, td), append(logs, ld)
		}
		next := 0
		return testing.AllocsPerRun(runs, func() {
			p.send(traces[next], logs[next])
			next++
		})
	}
	small, large := measure(100), measure(2100)
	require.Less(t, (large-small)/2000, 0.01, "%v for 100 items, %v for 2100", small, large)
	require.EqualValues(t, (runs+1)*2200, p.sum("spans_dropped")+p.sum("logs_dropped"), "they were dropped")
}
