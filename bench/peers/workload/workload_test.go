// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

func small() Spec {
	s := Default()
	s.Traces = 2000
	return s
}

func TestSameSpecSameBytes(t *testing.T) {
	a, err := New(small())
	require.NoError(t, err)
	b, err := New(small())
	require.NoError(t, err)
	require.Equal(t, a, b)
	other := small()
	other.Seed++
	c, err := New(other)
	require.NoError(t, err)
	assert.NotEqual(t, a.Batches[0].Data, c.Batches[0].Data)
}

// TestShape holds the traffic to what the documentation says of it.
func TestShape(t *testing.T) {
	w, err := New(Default())
	require.NoError(t, err)
	s := shapeOf(t, w)
	assert.Equal(t, w.Spans, s.spans)
	assert.Equal(t, w.Logs, s.logs)
	assert.InDelta(t, 8.1, float64(w.Spans)/15_000, 0.4, "spans a trace")
	assert.InDelta(t, 6.1, float64(w.Logs)/15_000, 0.4, "logs a trace")
	assert.InDelta(t, 550, s.spanBytes/float64(w.Spans), 60, "bytes a span")
	assert.InDelta(t, 360, s.logBytes/float64(w.Logs), 60, "bytes a log")
	assert.InDelta(t, 1.6, s.groupSize, 0.25, "spans of a trace and a resource that meet in a batch")
	assert.InDelta(t, 0.009, float64(s.failed)/15_000, 0.003, "failed traces")
	assert.InDelta(t, 0.05, float64(s.logsWithoutID-s.logsHidden)/float64(w.Logs), 0.01)
	assert.InDelta(t, 0.02, float64(s.logsHidden)/float64(w.Logs), 0.005)
	assert.InDelta(t, 11, s.attributes/float64(w.Spans), 1.5, "attributes a span")
}

type shape struct {
	spans, logs, failed       int
	logsWithoutID, logsHidden int
	spanBytes, logBytes       float64
	groupSize, attributes     float64
}

func shapeOf(t *testing.T, w *Workload) (s shape) {
	t.Helper()
	groups, spans := 0, 0
	w.each(func(b *Batch) {
		if b.Logs {
			ld, err := (&plog.ProtoUnmarshaler{}).UnmarshalLogs(b.Data)
			require.NoError(t, err)
			s.logs += ld.LogRecordCount()
			s.logBytes += float64(len(b.Data))
			s.logsHidden += len(b.Hex)
			eachLog(ld, func(lr plog.LogRecord) {
				if lr.TraceID().IsEmpty() {
					s.logsWithoutID++
				}
			})
			return
		}
		td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(b.Data)
		require.NoError(t, err)
		s.spans += td.SpanCount()
		s.spanBytes += float64(len(b.Data))
		seen := map[[2]any]bool{}
		eachSpan(td, func(resource int, sp ptrace.Span) {
			seen[[2]any{resource, sp.TraceID()}] = true
			s.attributes += float64(sp.Attributes().Len())
			if sp.Status().Code() == ptrace.StatusCodeError {
				s.failed++
			}
		})
		if b.Items > 300 {
			groups += len(seen)
			spans += b.Items
		}
	})
	s.groupSize = float64(spans) / float64(groups)
	return s
}

func eachSpan(td ptrace.Traces, fn func(resource int, s ptrace.Span)) {
	for i, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				fn(i, s)
			}
		}
	}
}

func eachLog(ld plog.Logs, fn func(plog.LogRecord)) {
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, lr := range sl.LogRecords().All() {
				fn(lr)
			}
		}
	}
}

// TestRewriteChangesEveryTraceID: no round may meet a trace of another.
func TestRewriteChangesEveryTraceID(t *testing.T) {
	w, err := New(small())
	require.NoError(t, err)
	m := RoundMask(3)
	w.each(func(b *Batch) {
		data := b.Rewrite(nil, m)
		require.Len(t, data, len(b.Data))
		if b.Logs {
			return
		}
		before, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(b.Data)
		require.NoError(t, err)
		after, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(data)
		require.NoError(t, err)
		var was []pcommon.TraceID
		eachSpan(before, func(_ int, s ptrace.Span) {
			id := s.TraceID()
			m.Apply(id[:])
			was = append(was, id)
		})
		eachSpan(after, func(_ int, s ptrace.Span) {
			require.Equal(t, was[0], s.TraceID())
			was = was[1:]
		})
	})
}

func TestRewriteIsItsOwnInverse(t *testing.T) {
	w, err := New(small())
	require.NoError(t, err)
	m := RoundMask(5)
	w.each(func(b *Batch) {
		once := b.Rewrite(nil, m)
		require.False(t, bytes.Equal(once, b.Data))
		again := *b
		again.Data = once
		require.Equal(t, b.Data, again.Rewrite(nil, m))
	})
}

// The shapes have the same items, and as many to a resource as their names say.
func TestShapes(t *testing.T) {
	items := map[string]int{}
	for name, want := range map[string][2]float64{"default": {10, 40}, "shredded": {1.5, 1.7}, "large": {300, 700}} {
		spec := Shapes()[name]
		spec.Traces = 3000
		w, err := New(spec)
		require.NoError(t, err)
		items[name] = w.Spans + w.Logs
		spans, resources := 0, 0
		for _, b := range w.Batches[:len(w.Batches)/2] {
			if !b.Logs {
				td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(b.Data)
				require.NoError(t, err)
				spans += td.SpanCount()
				resources += td.ResourceSpans().Len()
			}
		}
		each := float64(spans) / float64(resources)
		require.Greater(t, each, want[0], name)
		require.Less(t, each, want[1], name)
	}
	require.Equal(t, items["default"], items["shredded"])
	require.Equal(t, items["default"], items["large"])
}
