// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-correlation/correlationprocessor/internal/integrity"
)

// Findings counts what a report of the integrity checks holds, each finding under its
// own metric. The report stays as it is.
func (t *Instruments) Findings(svcs *Services, r *integrity.Report) {
	for f, n := range r.Counts() {
		t.finding(svcs, f, n)
	}
	for _, a := range r.Skews {
		recordSeconds(t.ProcessorCorrelationSpanClockSkew, a.Age, svcs.number(a.Service).Labels...)
	}
	for _, a := range r.Late {
		signal := signalTraces
		if a.Signal == integrity.KindLog {
			signal = signalLogs
		}
		recordSeconds(t.ProcessorCorrelationLateItemAge, a.Age, svcs.number(a.Service).With(signal)...)
	}
}

func recordSeconds(h metric.Float64Histogram, d time.Duration, attrs ...attribute.KeyValue) {
	h.Record(context.Background(), d.Seconds(), metric.WithAttributes(attrs...))
}

var (
	signalTraces = attribute.String("signal", "traces")
	signalLogs   = attribute.String("signal", "logs")
)

func (t *Instruments) finding(svcs *Services, f integrity.Finding, n int) {
	svc := svcs.number(f.Service)
	reason := attribute.String("reason", f.Reason.String())
	sampled := attribute.String("sampled", f.Reason.String())
	kind := attribute.String("kind", f.Kind.String())
	switch f.What {
	case integrity.TracesChecked:
		add(t.ProcessorCorrelationTracesChecked, n, svc.With(attribute.String("root", rootName(f.Kind)))...)
	case integrity.TracesUnchecked:
		add(t.ProcessorCorrelationTracesUnchecked, n, svc.With(reason)...)
	case integrity.TracesRootless:
		add(t.ProcessorCorrelationTracesRootless, n, svc.With(attribute.String("parent", f.Reason.String()))...)
	case integrity.TracesMultiRoot:
		add(t.ProcessorCorrelationTracesMultiRoot, n, svc.Labels...)
	case integrity.TracesDisconnected:
		add(t.ProcessorCorrelationTracesDisconnected, n, svc.Labels...)
	case integrity.TracesWithoutLogs:
		add(t.ProcessorCorrelationTracesWithoutLogs, n, svc.Labels...)
	case integrity.LogsWithoutSpans:
		add(t.ProcessorCorrelationLogsWithoutSpans, n, svc.With(sampled)...)
	case integrity.SpansOrphan:
		add(t.ProcessorCorrelationSpansOrphan, n, svc.With(kind)...)
	case integrity.SpansRemoteParentUnseen:
		add(t.ProcessorCorrelationSpansRemoteParentUnseen, n, svc.With(kind)...)
	case integrity.SpansDuplicateID:
		add(t.ProcessorCorrelationSpansDuplicateID, n, svc.With(reason)...)
	case integrity.ClientSpans:
		add(t.ProcessorCorrelationClientSpans, n, svc.With(peerLabel(svcs, f.Peer))...)
	case integrity.ClientWithoutServer:
		add(t.ProcessorCorrelationClientWithoutServer, n, svc.With(peerLabel(svcs, f.Peer))...)
	case integrity.TracesWithLogs:
		add(t.ProcessorCorrelationTracesWithLogs, n, svc.With(sampled)...)
	case integrity.LogSpans:
		add(t.ProcessorCorrelationLogSpans, n, svc.With(sampled)...)
	case integrity.LogSpanDangling:
		add(t.ProcessorCorrelationLogSpanDangling, n, svc.With(sampled)...)
	case integrity.PropagationBroken:
		add(t.ProcessorCorrelationPropagationBroken, n, svc.With(reason)...)
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
