// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
)

// sink is where the collector sends what it keeps. It counts by trace.
type sink struct {
	server *grpc.Server
	addr   string

	spans, logs atomic.Int64
	last        atomic.Int64 // when the latest request came, ns

	wants  filter // what is counted by trace, too
	mu     sync.Mutex
	traces map[pcommon.TraceID]counts
}

// counts are the items of a trace.
type counts struct{ spans, logs int }

func (c counts) plus(d counts) counts { return counts{c.spans + d.spans, c.logs + d.logs} }

func newSink(wants filter) (*sink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sink{
		server: grpc.NewServer(grpc.MaxRecvMsgSize(256 << 20)), addr: l.Addr().String(),
		wants: wants, traces: map[pcommon.TraceID]counts{},
	}
	ptraceotlp.RegisterGRPCServer(s.server, &traceServer{sink: s})
	plogotlp.RegisterGRPCServer(s.server, &logServer{sink: s})
	go func() { _ = s.server.Serve(l) }() // ends with close
	return s, nil
}

func (s *sink) close() { s.server.Stop() }

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

type traceServer struct {
	ptraceotlp.UnimplementedGRPCServer
	*sink
}

func (s *traceServer) Export(_ context.Context, r ptraceotlp.ExportRequest) (ptraceotlp.ExportResponse, error) {
	td := r.Traces()
	eachSpan(td, func(f facts) { s.add(f, counts{spans: 1}) })
	s.spans.Add(int64(td.SpanCount()))
	s.last.Store(time.Now().UnixNano())
	return ptraceotlp.NewExportResponse(), nil
}

type logServer struct {
	plogotlp.UnimplementedGRPCServer
	*sink
}

func (s *logServer) Export(_ context.Context, r plogotlp.ExportRequest) (plogotlp.ExportResponse, error) {
	ld := r.Logs()
	eachLog(ld, func(f facts) { s.add(f, counts{logs: 1}) })
	s.logs.Add(int64(ld.LogRecordCount()))
	s.last.Store(time.Now().UnixNano())
	return plogotlp.NewExportResponse(), nil
}
