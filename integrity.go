// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/integrity"
	"github.com/otelcol-correlation/correlationprocessor/internal/links"
	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
)

// watchSpan gathers what the examination of the span's trace needs, and counts
// what the span shows alone.
func (b *batch) watchSpan(svc *telemetry.Service, s ptrace.Span, v *record.Span) {
	if b.pipe.engine.cfg.Telemetry.SpanTimes {
		if why := links.SpanTime(b.wall, s); why != "" {
			b.tally.BadTime(svc, why)
		}
	}
	it, ok := b.pipe.engine.links.Span(b.now, svc, s, v, &b.peers)
	if !ok {
		return
	}
	if state := s.TraceState().AsRaw(); state != "" {
		it.Randomness = links.RandomnessKey(state)
		if !sampling.StateConsistent(state, sampling.IDRandomness(s.TraceID())) {
			b.broken(svc, integrity.ThresholdInconsistent)
		}
	}
	if b.pipe.engine.correlator.contradicts(&v.Header, s.TraceID()) {
		b.broken(svc, integrity.HeaderMismatch)
	}
	b.watched = append(b.watched, it)
}

// watchLog does for a log record what watchSpan does for a span.
func (b *batch) watchLog(svc *telemetry.Service, res pcommon.Resource, lr plog.LogRecord, v *record.Log) {
	it, ok := b.pipe.engine.links.Log(svc, res, lr, v)
	if !ok {
		return
	}
	if b.pipe.engine.correlator.contradicts(&v.Header, lr.TraceID()) {
		b.broken(svc, integrity.HeaderMismatch)
	}
	b.watched = append(b.watched, it)
}

// watchTraces hands the batch's links over.
func (b *batch) watchTraces() {
	b.pipe.engine.links.Add(b.now, b.watched, &b.found)
	b.pipe.engine.telemetry.Findings(b.pipe.engine.services, &b.found)
}

// checkTraces checks the traces that are due.
func (e *engine) checkTraces(now time.Duration) {
	e.links.Expire(now, &e.found)
	e.countFindings()
}

// stopWatching ends the checks.
func (e *engine) stopWatching() {
	e.links.Flush(&e.found)
	e.countFindings()
}

func (e *engine) countFindings() {
	e.telemetry.Findings(e.services, &e.found)
	e.found.Reset()
}

// broken counts what an item shows alone.
func (b *batch) broken(svc *telemetry.Service, why integrity.Reason) {
	b.found.Add(integrity.Finding{What: integrity.PropagationBroken, Reason: why, Service: svc.ID})
}
