// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"context"
	"fmt"
	"maps"
	"net"
	"sync"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	_ "google.golang.org/grpc/encoding/gzip" // the exporter compresses
)

// maxRequestBytes is above the largest request a test sends through.
const maxRequestBytes = 64 << 20

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
	server *grpc.Server
	addr   string

	mu    sync.Mutex
	items map[Signal]map[int64]Arrival
}

type traceServer struct {
	ptraceotlp.UnimplementedGRPCServer
	sink *Sink
}

type logServer struct {
	plogotlp.UnimplementedGRPCServer
	sink *Sink
}

// NewSink starts a sink on a free loopback port. Close it after use.
func NewSink() (*Sink, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("sink: %w", err)
	}
	s := &Sink{
		server: grpc.NewServer(grpc.MaxRecvMsgSize(maxRequestBytes)),
		addr:   listener.Addr().String(),
		items:  map[Signal]map[int64]Arrival{Spans: {}, Logs: {}},
	}
	ptraceotlp.RegisterGRPCServer(s.server, &traceServer{sink: s})
	plogotlp.RegisterGRPCServer(s.server, &logServer{sink: s})
	go func() { _ = s.server.Serve(listener) }() // ends with Close, which waits for it
	return s, nil
}

// Addr is where the sink listens, host:port.
func (s *Sink) Addr() string {
	return s.addr
}

// Close stops the server and all its connections.
func (s *Sink) Close() {
	s.server.Stop()
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

func (t *traceServer) Export(_ context.Context, request ptraceotlp.ExportRequest) (ptraceotlp.ExportResponse, error) {
	for _, resource := range request.Traces().ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				t.sink.record(Spans, KeyOf(span.StartTimestamp()), spanArrival(span))
			}
		}
	}
	return ptraceotlp.NewExportResponse(), nil
}

func (l *logServer) Export(_ context.Context, request plogotlp.ExportRequest) (plogotlp.ExportResponse, error) {
	for _, resource := range request.Logs().ResourceLogs().All() {
		for _, scope := range resource.ScopeLogs().All() {
			for _, record := range scope.LogRecords().All() {
				l.sink.record(Logs, KeyOf(record.Timestamp()), logArrival(record))
			}
		}
	}
	return plogotlp.NewExportResponse(), nil
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
