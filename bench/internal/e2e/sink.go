// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/testkit/otlp"
)

// sink is where the collector sends what it keeps. It counts by trace.
type sink struct {
	*otlp.Sink

	spans, logs atomic.Int64
	last        atomic.Int64 // when the latest request came, ns

	// stall says whether calls are left without an answer now; nil: never.
	stall func() bool

	wants  filter // what is counted by trace, too
	mu     sync.Mutex
	traces map[pcommon.TraceID]counts
}

// counts are the items of a trace.
type counts struct{ spans, logs int }

func (c counts) plus(d counts) counts { return counts{c.spans + d.spans, c.logs + d.logs} }

func newSink(wants filter) (*sink, error) {
	s := &sink{wants: wants, traces: map[pcommon.TraceID]counts{}}
	server, err := otlp.Listen(otlp.Free, s.takeTraces, s.takeLogs)
	if err != nil {
		return nil, err
	}
	s.Sink = server
	return s, nil
}

// quiet waits until nothing has come for so long.
func (s *sink) quiet(d time.Duration) {
	s.last.Store(time.Now().UnixNano())
	for {
		left := time.Until(time.Unix(0, s.last.Load()).Add(d))
		if left <= 0 {
			return
		}
		time.Sleep(left)
	}
}

func (s *sink) add(f facts, c counts) {
	if !s.wants(f) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.traces[f.trace] = s.traces[f.trace].plus(c)
}

// stalled leaves a call without an answer, until its sender gives up, if that is
// asked for. Nothing of it is taken.
func (s *sink) stalled(ctx context.Context) error {
	if s.stall == nil || !s.stall() {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

func (s *sink) takeTraces(ctx context.Context, td ptrace.Traces) error {
	if err := s.stalled(ctx); err != nil {
		return err
	}
	eachSpan(td, func(f facts) { s.add(f, counts{spans: 1}) })
	s.spans.Add(int64(td.SpanCount()))
	s.last.Store(time.Now().UnixNano())
	return nil
}

func (s *sink) takeLogs(ctx context.Context, ld plog.Logs) error {
	if err := s.stalled(ctx); err != nil {
		return err
	}
	eachLog(ld, func(f facts) { s.add(f, counts{logs: 1}) })
	s.logs.Add(int64(ld.LogRecordCount()))
	s.last.Store(time.Now().UnixNano())
	return nil
}
