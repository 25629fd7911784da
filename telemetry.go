// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"context"
	"errors"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-correlation/correlationprocessor/internal/metadata"
	"github.com/otelcol-correlation/correlationprocessor/internal/route"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// telemetry is the engine's instruments. The deep packages return fates; here
// they are counted, per batch and not per item.
type telemetry struct {
	*metadata.TelemetryBuilder
	ruleNames []string
	policy    *sampling.Policy
	counts    bool // items by verdict, which says something only where traces are dropped
}

// reasons why an item was dropped.
const (
	dropSampling     = "sampling"
	dropExportFailed = "export_failed"
	dropCorrupt      = "corrupt"
)

func newTelemetry(set component.TelemetrySettings, e *engine) (*telemetry, error) {
	b, err := metadata.NewTelemetryBuilder(set)
	if err != nil {
		return nil, err
	}
	t := &telemetry{TelemetryBuilder: b, policy: e.rules.Policy(), counts: e.rules.Drops()}
	for _, r := range e.rules.Policy().Rules() {
		t.ruleNames = append(t.ruleNames, r.Name)
	}
	err = t.registerGauges(e)
	return t, err
}

func (t *telemetry) registerGauges(e *engine) error {
	gauge := func(read func(*tracebuffer.Buffer) int64) metric.Int64Callback {
		return func(_ context.Context, o metric.Int64Observer) error {
			if b := e.liveBuffer(); b != nil {
				o.Observe(read(b))
			}
			return nil
		}
	}
	return errors.Join(
		t.RegisterProcessorCorrelationSpansHeldCallback(gauge(func(b *tracebuffer.Buffer) int64 { return b.Held(tracebuffer.Span) })),
		t.RegisterProcessorCorrelationLogsHeldCallback(gauge(func(b *tracebuffer.Buffer) int64 { return b.Held(tracebuffer.Log) })),
		t.RegisterProcessorCorrelationBufferBytesCallback(gauge(func(b *tracebuffer.Buffer) int64 { return b.Bytes() + e.watcher.bytes() })),
		t.RegisterProcessorCorrelationBufferCompressedBytesCallback(gauge((*tracebuffer.Buffer).Compressed)),
		t.RegisterProcessorCorrelationBufferLimitBytesCallback(gauge(func(*tracebuffer.Buffer) int64 { return int64(e.cfg.MaxBytes) })),
		t.RegisterProcessorCorrelationEncodedByLibraryCallback(gauge(func(*tracebuffer.Buffer) int64 { return oneIf(e.encoding.ByLibrary()) })),
		t.RegisterProcessorCorrelationBufferTracesCallback(gauge(func(b *tracebuffer.Buffer) int64 { return int64(b.Traces()) })),
		t.RegisterProcessorCorrelationIntegrityBytesCallback(gauge(func(*tracebuffer.Buffer) int64 { return e.watcher.bytes() })),
		t.RegisterProcessorCorrelationIntegrityTracesCallback(gauge(func(*tracebuffer.Buffer) int64 { return e.watcher.traces() })),
		t.RegisterProcessorCorrelationRouteLimitCallback(gauge(func(*tracebuffer.Buffer) int64 { return int64(e.cfg.Routes.MaxRoutes) })),
		t.RegisterProcessorCorrelationVerdictsRememberedCallback(gauge(func(b *tracebuffer.Buffer) int64 { return int64(b.Remembered()) })),
		t.RegisterProcessorCorrelationRoutePatternsCallback(func(_ context.Context, o metric.Int64Observer) error {
			e.routes.Services(func(name string, s *route.Service) bool {
				o.Observe(int64(s.Patterns()), metric.WithAttributes(attribute.String("service.name", name)))
				return true
			})
			return nil
		}),
	)
}

func (t *telemetry) kept(sig tracebuffer.Signal, n int) {
	c := [...]metric.Int64Counter{t.ProcessorCorrelationSpansKept, t.ProcessorCorrelationLogsKept}[sig]
	c.Add(context.Background(), int64(n))
}

func (t *telemetry) refused(sig tracebuffer.Signal, n int) {
	c := [...]metric.Int64Counter{t.ProcessorCorrelationSpansRefused, t.ProcessorCorrelationLogsRefused}[sig]
	c.Add(context.Background(), int64(n))
}

