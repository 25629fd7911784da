// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package otlp receives OTLP over gRPC and hands it to whoever wants it.
package otlp

import (
	"context"
	"fmt"
	"net"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	_ "google.golang.org/grpc/encoding/gzip" // the collector's exporter compresses
)

// Free is the address of a free port on loopback.
const Free = "127.0.0.1:0"

// maxRequestBytes is above the largest request of any test.
const maxRequestBytes = 256 << 20

// Sink is an OTLP receiver. It keeps nothing.
type Sink struct {
	server *grpc.Server
	addr   string
}

type (
	// TakeTraces takes the spans of one request; its error is the answer. Requests may
	// come at the same time.
	TakeTraces func(context.Context, ptrace.Traces) error
	// TakeLogs does the same with logs.
	TakeLogs func(context.Context, plog.Logs) error
)

// Listen starts a sink at the address. Close it after use.
func Listen(address string, traces TakeTraces, logs TakeLogs) (*Sink, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("sink: %w", err)
	}
	s := &Sink{server: grpc.NewServer(grpc.MaxRecvMsgSize(maxRequestBytes)), addr: listener.Addr().String()}
	ptraceotlp.RegisterGRPCServer(s.server, &traceServer{take: traces})
	plogotlp.RegisterGRPCServer(s.server, &logServer{take: logs})
	go func() { _ = s.server.Serve(listener) }() // ends with Close, which waits for it
	return s, nil
}

// Addr is where the sink listens, host:port.
func (s *Sink) Addr() string { return s.addr }

// Close stops the server and all its connections.
func (s *Sink) Close() { s.server.Stop() }

type traceServer struct {
	ptraceotlp.UnimplementedGRPCServer
	take TakeTraces
}

func (t *traceServer) Export(ctx context.Context, request ptraceotlp.ExportRequest) (ptraceotlp.ExportResponse, error) {
	return ptraceotlp.NewExportResponse(), t.take(ctx, request.Traces())
}

type logServer struct {
	plogotlp.UnimplementedGRPCServer
	take TakeLogs
}

func (l *logServer) Export(ctx context.Context, request plogotlp.ExportRequest) (plogotlp.ExportResponse, error) {
	return plogotlp.NewExportResponse(), l.take(ctx, request.Logs())
}
