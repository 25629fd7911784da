// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package sink receives OTLP and remembers what a check needs to know of each
// span and each log. One sink stands behind the collector and sees what came
// out; another is the witness of what the services really sent.
package sink

import (
	"context"
	"net"
	"sync"

	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
)

// Records is what a sink has received, in order of arrival.
type Records struct {
	Spans []Span
	Logs  []Log
}

// Sink is an OTLP gRPC receiver on loopback. The caller must Stop it.
type Sink struct {
	listener net.Listener
	server   *grpc.Server

	mu       sync.Mutex
	received Records
}

// Start listens on a free loopback port.
func Start() (*Sink, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Sink{listener: listener, server: grpc.NewServer()}
	ptraceotlp.RegisterGRPCServer(s.server, &traceService{sink: s})
	plogotlp.RegisterGRPCServer(s.server, &logService{sink: s})
	go func() { _ = s.server.Serve(listener) }() // ends with Stop
	return s, nil
}

// Endpoint is the host:port the sink listens on.
func (s *Sink) Endpoint() string { return s.listener.Addr().String() }

// Stop closes the listener and every connection.
func (s *Sink) Stop() { s.server.Stop() }

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
	return Records{
		Spans: append([]Span(nil), s.received.Spans...),
		Logs:  append([]Log(nil), s.received.Logs...),
	}
}

type traceService struct {
	ptraceotlp.UnimplementedGRPCServer
	sink *Sink
}

func (t *traceService) Export(_ context.Context, request ptraceotlp.ExportRequest) (ptraceotlp.ExportResponse, error) {
	spans := readSpans(request.Traces())
	t.sink.mu.Lock()
	defer t.sink.mu.Unlock()
	t.sink.received.Spans = append(t.sink.received.Spans, spans...)
	return ptraceotlp.NewExportResponse(), nil
}

type logService struct {
	plogotlp.UnimplementedGRPCServer
	sink *Sink
}

func (l *logService) Export(_ context.Context, request plogotlp.ExportRequest) (plogotlp.ExportResponse, error) {
	logs := readLogs(request.Logs())
	l.sink.mu.Lock()
	defer l.sink.mu.Unlock()
	l.sink.received.Logs = append(l.sink.received.Logs, logs...)
	return plogotlp.NewExportResponse(), nil
}
