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
	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
)

// watchSpan gathers what the examination of the span's trace needs, and counts
// what the span shows alone.
func (b *batch) watchSpan(svc *telemetry.Service, s ptrace.Span, v *record.Span) {
	if b.pipe.engine.cfg.Telemetry.SpanTimes {
		if why := links.SpanTime(b.wall, s); why != "" {
			b.tally.BadTime(svc, why, links.Example(s.TraceID(), s.SpanID()))
		}
	}
	it, ok := b.pipe.engine.links.Span(b.now, svc, s, v, &b.peers)
	if !ok {
		return
	}
	if state := s.TraceState().AsRaw(); state != "" {
		it.Randomness = links.RandomnessKey(state)
		if !sampling.StateConsistent(state, sampling.IDRandomness(s.TraceID())) {
			b.broken(&it, integrity.ThresholdInconsistent)
		}
	}
	if b.pipe.engine.correlator.contradicts(&v.Header, s.TraceID()) {
		b.broken(&it, integrity.HeaderMismatch)
	}
	if b.mayProbe(s) && b.pipe.engine.rules.IsProbe(s, v) {
		it.Flags |= integrity.Probe
	}
	b.watched = append(b.watched, it)
}

// mayProbe reports whether it matters if the span is of a probe's request: it calls
// another service, or it began a trace.
func (*batch) mayProbe(s ptrace.Span) bool {
	return s.Kind() == ptrace.SpanKindClient || s.Kind() == ptrace.SpanKindServer && s.ParentSpanID().IsEmpty()
}

// watchLog does for a log record what watchSpan does for a span.
func (b *batch) watchLog(svc *telemetry.Service, res pcommon.Resource, lr plog.LogRecord, v *record.Log) {
	it, ok := b.pipe.engine.links.Log(svc, res, lr, v)
	if !ok {
		return
	}
	if b.pipe.engine.correlator.contradicts(&v.Header, lr.TraceID()) {
		b.broken(&it, integrity.HeaderMismatch)
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
func (b *batch) broken(it *integrity.Item, why integrity.Reason) {
	b.found.Flaw(integrity.Finding{What: integrity.PropagationBroken, Reason: why, Service: it.Service}, it.Example())
}

// countAmounts counts the batch's records and their bytes: by route, and by
// verdict where that is known.
func (b *batch) countAmounts() {
	e := b.pipe.engine
	if e.counted.Limit > 0 {
		b.countRoutes()
	}
	if e.rules.DecidesMissing() {
		b.countMissing()
	}
	if !e.plan.drops {
		return
	}
	var verdicts telemetry.Amounts[sampling.Packed]
	for i := range b.records {
		if r := &b.records[i]; r.item != noItem && b.fates[r.item].Decided {
			v := b.fates[r.item].Verdict
			verdicts.Add(sampling.Verdict{Keep: v.Keep, Rule: v.Rule}.Pack(), int64(r.size))
		}
	}
	for packed, n := range verdicts.By {
		v := packed.Unpack()
		e.telemetry.Decided(b.sig, v.Keep, e.telemetry.RuleName(v.Rule), n.Items, n.Bytes)
	}
}

func (b *batch) countRoutes() {
	var routes telemetry.Amounts[telemetry.RouteKey]
	for i := range b.records {
		if r := &b.records[i]; r.edit.pattern != "" {
			routes.Add(telemetry.RouteKey{Service: r.edit.service, Pattern: r.edit.pattern}, int64(r.size))
		}
	}
	b.pipe.engine.counted.Flush(b.pipe.engine.telemetry, b.sig, &routes)
}

// countMissing counts the records without a trace id, each of which was decided
// on by itself.
func (b *batch) countMissing() {
	var verdicts telemetry.Amounts[rules.MissingVerdict]
	for i := range b.records {
		if r := &b.records[i]; r.missing.Decided() {
			verdicts.Add(r.missing, int64(r.size))
		}
	}
	for v, n := range verdicts.By {
		e := b.pipe.engine
		rule := e.rules.MissingRule(v)
		e.telemetry.Decided(b.sig, v.Keep, rule, n.Items, n.Bytes)
		if v.Dropped() && !e.rules.DryRun() {
			e.telemetry.DroppedAlone(b.sig, rule, n.Items)
		}
	}
}

// tickTables has the tables forget what nobody uses any more, and the buffer count
// what they take, so that max_bytes holds for all of them together.
func (e *engine) tickTables(now time.Time) {
	e.services.Tick(now)
	e.counted.Tick(now)
	e.buffer.Beside(e.tableBytes())
}

// tableBytes is about the memory of the tables that the buffer does not know.
func (e *engine) tableBytes() int64 {
	return e.routes.Bytes() + e.services.Bytes() + e.counted.Bytes() + e.requests.TableBytes()
}
