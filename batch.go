// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/integrity"
	"github.com/otelcol-correlation/correlationprocessor/internal/links"
	"github.com/otelcol-correlation/correlationprocessor/internal/otlpwire"
	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// batch takes the records of one call through the engine: it turns them into
// items, has them decided, and takes out of the data what does not pass.
type batch struct {
	pipe  *pipeline
	sig   tracebuffer.Signal
	now   time.Time
	items []tracebuffer.Item
	// at is the number in the data of each item's record, and fates the fate of
	// each item. Records without a trace id are no items; they pass.
	at      []int
	fates   []tracebuffer.Fate
	edits   []edit // of each record
	out     tracebuffer.Outcome
	match   rules.Matcher
	draw    rules.Randomizer
	tally   telemetry.Tally
	arena   []byte // the bytes of the items' records
	encoder otlpwire.Encoder
	header  tracebuffer.Header
	headers []tracebuffer.Header // of each scope
	// spans and logs set records aside while headers are read; empty otherwise.
	spans   []ptrace.SpanSlice
	logs    []plog.LogRecordSlice
	watched []integrity.Item
	peers   links.PeerMemo
	found   integrity.Report
}

var batches = sync.Pool{New: func() any { return new(batch) }}

// typicalRecord is about what a record takes, in bytes of OTLP.
const typicalRecord = 512

// newBatch returns a batch with room for n records: one that is new, for the
// collector took the others, need not grow step by step.
func newBatch(s *pipeline, sig tracebuffer.Signal, n int) *batch {
	b := batches.Get().(*batch)
	b.pipe, b.sig, b.now = s, sig, time.Now()
	b.match.Use(s.engine.rules)
	b.encoder.Use(s.engine.encoding)
	b.items, b.at = slices.Grow(b.items, n), slices.Grow(b.at, n)
	b.edits, b.fates = slices.Grow(b.edits, n), slices.Grow(b.fates, n)
	if s.engine.rules.Waits() {
		b.arena = slices.Grow(b.arena, n*typicalRecord)
	}
	return b
}

// done gives the batch back. Nothing may refer to the caller's data then.
func (b *batch) done() {
	clear(b.items)
	clear(b.edits)
	b.match.Use(nil)
	b.found.Reset()
	*b = batch{
		items: b.items[:0], at: b.at[:0], fates: b.fates[:0], edits: b.edits[:0], arena: b.arena[:0], encoder: b.encoder,
		match: b.match, watched: b.watched[:0], found: b.found,
		headers: b.headers[:0], spans: b.spans, logs: b.logs,
	}
	batches.Put(b)
}

// readSpans writes the spans' patterns and gathers their facts.
func (b *batch) readSpans(td ptrace.Traces) {
	b.readSpanHeaders(td)
	scope := 0
	for _, rs := range td.ResourceSpans().All() {
		svc := b.pipe.engine.services.Of(rs.Resource())
		b.match.EnterSpans(rs)
		if b.pipe.engine.correlator.summaries {
			b.header = b.pipe.engine.buffer.Intern(b.now, svc.Envelope)
		}
		for _, ss := range rs.ScopeSpans().All() {
			b.enterScope(scope)
			scope++
			for _, s := range ss.Spans().All() {
				b.readSpan(svc, ss, s)
			}
		}
	}
}

