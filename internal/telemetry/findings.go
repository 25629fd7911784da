// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"context"
	"encoding/binary"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelcol-correlation/correlationprocessor/internal/integrity"
)

// Findings counts what a report of the integrity checks holds, each finding under its
// own metric. The report stays as it is.
func (t *Instruments) Findings(svcs *Services, r *integrity.Report) {
	for f, n := range r.Counts() {
		t.finding(exemplar(r.Example(f)), svcs, f, n)
	}
	for _, a := range r.Skews {
		recordSeconds(t.ProcessorCorrelationSpanClockSkew, &a, svcs.number(a.Service).Labels...)
	}
	for _, a := range r.Late {
		signal := signalTraces
		if a.Signal == integrity.KindLog {
			signal = signalLogs
		}
		recordSeconds(t.ProcessorCorrelationLateItemAge, &a, svcs.number(a.Service).With(signal)...)
	}
}

func recordSeconds(h metric.Float64Histogram, a *integrity.Age, attrs ...attribute.KeyValue) {
	h.Record(exemplar(a.Of), a.Age.Seconds(), metric.WithAttributes(attrs...))
}

var (
	signalTraces = attribute.String("signal", "traces")
	signalLogs   = attribute.String("signal", "logs")
)

// exemplar is the context of a measurement of which the item is an example: the SDK
// takes the ids of an exemplar from the span that is active, if it is sampled. Without a
// trace id there is nothing to be found, and no exemplar.
func exemplar(at integrity.Example) context.Context {
	if at.High|at.Low == 0 {
		return context.Background()
	}
	cfg := trace.SpanContextConfig{TraceFlags: trace.FlagsSampled}
	binary.BigEndian.PutUint64(cfg.TraceID[:8], at.High)
	binary.BigEndian.PutUint64(cfg.TraceID[8:], at.Low)
	binary.BigEndian.PutUint64(cfg.SpanID[:], at.Span)
	return trace.ContextWithSpanContext(context.Background(), trace.NewSpanContext(cfg))
}

func (t *Instruments) finding(ctx context.Context, svcs *Services, f integrity.Finding, n int) {
	svc := svcs.number(f.Service)
	reason := attribute.String("reason", f.Reason.String())
	sampled := attribute.String("sampled", f.Reason.String())
	kind := attribute.String("kind", f.Kind.String())
	switch f.What {
	case integrity.TracesChecked:
		addIn(ctx, t.ProcessorCorrelationTracesChecked, n, svc.With(attribute.String("root", rootName(f.Kind)))...)
	case integrity.TracesUnchecked:
		addIn(ctx, t.ProcessorCorrelationTracesUnchecked, n, svc.With(reason)...)
	case integrity.TracesRootless:
		addIn(ctx, t.ProcessorCorrelationTracesRootless, n, svc.With(attribute.String("parent", f.Reason.String()))...)
	case integrity.TracesMultiRoot:
		addIn(ctx, t.ProcessorCorrelationTracesMultiRoot, n, svc.Labels...)
	case integrity.TracesDisconnected:
		addIn(ctx, t.ProcessorCorrelationTracesDisconnected, n, svc.Labels...)
	case integrity.TracesWithoutLogs:
		addIn(ctx, t.ProcessorCorrelationTracesWithoutLogs, n, svc.Labels...)
	case integrity.LogsWithoutSpans:
		addIn(ctx, t.ProcessorCorrelationLogsWithoutSpans, n, svc.With(sampled)...)
	case integrity.SpansOrphan:
		addIn(ctx, t.ProcessorCorrelationSpansOrphan, n, svc.With(kind)...)
	case integrity.SpansRemoteParentUnseen:
		addIn(ctx, t.ProcessorCorrelationSpansRemoteParentUnseen, n, svc.With(kind)...)
	case integrity.SpansDuplicateID:
		addIn(ctx, t.ProcessorCorrelationSpansDuplicateID, n, svc.With(reason)...)
	case integrity.ClientSpans:
		addIn(ctx, t.ProcessorCorrelationClientSpans, n, svc.With(peerLabel(svcs, f.Peer))...)
	case integrity.ClientWithoutServer:
		addIn(ctx, t.ProcessorCorrelationClientWithoutServer, n, svc.With(peerLabel(svcs, f.Peer))...)
	case integrity.TracesWithLogs:
		addIn(ctx, t.ProcessorCorrelationTracesWithLogs, n, svc.With(sampled)...)
	case integrity.LogSpans:
		addIn(ctx, t.ProcessorCorrelationLogSpans, n, svc.With(sampled)...)
	case integrity.LogSpanDangling:
		addIn(ctx, t.ProcessorCorrelationLogSpanDangling, n, svc.With(sampled)...)
	case integrity.PropagationBroken:
		addIn(ctx, t.ProcessorCorrelationPropagationBroken, n, svc.With(reason)...)
	}
}

// rootName is the kind of a trace's root.
func rootName(k integrity.Kind) string {
	if k == integrity.KindLog {
		return "none"
	}
	return k.String()
}

func peerLabel(svcs *Services, name uint16) attribute.KeyValue {
	return attribute.String("peer", svcs.nameOf(name))
}
