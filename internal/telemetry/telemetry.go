// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"context"
	"errors"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-correlation/correlationprocessor/internal/metadata"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
	"github.com/otelcol-correlation/correlationprocessor/internal/stamp"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// Instruments are the processor's instruments. The deep packages return fates; here
// they are counted, per batch and not per item. They are safe for concurrent use.
type Instruments struct {
	*metadata.TelemetryBuilder
	books     [2]*books // by signal
	ruleNames []string
	policy    *sampling.Policy
	counts    bool // items by verdict, which is of use only where traces are dropped
}

// The reasons for which items are dropped.
const (
	dropSampling     = "sampling"
	DropExportFailed = "export_failed"
	DropCorrupt      = "corrupt"
	DropShutdown     = "shutdown"
)

// Gauges are asked for their values when somebody reads the metrics. Before Ready
// returns true none of the others is called.
type Gauges struct {
	Ready func() bool
	// The memory of the buffer, in bytes.
	BufferBytes     func() int64
	CompressedBytes func() int64
	LimitBytes      func() int64
	// The records in files, in bytes, what the files have room for, the memory that was taken
	// because they were full, and when what an earlier process held was taken in again.
	// Without Stores none is looked at.
	Stores            bool
	StorageBytes      func() int64
	StorageLimitBytes func() int64
	StorageSpilled    func() int64
	Recovered         <-chan struct{} // closed when all of it was
	// The traces in the buffer.
	BufferTraces func() int64
	// Whether the OTLP library encodes records.
	EncodedByLibrary func() bool
	// The bytes and the traces of the integrity checks.
	IntegrityBytes  func() int64
	IntegrityTraces func() int64
	// The most patterns of a service, and the verdicts remembered.
	RouteLimit         func() int64
	VerdictsRemembered func() int64
	// RoutePatterns yields the number of patterns of each service.
	RoutePatterns func(yield func(service string, patterns int) bool)
	// KeysOverLimit yields the number of fingerprints that share a rate, by rule.
	KeysOverLimit func(yield func(rule string, keys int) bool)
}

// New returns instruments for decisions of the policy. With counts, items are counted
// by the verdict on their trace. It fails if the meter refuses an instrument.
func New(set component.TelemetrySettings, policy *sampling.Policy, counts bool, g *Gauges) (*Instruments, error) {
	b, err := metadata.NewTelemetryBuilder(set)
	if err != nil {
		return nil, err
	}
	t := &Instruments{TelemetryBuilder: b, policy: policy, counts: counts}
	for _, r := range policy.Rules() {
		t.ruleNames = append(t.ruleNames, Label(r.Name))
	}
	return t, errors.Join(t.openBooks(metadata.Meter(set)), t.registerGauges(g))
}

func (t *Instruments) registerGauges(g *Gauges) error {
	gauge := func(value func() int64) metric.Int64Callback {
		return func(_ context.Context, o metric.Int64Observer) error {
			if g.Ready() {
				o.Observe(value())
			}
			return nil
		}
	}
	var err error
	if g.Stores {
		err = errors.Join(
			t.RegisterProcessorCorrelationStorageBytesCallback(gauge(g.StorageBytes)),
			t.RegisterProcessorCorrelationStorageLimitBytesCallback(gauge(g.StorageLimitBytes)),
			t.RegisterProcessorCorrelationStorageSpilledCallback(gauge(g.StorageSpilled)),
			t.RegisterProcessorCorrelationStorageRecoveringCallback(gauge(func() int64 { return oneIf(!closed(g.Recovered)) })),
		)
	}
	return errors.Join(
		err,
		t.RegisterProcessorCorrelationBufferBytesCallback(gauge(g.BufferBytes)),
		t.RegisterProcessorCorrelationBufferCompressedBytesCallback(gauge(g.CompressedBytes)),
		t.RegisterProcessorCorrelationBufferLimitBytesCallback(gauge(g.LimitBytes)),
		t.RegisterProcessorCorrelationBufferTracesCallback(gauge(g.BufferTraces)),
		t.RegisterProcessorCorrelationEncodedByLibraryCallback(gauge(func() int64 { return oneIf(g.EncodedByLibrary()) })),
		t.RegisterProcessorCorrelationIntegrityBytesCallback(gauge(g.IntegrityBytes)),
		t.RegisterProcessorCorrelationIntegrityTracesCallback(gauge(g.IntegrityTraces)),
		t.RegisterProcessorCorrelationRouteLimitCallback(gauge(g.RouteLimit)),
		t.RegisterProcessorCorrelationVerdictsRememberedCallback(gauge(g.VerdictsRemembered)),
		t.RegisterProcessorCorrelationRoutePatternsCallback(func(_ context.Context, o metric.Int64Observer) error {
			for service, n := range g.RoutePatterns {
				o.Observe(int64(n), metric.WithAttributes(serviceLabel(Label(service))))
			}
			return nil
		}),
		t.RegisterProcessorCorrelationSamplerKeysOverLimitCallback(func(_ context.Context, o metric.Int64Observer) error {
			for rule, n := range g.KeysOverLimit {
				o.Observe(int64(n), metric.WithAttributes(attribute.String("rule", Label(rule))))
			}
			return nil
		}),
	)
}

// DroppedAlone counts records without a trace id that the rule dropped.
func (t *Instruments) DroppedAlone(sig tracebuffer.Signal, rule string, n int) {
	reason := dropSampling
	if rule == stamp.RuleMissing {
		reason = stamp.RuleMissing
	}
	t.Dropped(sig, reason, n)
}

