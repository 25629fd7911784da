// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
)

// sendTimeout is for a request that nobody answers; an answer takes milliseconds.
const sendTimeout = 60 * time.Second

// reconnect has a sender find a receiver that is there again soon.
var reconnect = backoff.Config{BaseDelay: 20 * time.Millisecond, Multiplier: 1.2, MaxDelay: 100 * time.Millisecond}

// Sender sends over OTLP/gRPC. It never sends a request again: whatever it was
// not told to have arrived counts as not sent, though it may have arrived.
type Sender struct {
	conn   *grpc.ClientConn
	traces ptraceotlp.GRPCClient
	logs   plogotlp.GRPCClient
}

// NewSender makes a sender to an address, host:port. Close it after use.
func NewSender(address string) (*Sender, error) {
	// A balanced or retried request would blur what was acknowledged.
	conn, err := grpc.NewClient("passthrough:///"+address,
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDisableRetry(),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: reconnect, MinConnectTimeout: sendTimeout}))
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", address, err)
	}
	return &Sender{conn: conn, traces: ptraceotlp.NewGRPCClient(conn), logs: plogotlp.NewGRPCClient(conn)}, nil
}

// Close ends the connection.
func (s *Sender) Close() error {
	return s.conn.Close()
}

// SendTraces returns nil when the receiver has taken every span.
func (s *Sender) SendTraces(ctx context.Context, traces ptrace.Traces) error {
	response, err := s.traces.Export(ctx, ptraceotlp.NewExportRequestFromTraces(traces))
	if err != nil {
		return err
	}
	if n := response.PartialSuccess().RejectedSpans(); n > 0 {
		return fmt.Errorf("%d spans rejected: %s", n, response.PartialSuccess().ErrorMessage())
	}
	return nil
}

// SendLogs returns nil when the receiver has taken every log.
func (s *Sender) SendLogs(ctx context.Context, logs plog.Logs) error {
	response, err := s.logs.Export(ctx, plogotlp.NewExportRequestFromLogs(logs))
	if err != nil {
		return err
	}
	if n := response.PartialSuccess().RejectedLogRecords(); n > 0 {
		return fmt.Errorf("%d logs rejected: %s", n, response.PartialSuccess().ErrorMessage())
	}
	return nil
}

// Send sends one batch.
func (s *Sender) Send(ctx context.Context, batch Batch) error {
	if batch.Signal == Spans {
		return s.SendTraces(ctx, Traces(batch.Items))
	}
	return s.SendLogs(ctx, LogRecords(batch.Items))
}

// SendAll sends batches in their order by so many workers at once, until all
// are sent or one fails. It calls acknowledged, from one goroutine at a time,
// for each batch that the receiver has taken, and returns the first failure.
func (s *Sender) SendAll(ctx context.Context, batches []Batch, workers int, acknowledged func(Batch)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan Batch)
	var mu sync.Mutex
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for batch := range queue {
				if err := s.sendInTime(ctx, batch); err != nil {
					cancel(fmt.Errorf("send %d %v: %w", len(batch.Items), batch.Signal, err))
					continue
				}
				mu.Lock()
				acknowledged(batch)
				mu.Unlock()
			}
		})
	}
	feed(ctx, batches, queue)
	group.Wait()
	return context.Cause(ctx)
}

// sendInTime sends a batch with a limit of its own: an answer that is on its way
// when another request fails still counts.
func (s *Sender) sendInTime(ctx context.Context, batch Batch) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTimeout)
	defer cancel()
	return s.Send(ctx, batch)
}

// feed hands out batches until the context ends, then closes the queue.
func feed(ctx context.Context, batches []Batch, queue chan<- Batch) {
	defer close(queue)
	for _, batch := range batches {
		select {
		case queue <- batch:
		case <-ctx.Done():
			return
		}
	}
}
