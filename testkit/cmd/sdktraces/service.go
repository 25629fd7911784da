// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"go.opentelemetry.io/contrib/bridges/otelslog"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// service has an SDK of its own.
type service struct {
	traces     *sdktrace.TracerProvider
	logs       *sdklog.LoggerProvider
	propagator propagation.TextMapPropagator
	tracer     trace.Tracer
	log        *slog.Logger
}

func newService(ctx context.Context, name, otlp string, p propagation.TextMapPropagator, batching func(sdktrace.SpanExporter) sdktrace.SpanProcessor, sampler sdktrace.Sampler) (*service, error) {
	spans, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(otlp+"/v1/traces"))
	if err != nil {
		return nil, err
	}
	records, err := otlploghttp.New(ctx, otlploghttp.WithEndpointURL(otlp+"/v1/logs"))
	if err != nil {
		return nil, err
	}
	res, err := resource.New(ctx, resource.WithTelemetrySDK(),
		resource.WithAttributes(attribute.String("service.name", name), attribute.String("service.version", "1.0.0")))
	if err != nil {
		return nil, err
	}
	s := &service{
		propagator: p,
		traces: sdktrace.NewTracerProvider(sdktrace.WithResource(res), sdktrace.WithSpanProcessor(batching(spans)),
			sdktrace.WithSampler(sdktrace.ParentBased(sampler))),
		logs: sdklog.NewLoggerProvider(sdklog.WithResource(res), sdklog.WithProcessor(sdklog.NewBatchProcessor(records))),
	}
	s.tracer = s.traces.Tracer("shop")
	s.log = slog.New(otelslog.NewHandler("shop", otelslog.WithLoggerProvider(s.logs)))
	return s, nil
}

// instrumentation is the SDK as otelhttp wants it.
func (s *service) instrumentation() []otelhttp.Option {
	return []otelhttp.Option{otelhttp.WithTracerProvider(s.traces), otelhttp.WithPropagators(s.propagator)}
}

// answers wraps a handler, unless it is to be bare.
func (s *service) answers(bare bool, h http.HandlerFunc) http.Handler {
	if bare {
		return h
	}
	return otelhttp.NewHandler(h, "server", s.instrumentation()...)
}

func (s *service) close(ctx context.Context) error {
	return errors.Join(s.traces.Shutdown(ctx), s.logs.Shutdown(ctx))
}
