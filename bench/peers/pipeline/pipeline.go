// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// Pipelines are a peer's processors, connected and started.
type Pipelines struct {
	// Traces and Logs take the data in; nil if the peer has no such pipeline.
	Traces consumer.Traces
	Logs   consumer.Logs
	// Out counts what comes out.
	Out Sink
	// Reader reads the metrics of the processors, which record them as in the
	// collector.
	Reader *sdkmetric.ManualReader

	built []component.Component // in the order they have to be started
}

// Sink counts what comes out and throws it away.
type Sink struct{ Spans, Logs atomic.Int64 }

// Capabilities are those of an exporter.
func (*Sink) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

// ConsumeTraces counts spans.
func (s *Sink) ConsumeTraces(_ context.Context, td ptrace.Traces) error {
	s.Spans.Add(int64(td.SpanCount()))
	return nil
}

// ConsumeLogs counts log records.
func (s *Sink) ConsumeLogs(_ context.Context, ld plog.Logs) error {
	s.Logs.Add(int64(ld.LogRecordCount()))
	return nil
}

// builder makes processors; one of the same id in two pipelines gets the same
// configuration, as in the collector.
type builder struct {
	*Pipelines
	factories map[component.Type]processor.Factory
	configs   map[component.ID]component.Config
	provider  *sdkmetric.MeterProvider
}

// Build makes the processors by the factories, connects and starts them.
func (c *Config) Build(ctx context.Context, factories []processor.Factory) (*Pipelines, error) {
	p := &Pipelines{Reader: sdkmetric.NewManualReader()}
	b := &builder{
		Pipelines: p,
		factories: map[component.Type]processor.Factory{},
		configs:   map[component.ID]component.Config{},
		provider:  sdkmetric.NewMeterProvider(sdkmetric.WithReader(p.Reader)),
	}
	for _, f := range factories {
		b.factories[f.Type()] = f
	}
	for id, raw := range c.Processors {
		if err := b.configure(id, raw); err != nil {
			return nil, fmt.Errorf("%s: %w", id, err)
		}
	}
	if err := b.connect(ctx, c); err != nil {
		return nil, err
	}
	for _, built := range p.built {
		if err := built.Start(ctx, componenttest.NewNopHost()); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (b *builder) configure(id component.ID, raw map[string]any) error {
	f, ok := b.factories[id.Type()]
	if !ok {
		return errors.New("no such processor here")
	}
	cfg := f.CreateDefaultConfig()
	if err := confmap.NewFromStringMap(raw).Unmarshal(cfg); err != nil {
		return err
	}
	b.configs[id] = cfg
	if v, ok := cfg.(interface{ Validate() error }); ok {
		return v.Validate()
	}
	return nil
}

func (b *builder) connect(ctx context.Context, c *Config) error {
	if c.Has("traces") {
		b.Traces = &b.Out
		for _, id := range slices.Backward(c.Service.Pipelines["traces"].Processors) {
			next, err := b.factories[id.Type()].CreateTraces(ctx, b.settings(id), b.configs[id], b.Traces)
			if err != nil {
				return fmt.Errorf("%s: %w", id, err)
			}
			b.Traces, b.built = next, append(b.built, next)
		}
	}
	if c.Has("logs") {
		b.Logs = &b.Out
		for _, id := range slices.Backward(c.Service.Pipelines["logs"].Processors) {
			next, err := b.factories[id.Type()].CreateLogs(ctx, b.settings(id), b.configs[id], b.Logs)
			if err != nil {
				return fmt.Errorf("%s: %w", id, err)
			}
			b.Logs, b.built = next, append(b.built, next)
		}
	}
	return nil
}

func (b *builder) settings(id component.ID) processor.Settings {
	set := componenttest.NewNopTelemetrySettings()
	set.MeterProvider = b.provider
	return processor.Settings{ID: id, TelemetrySettings: set, BuildInfo: component.NewDefaultBuildInfo()}
}

// Shutdown stops the processors, the first of a pipeline first.
func (p *Pipelines) Shutdown(ctx context.Context) error {
	var err error
	for _, built := range slices.Backward(p.built) {
		err = errors.Join(err, built.Shutdown(ctx))
	}
	return err
}
