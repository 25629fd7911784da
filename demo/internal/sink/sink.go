// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package sink receives OTLP and remembers what a check needs to know of each
// span and each log. One sink stands behind the collector and sees what came
// out; another is the witness of what the services really sent.
package sink

import (
	"context"
	"slices"
	"sync"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/testkit/otlp"
)

// Records is what a sink has received, in order of arrival.
type Records struct {
	Spans []Span
	Logs  []Log
}

// Sink is an OTLP gRPC receiver on loopback. The caller must Close it.
type Sink struct {
	*otlp.Sink

	mu       sync.Mutex
	received Records
}

// Start listens on a free loopback port.
func Start() (*Sink, error) {
	s := new(Sink)
	server, err := otlp.Listen(otlp.Free, s.takeTraces, s.takeLogs)
	if err != nil {
		return nil, err
	}
	s.Sink = server
	return s, nil
}

// Counts tells how many spans and logs have come so far.
func (s *Sink) Counts() (spans, logs int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.received.Spans), len(s.received.Logs)
}

// Records is a copy of all that has come so far.
func (s *Sink) Records() Records {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Records{Spans: slices.Clone(s.received.Spans), Logs: slices.Clone(s.received.Logs)}
}

func (s *Sink) takeTraces(_ context.Context, traces ptrace.Traces) error {
	spans := readSpans(traces)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.received.Spans = append(s.received.Spans, spans...)
	return nil
}

func (s *Sink) takeLogs(_ context.Context, logs plog.Logs) error {
	read := readLogs(logs)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.received.Logs = append(s.received.Logs, read...)
	return nil
}