func (b *batch) readSpan(svc *telemetry.Service, ss ptrace.ScopeSpans, s ptrace.Span) {
	var v record.Span
	v.Read(s.Attributes())
	e := b.edit(b.pipe.engine.cards.span(svc, s, &v))
	if b.pipe.engine.rules.ReadsEdits() {
		e.applySpan(s)
		e.done = true
	}
	id := s.TraceID()
	if id.IsEmpty() || s.SpanID().IsEmpty() {
		b.tally.ZeroID(svc)
	}
	if id.IsEmpty() {
		b.weighSpan(e, s)
		return
	}
	b.watchSpan(svc, s, &v)
	it := b.item(id)
	it.Finding = b.match.Span(ss, s, &v, e.pattern)
	it.Root = s.ParentSpanID().IsEmpty()
	it.Randomness, it.Explicit = b.draw.Span(s, b.pipe.engine.rules)
	switch {
	case b.pipe.engine.rules.Waits():
		it.Record = b.keep(e.appendSpan(b.encoder.AppendSpan(b.arena, s)))
		e.size = uint32(len(it.Record))
	case b.pipe.engine.correlator.summaries && (b.pipe.engine.rules.DryRun() || b.pipe.engine.rules.Policy().Decide(it.Finding, 1, it.Randomness).Keep):
		// What its logs may need of it: the span itself passes.
		it.Record = b.keep(e.appendSpan(otlpwire.AppendSummary(b.arena, s, b.pipe.engine.correlator.summary)))
		fallthrough
	default:
		b.weighSpan(e, s)
	}
}

// readSpanHeaders interns what is around the spans that are to be held: the
// message without them is encoded as a whole.
func (b *batch) readSpanHeaders(td ptrace.Traces) {
	if !b.pipe.engine.rules.Waits() {
		return
	}
	n := 0
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			if n == len(b.spans) {
				b.spans = append(b.spans, ptrace.NewSpanSlice())
			}
			ss.Spans().MoveAndAppendTo(b.spans[n])
			n++
		}
	}
	b.internHeaders((&ptrace.ProtoMarshaler{}).MarshalTraces(td))
	n = 0
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			b.spans[n].MoveAndAppendTo(ss.Spans())
			n++
		}
	}
}

// internHeaders takes the headers out of a message without records.
func (b *batch) internHeaders(msg []byte, err error) {
	if err == nil {
		err = otlpwire.Walk(msg, func(header []byte) {
			b.headers = append(b.headers, b.pipe.engine.buffer.Intern(b.now, header))
		}, func([]byte) {})
	}
	if err != nil {
		b.match.Err = err
	}
}

// enterScope begins the records of the next scope.
func (b *batch) enterScope(n int) {
	if n < len(b.headers) {
		b.header = b.headers[n]
	}
}

// keep takes the arena with something appended and returns what that is.
func (b *batch) keep(grown []byte) []byte {
	added := grown[len(b.arena):]
	b.arena = grown
	return added
}

// edit notes the edit of the next record.
func (b *batch) edit(e edit) *edit {
	b.tally.Route(e.source)
	b.edits = append(b.edits, e)
	return &b.edits[len(b.edits)-1]
}

// readLogs finds the logs' traces, writes their patterns and gathers their facts.
func (b *batch) readLogs(ld plog.Logs) {
	b.readLogHeaders(ld)
	scope := 0
	for _, rl := range ld.ResourceLogs().All() {
		svc := b.pipe.engine.services.Of(rl.Resource())
		b.match.EnterLogs(rl)
		for _, sl := range rl.ScopeLogs().All() {
			b.enterScope(scope)
			scope++
			for _, lr := range sl.LogRecords().All() {
				b.readLog(svc, rl.Resource(), sl, lr)
			}
		}
	}
}

func (b *batch) readLog(svc *telemetry.Service, res pcommon.Resource, sl plog.ScopeLogs, lr plog.LogRecord) {
	v := b.pipe.engine.correlator.readLog(res, lr, &b.tally, svc)
	e := b.edit(b.pipe.engine.cards.log(svc, lr, &v))
	if b.pipe.engine.rules.ReadsEdits() {
		e.apply(lr.Attributes())
		e.done = true
	}
	id := lr.TraceID()
	if id.IsEmpty() {
		b.weighLog(e, lr)
		e.alone = b.match.MissingID(sl, lr, &v, e.pattern)
		e.drop = e.alone == rules.MissingDropped && !b.pipe.engine.rules.DryRun()
		return
	}
	b.watchLog(svc, res, lr, &v)
	it := b.item(id)
	it.Finding = b.match.Log(sl, lr, &v, e.pattern)
	it.Randomness, it.Explicit = b.draw.Log(lr, &v, b.pipe.engine.rules)
	it.Joins = b.pipe.engine.correlator.joins(lr, &v, e)
	if !b.pipe.engine.rules.Waits() && !it.Joins {
		b.weighLog(e, lr)
		return
	}
	it.Record = b.keep(e.appendLog(b.encoder.AppendLog(b.arena, lr)))
	e.size = uint32(len(it.Record))
}

