// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package telemetry sets up the OpenTelemetry SDK the way the demo's services use it.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/propagation"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

const (
	// queueSize is far above what a service emits in one export interval, so
	// that the SDK's queue never overflows: the demo compares what the services
	// sent with what came out, and must know the former exactly.
	queueSize = 1 << 16
	batchSize = 512
	interval  = 200 * time.Millisecond
)

// Config says who a service is and where its telemetry goes.
type Config struct {
	Service string
	Seed    uint64 // fixes the sequence of trace and span ids
	// Endpoints are host:port of OTLP gRPC receivers without TLS. Every record
	// goes to each of them: one is the collector, another may be a witness that
	// remembers what was really sent. None at all is fine.
	Endpoints []string
}

// Telemetry is a service's tracer and logger provider. The caller must Shutdown.
type Telemetry struct {
	Traces *sdktrace.TracerProvider
	Logs   *sdklog.LoggerProvider
}

// Start connects the providers. Exporters dial lazily: an endpoint that is down
// makes Shutdown fail, not Start.
func Start(ctx context.Context, cfg Config) (*Telemetry, error) {
	res := describe(cfg.Service)
	traces := []sdktrace.TracerProviderOption{
		sdktrace.WithResource(res),
		sdktrace.WithSampler(sdktrace.AlwaysSample()),
		sdktrace.WithIDGenerator(newIDs(cfg.Service, cfg.Seed)),
	}
	logs := []sdklog.LoggerProviderOption{sdklog.WithResource(res)}
	for _, endpoint := range cfg.Endpoints {
		spans, err := spanProcessor(ctx, endpoint)
		if err != nil {
			return nil, fmt.Errorf("span exporter for %s: %w", endpoint, err)
		}
		records, err := logProcessor(ctx, endpoint)
		if err != nil {
			return nil, fmt.Errorf("log exporter for %s: %w", endpoint, err)
		}
		traces = append(traces, sdktrace.WithSpanProcessor(spans))
		logs = append(logs, sdklog.WithProcessor(records))
	}
	return &Telemetry{
		Traces: sdktrace.NewTracerProvider(traces...),
		Logs:   sdklog.NewLoggerProvider(logs...),
	}, nil
}

// Shutdown flushes both signals and closes the exporters. Its error means that
// something which was recorded may not have been delivered.
func (t *Telemetry) Shutdown(ctx context.Context) error {
	return errors.Join(t.Traces.Shutdown(ctx), t.Logs.Shutdown(ctx))
}

// Propagator is the one all services agree on: W3C trace context.
func (*Telemetry) Propagator() propagation.TextMapPropagator {
	return propagation.TraceContext{}
}

func describe(service string) *resource.Resource {
	return resource.NewSchemaless(
		attribute.String("service.name", service),
		attribute.String("service.namespace", "otel-demo"),
		attribute.String("service.version", "1.0.0"),
	)
}

func spanProcessor(ctx context.Context, endpoint string) (sdktrace.SpanProcessor, error) {
	exporter, err := otlptracegrpc.New(ctx,
		otlptracegrpc.WithEndpoint(endpoint), otlptracegrpc.WithInsecure())
	if err != nil {
		return nil, err
	}
	return sdktrace.NewBatchSpanProcessor(exporter,
		sdktrace.WithBlocking(),
		sdktrace.WithMaxQueueSize(queueSize),
		sdktrace.WithMaxExportBatchSize(batchSize),
		sdktrace.WithBatchTimeout(interval)), nil
}

func logProcessor(ctx context.Context, endpoint string) (sdklog.Processor, error) {
	exporter, err := otlploggrpc.New(ctx,
		otlploggrpc.WithEndpoint(endpoint), otlploggrpc.WithInsecure())
	if err != nil {
		return nil, err
	}
	return sdklog.NewBatchProcessor(exporter,
		sdklog.WithMaxQueueSize(queueSize),
		sdklog.WithExportMaxBatchSize(batchSize),
		sdklog.WithExportInterval(interval)), nil
}
