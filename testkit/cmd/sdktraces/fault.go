// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"

	"go.opentelemetry.io/contrib/propagators/b3"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// fault is a way to instrument the shop.
type fault struct {
	name string
	// frontSends and ordersReads are the propagators of the two ends of the call.
	frontSends, ordersReads propagation.TextMapPropagator
	// bareClient: front calls with a client that is not instrumented.
	bareClient bool
	// bareServer: orders answers with a handler that is not instrumented.
	bareServer bool
	// leakSpan: orders starts a span around its work and never ends it.
	leakSpan bool
	// loseContext: orders does a part of its work in a goroutine, with a fresh
	// context.
	loseContext bool
	// queue is the size of orders' export queue, 0 the default, and exportTime
	// how long an export takes.
	queue      int
	exportTime time.Duration
	// unsampled: front's sampler drops every trace.
	unsampled bool
}

// faults are all recordings, the first without a fault.
func faults() []fault {
	w3c := propagation.TraceContext{}
	b3s := b3.New(b3.WithInjectEncoding(b3.B3SingleHeader))
	nothing := propagation.NewCompositeTextMapPropagator()
	return []fault{
		{name: "whole", frontSends: w3c, ordersReads: w3c},
		{name: "propagator_unset", frontSends: nothing, ordersReads: nothing},
		{name: "b3_on_one_side", frontSends: b3s, ordersReads: w3c},
		{name: "client_not_wrapped", frontSends: w3c, ordersReads: w3c, bareClient: true},
		{name: "server_not_wrapped", frontSends: w3c, ordersReads: w3c, bareServer: true},
		{name: "span_never_ended", frontSends: w3c, ordersReads: w3c, leakSpan: true},
		{name: "context_lost", frontSends: w3c, ordersReads: w3c, loseContext: true},
		{name: "queue_overflow", frontSends: w3c, ordersReads: w3c, queue: 4, exportTime: 200 * time.Millisecond},
		{name: "not_sampled", frontSends: w3c, ordersReads: w3c, unsampled: true},
	}
}

// batching is how spans are exported.
func (f fault) batching() func(sdktrace.SpanExporter) sdktrace.SpanProcessor {
	return func(out sdktrace.SpanExporter) sdktrace.SpanProcessor {
		if f.queue == 0 {
			return sdktrace.NewBatchSpanProcessor(out)
		}
		// What does not fit in the queue is dropped, without an error.
		return sdktrace.NewBatchSpanProcessor(slow{out, f.exportTime},
			sdktrace.WithMaxQueueSize(f.queue), sdktrace.WithMaxExportBatchSize(f.queue))
	}
}

func (f fault) sampler() sdktrace.Sampler {
	if f.unsampled {
		return sdktrace.NeverSample()
	}
	return sdktrace.AlwaysSample()
}

// slow is an exporter that takes its time.
type slow struct {
	sdktrace.SpanExporter
	takes time.Duration
}

func (s slow) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	time.Sleep(s.takes)
	return s.SpanExporter.ExportSpans(ctx, spans)
}
