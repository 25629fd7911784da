// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package run

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/bench/peers/pipeline"
	"github.com/otelcol-correlation/correlationprocessor/bench/peers/workload"
)

// Driver sends rounds of the workload into a peer until it is told to stop.
type Driver struct {
	Load      *workload.Workload
	Peer      *pipeline.Pipelines
	Producers int
	Wait      time.Duration // traces are decided after it
	Rate      float64       // items per second of all producers; 0: as fast as they can
	Rounds    int           // 0: without end

	began       time.Time
	spans, logs atomic.Int64
	stop        atomic.Bool
}

// Items is how many were sent so far.
func (d *Driver) Items() int64 { return d.spans.Load() + d.logs.Load() }

// Run sends until stop is set or the rounds are done.
func (d *Driver) Run(ctx context.Context) error {
	d.began = time.Now()
	errs := make([]error, d.Producers)
	var all sync.WaitGroup
	for n := range d.Producers {
		all.Go(func() { errs[n] = d.produce(ctx, n) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// produce sends the n-th part of each round, and the late batches of rounds
// whose traces have been decided.
func (d *Driver) produce(ctx context.Context, n int) error {
	p := producer{Driver: d}
	var ends []time.Time // of the rounds whose late batches are still to come
	late := 0
	for round := 0; d.Rounds == 0 || round < d.Rounds; round++ {
		if err := p.send(ctx, d.Load.Batches, n, round); err != nil || d.stop.Load() {
			return err
		}
		ends = append(ends, time.Now())
		for len(ends) > 0 && time.Since(ends[0]) > d.Wait+time.Second {
			if err := p.send(ctx, d.Load.Late, n, late); err != nil {
				return err
			}
			ends, late = ends[1:], late+1
		}
	}
	return nil
}

// producer decodes batches as a receiver does and hands them to the peer.
type producer struct {
	*Driver
	buf []byte
}

func (p *producer) send(ctx context.Context, batches []workload.Batch, n, round int) error {
	mask := workload.RoundMask(round)
	for i := n; i < len(batches) && !p.stop.Load(); i += p.Producers {
		b := &batches[i]
		if b.Logs && p.Peer.Logs == nil || !b.Logs && p.Peer.Traces == nil {
			continue
		}
		p.pace()
		p.buf = b.Rewrite(p.buf[:0], mask)
		if err := p.consume(ctx, b); err != nil {
			return fmt.Errorf("round %d, batch %d: %w", round, i, err)
		}
	}
	return nil
}

func (p *producer) consume(ctx context.Context, b *workload.Batch) error {
	if b.Logs {
		ld, err := (&plog.ProtoUnmarshaler{}).UnmarshalLogs(p.buf)
		if err != nil {
			return err
		}
		p.logs.Add(int64(b.Items))
		return p.Peer.Logs.ConsumeLogs(ctx, ld)
	}
	td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(p.buf)
	if err != nil {
		return err
	}
	p.spans.Add(int64(b.Items))
	return p.Peer.Traces.ConsumeTraces(ctx, td)
}

// pace waits until the next batch is due.
func (p *producer) pace() {
	if p.Rate > 0 {
		due := p.began.Add(time.Duration(float64(p.Items()) / p.Rate * float64(time.Second)))
		time.Sleep(time.Until(due))
	}
}