func (t *telemetry) dropped(sig tracebuffer.Signal, reason string, n int) {
	c := [...]metric.Int64Counter{t.ProcessorCorrelationSpansDropped, t.ProcessorCorrelationLogsDropped}[sig]
	add(c, n, attribute.String("reason", reason))
}

func (t *telemetry) late(sig tracebuffer.Signal, outcome string, n int) {
	c := [...]metric.Int64Counter{t.ProcessorCorrelationSpansLate, t.ProcessorCorrelationLogsLate}[sig]
	add(c, n, attribute.String("outcome", outcome))
}

// foundByRequest counts logs whose trace was found by their request id.
func (t *telemetry) foundByRequest(n int) {
	add(t.ProcessorCorrelationLogsTraceIDExtracted, n, attribute.String("source", "request_id"), attribute.String("format", "request_id"))
}

func (t *telemetry) joined(n int) { add(t.ProcessorCorrelationLogsJoined, n) }

// drawn counts where randomness came from, which says something only where it
// decides.
func (t *telemetry) drawn(sig tracebuffer.Signal, d *rules.Randomizer) {
	signal := signalAttr(sig)
	add(t.ProcessorCorrelationThresholdsInconsistent, d.Inconsistent, signal)
	for source, n := range d.Sources {
		add(t.ProcessorCorrelationRandomness, n, signal, attribute.String("source", source))
	}
}

func signalAttr(sig tracebuffer.Signal) attribute.KeyValue {
	return attribute.String("signal", [...]string{"traces", "logs"}[sig])
}

func (t *telemetry) ruleErrors(failed map[sampling.Match]int) {
	for m, n := range failed {
		add(t.ProcessorCorrelationRuleErrors, n, attribute.String("rule", t.ruleNames[m]))
	}
}

// decided counts items by the verdict on their trace.
func (t *telemetry) decided(sig tracebuffer.Signal, keep bool, rule string, items int, bytes int64) {
	attrs := []attribute.KeyValue{signalAttr(sig), attribute.String("verdict", rules.VerdictName(keep)), attribute.String("rule", rule)}
	add(t.ProcessorCorrelationDecidedItems, items, attrs...)
	add(t.ProcessorCorrelationDecidedBytes, int(bytes), attrs...)
}

// evidenceLost counts items of traces kept for certain that were lost.
func (t *telemetry) evidenceLost(sig tracebuffer.Signal, reason string, rule sampling.Match, n int) {
	add(t.ProcessorCorrelationEvidenceLost, n, signalAttr(sig), attribute.String("cause", reason), attribute.String("rule", t.ruleNames[rule]))
}

// outcome counts what the buffer decided.
func (t *telemetry) outcome(out *tracebuffer.Outcome) {
	for sig, n := range out.Dropped {
		t.dropped(tracebuffer.Signal(sig), dropSampling, n)
	}
	if t.counts {
		for v, vol := range out.Decided {
			for sig, n := range vol.Items {
				t.decided(tracebuffer.Signal(sig), v.Keep, t.ruleNames[v.Rule], n, vol.Bytes[sig])
			}
		}
	}
	for d, n := range out.Decisions {
		add(t.ProcessorCorrelationDecisions, n,
			attribute.String("verdict", rules.VerdictName(d.Verdict.Keep)),
			attribute.String("rule", t.ruleNames[d.Verdict.Rule]),
			attribute.String("trigger", d.Trigger.String()))
		if d.Verdict.Keep {
			t.ProcessorCorrelationTracesAdjusted.Add(context.Background(), float64(n)*t.policy.Threshold(d.Verdict).AdjustedCount(),
				metric.WithAttributes(attribute.String("rule", t.ruleNames[d.Verdict.Rule])))
		}
	}
}

// oneIf is the value of a gauge that is 1 or 0.
func oneIf(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

// add counts n, unless it is 0: a series appears when it has something to say.
func add(c metric.Int64Counter, n int, attrs ...attribute.KeyValue) {
	if n != 0 {
		c.Add(context.Background(), int64(n), metric.WithAttributes(attrs...))
	}
}
