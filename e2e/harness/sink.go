// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"context"
	"maps"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/testkit/otlp"
)

// Arrival is what the sink saw of one item.
type Arrival struct {
	Count      int // how often it came; more than once is a fault
	Trace      pcommon.TraceID
	TraceState string // of a span
	Attributes map[string]any
	Body       pcommon.ValueType // of a log
}

// Sink is an OTLP/gRPC server that remembers every item by its key.
type Sink struct {
	*otlp.Sink

	hinder atomic.Pointer[func(context.Context) error]

	mu    sync.Mutex
	items map[Signal]map[int64]Arrival
}

// NewSink starts a sink on a free loopback port. Close it after use.
func NewSink() (*Sink, error) {
	s := &Sink{items: map[Signal]map[int64]Arrival{Spans: {}, Logs: {}}}
	server, err := otlp.Listen(otlp.Free, s.takeTraces, s.takeLogs)
	if err != nil {
		return nil, err
	}
	s.Sink = server
	return s, nil
}

// Hinder has f called with each request before it is taken. Its error is the answer, and
// nothing of the request is taken then.
func (s *Sink) Hinder(f func(context.Context) error) { s.hinder.Store(&f) }

// admit reports what keeps a request from being taken.
func (s *Sink) admit(ctx context.Context) error {
	if hinder := s.hinder.Load(); hinder != nil {
		return (*hinder)(ctx)
	}
	return nil
}

// Arrived returns a copy of what came for a signal, by key.
func (s *Sink) Arrived(signal Signal) map[int64]Arrival {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.items[signal])
}

func (s *Sink) record(signal Signal, key int64, arrival Arrival) {
	s.mu.Lock()
	defer s.mu.Unlock()
	arrival.Count = s.items[signal][key].Count + 1
	s.items[signal][key] = arrival
}

func (s *Sink) takeTraces(ctx context.Context, traces ptrace.Traces) error {
	if err := s.admit(ctx); err != nil {
		return err
	}
	for _, resource := range traces.ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				s.record(Spans, KeyOf(span.StartTimestamp()), spanArrival(span))
			}
		}
	}
	return nil
}

func (s *Sink) takeLogs(ctx context.Context, logs plog.Logs) error {
	if err := s.admit(ctx); err != nil {
		return err
	}
	for _, resource := range logs.ResourceLogs().All() {
		for _, scope := range resource.ScopeLogs().All() {
			for _, record := range scope.LogRecords().All() {
				s.record(Logs, KeyOf(record.Timestamp()), logArrival(record))
			}
		}
	}
	return nil
}

func spanArrival(span ptrace.Span) Arrival {
	return Arrival{
		Trace:      span.TraceID(),
		TraceState: span.TraceState().AsRaw(),
		Attributes: span.Attributes().AsRaw(),
	}
}

func logArrival(record plog.LogRecord) Arrival {
	return Arrival{
		Trace:      record.TraceID(),
		Attributes: record.Attributes().AsRaw(),
		Body:       record.Body().Type(),
	}
}
