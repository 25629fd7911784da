// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"context"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-correlation/correlationprocessor/internal/integrity"
	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// watchSpan gathers what the examination of the span's trace needs, and counts
// what the span shows alone.
func (b *batch) watchSpan(svc *service, s ptrace.Span, v *record.Span) {
	if b.pipe.engine.cfg.Telemetry.SpanTimes {
		if why := spanTime(b.now.UnixNano(), s); why != "" {
			b.tally.badTime(svc, why)
		}
	}
	it, ok := b.pipe.engine.watcher.span(b.now, svc, s, v, &b.peers)
	if !ok {
		return
	}
	if state := s.TraceState().AsRaw(); state != "" {
		it.Randomness = randomnessKey(state)
		if !sampling.StateConsistent(state, sampling.IDRandomness(s.TraceID())) {
			b.broken(svc, integrity.ThresholdInconsistent)
		}
	}
	if b.pipe.engine.links.contradicts(&v.Header, s.TraceID()) {
		b.broken(svc, integrity.HeaderMismatch)
	}
	b.watched = append(b.watched, it)
}

// watchLog does for a log record what watchSpan does for a span.
func (b *batch) watchLog(svc *service, res pcommon.Resource, lr plog.LogRecord, v *record.Log) {
	it, ok := b.pipe.engine.watcher.log(svc, res, lr, v)
	if !ok {
		return
	}
	if b.pipe.engine.links.contradicts(&v.Header, lr.TraceID()) {
		b.broken(svc, integrity.HeaderMismatch)
	}
	b.watched = append(b.watched, it)
}

// watchTraces hands the batch's links over.
func (b *batch) watchTraces() {
	if b.pipe.engine.watcher.watch == nil {
		return
	}
	b.pipe.engine.watcher.watch.Add(b.now, b.watched, &b.found)
	b.pipe.engine.telemetry.findings(b.pipe.engine.services, &b.found)
}

// examine examines the traces that are due.
func (e *engine) examine(now time.Time) {
	if e.watcher.watch == nil {
		return
	}
	e.watcher.watch.Expire(now, &e.found)
	e.telemetry.findings(e.services, &e.found)
	e.found.Reset()
}

// stopWatching ends the examination: traces whose window is open cannot be judged.
func (e *engine) stopWatching() {
	if e.watcher.watch == nil {
		return
	}
	e.watcher.watch.Flush(&e.found)
	e.telemetry.findings(e.services, &e.found)
	e.found.Reset()
}

// findings counts what a report holds.
func (t *telemetry) findings(svcs *services, r *integrity.Report) {
	for f, n := range r.Counts() {
		t.finding(svcs, f, n)
	}
	for _, a := range r.Skews {
		recordSeconds(t.ProcessorCorrelationSpanClockSkew, a.Age, svcs.number(a.Service).labels...)
	}
	for _, a := range r.Late {
		signal := signalTraces
		if a.Signal == integrity.KindLog {
			signal = signalLogs
		}
		recordSeconds(t.ProcessorCorrelationLateItemAge, a.Age, svcs.number(a.Service).with(signal)...)
	}
}

func recordSeconds(h metric.Float64Histogram, d time.Duration, attrs ...attribute.KeyValue) {
	h.Record(context.Background(), d.Seconds(), metric.WithAttributes(attrs...))
}

var (
	signalTraces = attribute.String("signal", "traces")
	signalLogs   = attribute.String("signal", "logs")
)

func (t *telemetry) finding(svcs *services, f integrity.Finding, n int) {
	svc := svcs.number(f.Service)
	reason := attribute.String("reason", f.Reason.String())
	sampled := attribute.String("sampled", f.Reason.String())
	kind := attribute.String("kind", f.Kind.String())
	switch f.What {
	case integrity.TracesChecked:
		add(t.ProcessorCorrelationTracesChecked, n, svc.with(attribute.String("root", rootName(f.Kind)))...)
	case integrity.TracesUnchecked:
		add(t.ProcessorCorrelationTracesUnchecked, n, svc.with(reason)...)
	case integrity.TracesRootless:
		add(t.ProcessorCorrelationTracesRootless, n, svc.with(attribute.String("parent", f.Reason.String()))...)
	case integrity.TracesMultiRoot:
		add(t.ProcessorCorrelationTracesMultiRoot, n, svc.labels...)
	case integrity.TracesDisconnected:
		add(t.ProcessorCorrelationTracesDisconnected, n, svc.labels...)
	case integrity.TracesWithoutLogs:
		add(t.ProcessorCorrelationTracesWithoutLogs, n, svc.labels...)
	case integrity.LogsWithoutSpans:
		add(t.ProcessorCorrelationLogsWithoutSpans, n, svc.with(sampled)...)
	case integrity.SpansOrphan:
		add(t.ProcessorCorrelationSpansOrphan, n, svc.with(kind)...)
	case integrity.SpansRemoteParentUnseen:
		add(t.ProcessorCorrelationSpansRemoteParentUnseen, n, svc.with(kind)...)
	case integrity.SpansDuplicateID:
		add(t.ProcessorCorrelationSpansDuplicateID, n, svc.with(reason)...)
	case integrity.ClientSpans:
		add(t.ProcessorCorrelationClientSpans, n, svc.with(peerLabel(svcs, f.Peer))...)
	case integrity.ClientWithoutServer:
		add(t.ProcessorCorrelationClientWithoutServer, n, svc.with(peerLabel(svcs, f.Peer))...)
	case integrity.LogSpans:
		add(t.ProcessorCorrelationLogSpans, n, svc.with(sampled)...)
	case integrity.LogSpanDangling:
		add(t.ProcessorCorrelationLogSpanDangling, n, svc.with(sampled)...)
	case integrity.PropagationBroken:
		add(t.ProcessorCorrelationPropagationBroken, n, svc.with(reason)...)
	}
}

// rootName is the kind of a trace's root.
func rootName(k integrity.Kind) string {
	if k == integrity.KindLog {
		return "none"
	}
	return k.String()
}

func peerLabel(svcs *services, name uint16) attribute.KeyValue {
	return attribute.String("peer", svcs.nameOf(name))
}

// broken counts what an item shows alone.
func (b *batch) broken(svc *service, why integrity.Reason) {
	b.found.Add(integrity.Finding{What: integrity.PropagationBroken, Reason: why, Service: svc.id})
}