// readLogHeaders does for logs what readSpanHeaders does for spans.
func (b *batch) readLogHeaders(ld plog.Logs) {
	if !b.pipe.engine.rules.Waits() && !b.pipe.engine.correlator.joining {
		return
	}
	n := 0
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			if n == len(b.logs) {
				b.logs = append(b.logs, plog.NewLogRecordSlice())
			}
			sl.LogRecords().MoveAndAppendTo(b.logs[n])
			n++
		}
	}
	b.internHeaders((&plog.ProtoMarshaler{}).MarshalLogs(ld))
	n = 0
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			b.logs[n].MoveAndAppendTo(sl.LogRecords())
			n++
		}
	}
}

// item adds an item for the record whose edit was noted last.
func (b *batch) item(id pcommon.TraceID) *tracebuffer.Item {
	b.items = append(b.items, tracebuffer.Item{ID: id, Signal: b.sig, Outlet: b.pipe.id, Header: b.header})
	b.at = append(b.at, len(b.edits)-1)
	return &b.items[len(b.items)-1]
}

// add has the items decided, and carries out what that brought about.
func (b *batch) add() {
	b.fates = b.fates[:len(b.items)]
	clear(b.fates)
	b.pipe.engine.inflight.RLock()
	defer b.pipe.engine.inflight.RUnlock()
	b.decide()
	b.pipe.engine.carryOut(&b.out)
	b.watchTraces()
	b.tally.Fates(b.fates)
	b.tally.Flush(b.pipe.engine.telemetry, b.sig)
	b.pipe.engine.telemetry.RuleErrors(b.match.Failed)
	b.pipe.engine.telemetry.Drawn(b.sig, &b.draw)
	b.weigh()
}

// decide finds the items' fates. Where nothing can be dropped and nothing waits,
// everything passes, and no trace has to be looked up.
func (b *batch) decide() {
	if b.pipe.engine.rules.Drops() || b.pipe.engine.rules.Waits() || b.pipe.engine.correlator.joining {
		b.pipe.engine.buffer.Add(b.now, b.items, b.fates, &b.out)
		return
	}
	for i := range b.fates {
		it := &b.items[i]
		b.fates[i] = tracebuffer.Fate{Verdict: b.pipe.engine.rules.Policy().Decide(it.Finding, 1, it.Randomness), Decided: true}
	}
}

// nonePass reports whether nothing of the batch passes: the usual case while
// traces wait for their verdict.
func (b *batch) nonePass() bool {
	for i := range b.fates {
		if b.fates[i].Action == tracebuffer.Pass {
			return false
		}
	}
	return len(b.items) == len(b.edits)
}

// sorter walks the records of the data in order, beside the items.
type sorter struct {
	batch        *batch
	record, next int
	stamp        *rules.Stamper
}

// fate returns the edit of the next record, and its fate, if it has one.
func (s *sorter) fate() (e *edit, f tracebuffer.Fate, decided bool) {
	e = &s.batch.edits[s.record]
	s.record++
	if s.next == len(s.batch.at) || s.batch.at[s.next] != s.record-1 {
		return e, f, false
	}
	s.next++
	return e, s.batch.fates[s.next-1], true
}

// sortSpans takes out what was dropped or is held; the rest is edited and stamped.
func (b *batch) sortSpans(td ptrace.Traces) {
	if b.nonePass() {
		record.ClearSpans(td)
		return
	}
	s := sorter{batch: b, stamp: rules.NewStamper(b.pipe.engine.rules)}
	record.RemoveSpans(td, func(sp ptrace.Span) bool {
		e, f, decided := s.fate()
		if decided && f.Action != tracebuffer.Pass {
			return true
		}
		e.applySpan(sp)
		if decided {
			s.stamp.Span(sp, f.Verdict)
			mark(f, sp.Attributes())
		}
		return false
	})
}

