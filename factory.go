// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"context"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/processor"

	"github.com/otelcol-correlation/correlationprocessor/internal/metadata"
)

// NewFactory returns the factory of the correlation processor.
func NewFactory() processor.Factory {
	f := &factory{engines: map[component.Config]*engine{}}
	return processor.NewFactory(
		metadata.Type,
		createDefaultConfig,
		processor.WithTraces(f.createTraces, metadata.TracesStability),
		processor.WithLogs(f.createLogs, metadata.LogsStability),
	)
}

// factory makes one engine for each configuration. The Collector makes a
// processor for each pipeline but hands all of them the same pointer to the
// component's configuration, so those with the same pointer belong together. It
// makes a new factory at each reload, so no engine outlives its configuration.
type factory struct {
	mu      sync.Mutex
	engines map[component.Config]*engine
}

func (f *factory) createTraces(_ context.Context, set processor.Settings, cfg component.Config, next consumer.Traces) (processor.Traces, error) {
	s, err := f.pipeline(set, cfg)
	if err != nil {
		return nil, err
	}
	s.nextTraces = next
	return s, nil
}

func (f *factory) createLogs(_ context.Context, set processor.Settings, cfg component.Config, next consumer.Logs) (processor.Logs, error) {
	s, err := f.pipeline(set, cfg)
	if err != nil {
		return nil, err
	}
	s.nextLogs = next
	return s, nil
}

// pipeline returns a new pipeline on the configuration's engine.
func (f *factory) pipeline(set processor.Settings, cfg component.Config) (*pipeline, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e, ok := f.engines[cfg]
	if !ok {
		var err error
		if e, err = newEngine(cfg.(*Config), set); err != nil {
			return nil, err
		}
		e.onLast = func() { f.forget(cfg) }
		f.engines[cfg] = e
	}
	return e.newPipeline(set)
}

// forget drops an engine all of whose pipelines have been shut down.
func (f *factory) forget(cfg component.Config) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.engines, cfg)
}
