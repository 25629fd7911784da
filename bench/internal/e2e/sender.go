// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"

	"github.com/otelcol-correlation/correlationprocessor/bench/peers/workload"
)

// sender sends rounds of the workload to a collector, each round whole.
type sender struct {
	load    *workload.Workload
	target  Target
	senders int
	rate    float64 // items per second; 0: as fast as the collector takes them
	// retries says whether what the collector does not take now is sent again.
	retries bool
	retried atomic.Int64 // calls
	// calls is held for reading by every call on its way: who holds it for
	// writing knows that there is none, and that none begins.
	calls sync.RWMutex

	began       time.Time
	spans, logs atomic.Int64 // acknowledged
	claimed     atomic.Int64 // items whose turn has come
	stop        atomic.Bool  // after the round at hand
	rounds      int          // sent whole
}

// raw sends bytes that are a message already.
type raw struct{}

func (raw) Name() string { return "proto" }

func (raw) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(v.([]byte))}, nil
}

func (raw) Unmarshal(mem.BufferSlice, any) error { return nil }

const (
	exportTraces = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
	exportLogs   = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
)

// run sends until stop is set.
func (s *sender) run(ctx context.Context, endpoint string) error {
	var conns []*grpc.ClientConn
	defer func() {
		for _, conn := range conns {
			_ = conn.Close() // all was acknowledged
		}
	}()
	for range s.senders {
		conn, err := grpc.NewClient(endpoint, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return err
		}
		conns = append(conns, conn)
	}
	s.began = time.Now()
	for !s.stop.Load() {
		if err := s.round(ctx, conns); err != nil {
			return err
		}
		s.rounds++
	}
	return nil
}

// round sends one round, each connection every n-th batch.
func (s *sender) round(ctx context.Context, conns []*grpc.ClientConn) error {
	errs := make([]error, len(conns))
	mask := workload.RoundMask(s.rounds)
	var all sync.WaitGroup
	for n, conn := range conns {
		all.Go(func() {
			var buf []byte
			for i := n; i < len(s.load.Batches) && errs[n] == nil; i += len(conns) {
				b := &s.load.Batches[i]
				if s.takes(b) {
					s.pace(b.Items)
					buf = b.Rewrite(buf[:0], mask)
					errs[n] = s.send(ctx, conn, b, buf)
				}
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("round %d: %w", s.rounds, err)
		}
	}
	return nil
}

func (s *sender) takes(b *workload.Batch) bool {
	if b.Logs {
		return s.target.takes("logs")
	}
	return s.target.takes("traces")
}

// retryAfter is how long a client waits before it sends a batch again.
const retryAfter = 50 * time.Millisecond

func (s *sender) send(ctx context.Context, conn *grpc.ClientConn, b *workload.Batch, data []byte) error {
	method, count := exportTraces, &s.spans
	if b.Logs {
		method, count = exportLogs, &s.logs
	}
	for {
		err := s.call(ctx, conn, method, data, b.Items, count)
		if !s.retries || status.Code(err) != codes.Unavailable {
			return err
		}
		s.retried.Add(1)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(retryAfter):
		}
	}
}

func (s *sender) call(ctx context.Context, conn *grpc.ClientConn, method string, data []byte, items int, count *atomic.Int64) error {
	s.calls.RLock()
	defer s.calls.RUnlock()
	if err := conn.Invoke(ctx, method, data, nil, grpc.ForceCodecV2(raw{})); err != nil {
		return err
	}
	count.Add(int64(items))
	return nil
}

// pace waits for the turn of so many items.
func (s *sender) pace(items int) {
	turn := s.claimed.Add(int64(items))
	if s.rate > 0 {
		time.Sleep(time.Until(s.began.Add(time.Duration(float64(turn) / s.rate * float64(time.Second)))))
	}
}

func (s *sender) items() int64 { return s.spans.Load() + s.logs.Load() }
