// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"errors"
	"sync/atomic"

	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
)

// flow counts what goes into the processor and what the next components take of it, apart from what the processor
// says itself.
type flow struct{ spansSent, spansTaken, logsSent, logsTaken atomic.Int64 }

// countedTraces and countedLogs are the processor, as the component before it calls it.
type countedTraces struct {
	processor.Traces
	sent *atomic.Int64
}

func (c countedTraces) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	c.sent.Add(int64(td.SpanCount()))
	return c.Traces.ConsumeTraces(ctx, td)
}

type countedLogs struct {
	processor.Logs
	sent *atomic.Int64
}

func (c countedLogs) ConsumeLogs(ctx context.Context, ld plog.Logs) error {
	c.sent.Add(int64(ld.LogRecordCount()))
	return c.Logs.ConsumeLogs(ctx, ld)
}

// nextTraces and nextLogs are the next components. Of what they refuse in part they have taken the rest.
type nextTraces struct {
	consumer.Traces
	taken *atomic.Int64
}

func (n nextTraces) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	all := td.SpanCount()
	err := n.Traces.ConsumeTraces(ctx, td)
	var left consumererror.Traces
	switch {
	case err == nil:
		n.taken.Add(int64(all))
	case errors.As(err, &left):
		n.taken.Add(int64(all - left.Data().SpanCount()))
	}
	return err
}

type nextLogs struct {
	consumer.Logs
	taken *atomic.Int64
}

func (n nextLogs) ConsumeLogs(ctx context.Context, ld plog.Logs) error {
	all := ld.LogRecordCount()
	err := n.Logs.ConsumeLogs(ctx, ld)
	var left consumererror.Logs
	switch {
	case err == nil:
		n.taken.Add(int64(all))
	case errors.As(err, &left):
		n.taken.Add(int64(all - left.Data().LogRecordCount()))
	}
	return err
}