// sortLogs does for logs what sortSpans does for spans.
func (b *batch) sortLogs(ld plog.Logs) {
	if b.nonePass() {
		record.ClearLogs(ld)
		return
	}
	s := sorter{batch: b, stamp: rules.NewStamper(b.pipe.engine.rules)}
	record.RemoveLogs(ld, func(_ plog.ResourceLogs, _ plog.ScopeLogs, lr plog.LogRecord) bool {
		e, f, decided := s.fate()
		if decided && f.Action != tracebuffer.Pass || e.drop {
			return true
		}
		e.apply(lr.Attributes())
		if decided {
			s.stamp.Log(lr, f.Verdict)
			mark(f, lr.Attributes())
		}
		return false
	})
}

// attrLateEvidence marks evidence that came after its trace had been dropped: the
// rest of the trace is not there.
const attrLateEvidence = "sampling.late_evidence"

func mark(f tracebuffer.Fate, attrs pcommon.Map) {
	if f.Upgraded {
		attrs.PutBool(attrLateEvidence, true)
	}
}

// weigh counts the batch's records by route and its items, of those whose
// verdict is out, by verdict.
func (b *batch) weigh() {
	if b.pipe.engine.counted.Limit > 0 {
		var routes telemetry.Amounts[telemetry.RouteKey]
		for i := range b.edits {
			if e := &b.edits[i]; e.pattern != "" {
				routes.Add(telemetry.RouteKey{Service: e.service, Pattern: e.pattern}, int64(e.size))
			}
		}
		b.pipe.engine.counted.Flush(b.pipe.engine.telemetry, b.sig, &routes)
	}
	b.weighAlone()
	if !b.pipe.engine.rules.Drops() {
		return
	}
	var verdicts telemetry.Amounts[sampling.Verdict]
	for i, f := range b.fates {
		if f.Decided {
			verdicts.Add(sampling.Verdict{Keep: f.Verdict.Keep, Rule: f.Verdict.Rule}, int64(b.edits[b.at[i]].size))
		}
	}
	for v, n := range verdicts.By {
		b.pipe.engine.telemetry.Decided(b.sig, v.Keep, b.pipe.engine.telemetry.RuleName(v.Rule), n.Items, n.Bytes)
	}
}

// weighAlone counts the records without a trace that were decided by themselves.
func (b *batch) weighAlone() {
	if !b.pipe.engine.rules.SamplesMissing() {
		return
	}
	var verdicts telemetry.Amounts[rules.MissingVerdict]
	dropped := 0
	for i := range b.edits {
		e := &b.edits[i]
		if e.alone != rules.MissingNone {
			verdicts.Add(e.alone, int64(e.size))
		}
		if e.drop {
			dropped++
		}
	}
	for v, n := range verdicts.By {
		b.pipe.engine.telemetry.Decided(b.sig, v == rules.MissingKept, rules.RuleMissing, n.Items, n.Bytes)
	}
	b.pipe.engine.telemetry.Dropped(b.sig, rules.RuleMissing, dropped)
}

// weighs reports whether records are weighed. Those that are held are weighed by
// what they are held as.
func (e *engine) weighs() bool {
	return e.rules.Drops() || e.counted.Limit > 0 || e.rules.SamplesMissing()
}

// weighSpan weighs a span that is not held.
func (b *batch) weighSpan(e *edit, s ptrace.Span) {
	if b.pipe.engine.weighs() {
		e.size = uint32((&ptrace.ProtoMarshaler{}).SpanSize(s))
	}
}

// weighLog weighs a log record that is not held.
func (b *batch) weighLog(e *edit, lr plog.LogRecord) {
	if b.pipe.engine.weighs() {
		e.size = uint32((&plog.ProtoMarshaler{}).LogRecordSize(lr))
	}
}