func (t *Instruments) late(sig tracebuffer.Signal, outcome string, n int) {
	c := [...]metric.Int64Counter{t.ProcessorCorrelationSpansLate, t.ProcessorCorrelationLogsLate}[sig]
	add(c, n, attribute.String("outcome", outcome))
}

// Identified counts a service's log records that have a trace id, wherever it was found.
// They and those that are missing one are all that were looked at: of what is received
// some is refused, and some has not been looked at yet.
func (t *Instruments) Identified(svc *Service, n int) {
	if n != 0 {
		t.ProcessorCorrelationLogsWithTraceID.Add(context.Background(), int64(n), svc.Only)
	}
}

// FoundByRequest counts logs whose trace was found by their request id.
func (t *Instruments) FoundByRequest(n int) {
	add(t.ProcessorCorrelationLogsTraceIDExtracted, n, attribute.String("source", "request_id"), attribute.String("format", "request_id"))
}

// Redelivered counts recovered records that the next component may get a second time.
func (t *Instruments) Redelivered(sig tracebuffer.Signal, n int) {
	add([...]metric.Int64Counter{t.ProcessorCorrelationSpansRedelivered, t.ProcessorCorrelationLogsRedelivered}[sig], n)
}

// Damaged counts parts of the storage that could not be read.
func (t *Instruments) Damaged(n int) { add(t.ProcessorCorrelationStorageDamaged, n) }

// SyncFailed counts a time that the storage could not be written to its device.
func (t *Instruments) SyncFailed() { add(t.ProcessorCorrelationStorageSyncErrors, 1) }

// Joined counts logs that got attributes of their spans.
func (t *Instruments) Joined(n int) { add(t.ProcessorCorrelationLogsJoined, n) }

// Drawn counts the sources of randomness, and the thresholds that contradicted it.
func (t *Instruments) Drawn(sig tracebuffer.Signal, d *stamp.Randomizer) {
	signal := signalAttr(sig)
	add(t.ProcessorCorrelationThresholdsInconsistent, d.Inconsistent, signal)
	for source, n := range d.Sources {
		add(t.ProcessorCorrelationRandomness, n, signal, attribute.String("source", source))
	}
}

// Stamped counts the items on which a threshold could not be noted.
func (t *Instruments) Stamped(sig tracebuffer.Signal, st *stamp.Stamper) {
	for why, n := range st.Unwritten {
		add(t.ProcessorCorrelationThresholdsUnwritten, n, signalAttr(sig), attribute.String("reason", why))
	}
}

func signalAttr(sig tracebuffer.Signal) attribute.KeyValue {
	return attribute.String("signal", [...]string{"traces", "logs"}[sig])
}

// RuleErrors counts conditions that could not be evaluated, by rule.
func (t *Instruments) RuleErrors(failed map[sampling.Match]int) {
	for m, n := range failed {
		add(t.ProcessorCorrelationRuleErrors, n, attribute.String("rule", t.ruleNames[m]))
	}
}

// Decided counts items by the verdict on their trace.
func (t *Instruments) Decided(sig tracebuffer.Signal, keep bool, rule string, items int, bytes int64) {
	attrs := []attribute.KeyValue{signalAttr(sig), attribute.String("verdict", stamp.VerdictName(keep)), attribute.String("rule", rule)}
	add(t.ProcessorCorrelationDecidedItems, items, attrs...)
	add(t.ProcessorCorrelationDecidedBytes, int(bytes), attrs...)
}

// EvidenceLost counts items of traces kept for certain that were lost.
func (t *Instruments) EvidenceLost(sig tracebuffer.Signal, reason string, rule sampling.Match, n int) {
	add(t.ProcessorCorrelationEvidenceLost, n, signalAttr(sig), attribute.String("cause", reason), attribute.String("rule", t.ruleNames[rule]))
}

// Outcome counts what the buffer decided.
func (t *Instruments) Outcome(out *tracebuffer.Outcome) {
	for sig, n := range out.Dropped {
		t.Dropped(tracebuffer.Signal(sig), dropSampling, n)
	}
	add(t.ProcessorCorrelationHindsightForgotten, out.Forgotten)
	if t.counts {
		for v, vol := range out.Decided {
			for sig, n := range vol.Items {
				t.Decided(tracebuffer.Signal(sig), v.Keep, t.ruleNames[v.Rule], n, vol.Bytes[sig])
			}
		}
	}
	for d, n := range out.Decisions {
		add(t.ProcessorCorrelationDecisions, n,
			attribute.String("verdict", stamp.VerdictName(d.Verdict.Keep)),
			attribute.String("rule", t.ruleNames[d.Verdict.Rule]),
			attribute.String("trigger", d.Trigger.String()))
		if d.Verdict.Keep {
			t.ProcessorCorrelationTracesAdjusted.Add(context.Background(), float64(n)*t.policy.Threshold(d.Verdict).AdjustedCount(),
				metric.WithAttributes(attribute.String("rule", t.ruleNames[d.Verdict.Rule])))
		}
	}
}

// RuleName is what a rule of the policy is called in telemetry.
func (t *Instruments) RuleName(m sampling.Match) string { return t.ruleNames[m] }

// oneIf is the value of a gauge that is 1 or 0.
func oneIf(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// add counts n, unless it is 0: a series appears with its first item.
func add(c metric.Int64Counter, n int, attrs ...attribute.KeyValue) {
	addIn(context.Background(), c, n, attrs...)
}

// addIn does the same in the context of an exemplar.
func addIn(ctx context.Context, c metric.Int64Counter, n int, attrs ...attribute.KeyValue) {
	if n != 0 {
		c.Add(ctx, int64(n), metric.WithAttributes(attrs...))
	}
}
