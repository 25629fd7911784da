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
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// batch takes the records of one call through the engine: it turns them into
// items, has them decided, and takes out of the data what does not pass.
type batch struct {
	pipe      *pipeline
	sig       tracebuffer.Signal
	now       time.Time
	records   []outcome // of the spans or log records, in the order of the data
	items     []tracebuffer.Item
	fates     []tracebuffer.Fate // of the items
	out       tracebuffer.Outcome
	match     rules.Matcher
	random    rules.Randomizer
	tally     telemetry.Tally
	arena     []byte // the bytes of the items' records
	encoder   otlpwire.Encoder
	envelope  tracebuffer.Envelope
	envelopes []tracebuffer.Envelope // of each scope
	// spans and logs set records aside while envelopes are read; empty otherwise.
	spans   []ptrace.SpanSlice
	logs    []plog.LogRecordSlice
	watched []integrity.Item
	peers   links.PeerMemo
	found   integrity.Report
}

// outcome is what becomes of one record.
type outcome struct {
	edit    edit
	item    int32  // its number among the items, or noItem
	size    uint32 // in bytes of OTLP, where sizes are counted
	missing rules.MissingVerdict
	drop    bool // it has no trace id, and goes no further
}

// noItem is the item of a record without a trace id: it passes, unless it is
// dropped by itself.
const noItem = -1

var batches = sync.Pool{New: func() any { return new(batch) }}

// typicalRecord is about what a record takes, in bytes of OTLP.
const typicalRecord = 512

// newBatch returns a batch with room for n records: one that is new, because the
// garbage collector took the others, need not grow step by step.
func newBatch(p *pipeline, sig tracebuffer.Signal, n int) *batch {
	b := batches.Get().(*batch)
	b.pipe, b.sig, b.now = p, sig, time.Now()
	b.match.Use(p.engine.rules)
	b.encoder.Use(p.engine.encoding)
	b.records = slices.Grow(b.records, n)
	b.items, b.fates = slices.Grow(b.items, n), slices.Grow(b.fates, n)
	if p.engine.plan.waits {
		b.arena = slices.Grow(b.arena, n*typicalRecord)
	}
	return b
}

// done gives the batch back. Nothing may refer to the caller's data then.
func (b *batch) done() {
	clear(b.items)
	clear(b.records)
	b.match.Use(nil)
	b.found.Reset()
	*b = batch{
		records: b.records[:0], items: b.items[:0], fates: b.fates[:0], arena: b.arena[:0], encoder: b.encoder,
		match: b.match, watched: b.watched[:0], found: b.found, envelopes: b.envelopes[:0], spans: b.spans, logs: b.logs,
	}
	batches.Put(b)
}

// readSpans writes the spans' patterns and gathers their facts.
func (b *batch) readSpans(td ptrace.Traces) {
	b.readSpanEnvelopes(td)
	scope := 0
	for _, rs := range td.ResourceSpans().All() {
		svc := b.pipe.engine.services.Of(rs.Resource())
		b.match.EnterSpans(rs)
		if b.pipe.engine.plan.stubs {
			b.envelope = b.pipe.engine.buffer.Intern(b.now, svc.Envelope)
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
	e := b.pipe.engine
	var v record.Span
	v.Read(s.Attributes())
	r := b.record(e.cards.span(svc, s, &v))
	if e.plan.writes {
		r.edit.applySpan(s)
		r.edit.written = true
	}
	id := s.TraceID()
	if id.IsEmpty() || s.SpanID().IsEmpty() {
		b.tally.ZeroID(svc)
	}
	if id.IsEmpty() {
		e.cards.maskSpan(&r.edit, s, &v)
		b.sizeSpan(r, s)
		return
	}
	b.watchSpan(svc, s, &v)
	it := b.item(r, id)
	it.Finding = b.match.Span(ss, s, &v, r.edit.pattern)
	e.cards.maskSpan(&r.edit, s, &v)
	it.Root = s.ParentSpanID().IsEmpty()
	it.Randomness, it.Explicit = b.random.Span(s, e.rules)
	switch {
	case e.plan.waits:
		it.Record = b.keep(r.edit.appendSpan(b.encoder.AppendSpan(b.arena, s)))
		r.size = uint32(len(it.Record))
	case e.plan.stubs && (e.rules.DryRun() || e.rules.Policy().Decide(it.Finding, 1, it.Randomness).Keep):
		// The span passes at once; a stub stays for its logs.
		it.Record = b.keep(r.edit.appendSpan(otlpwire.AppendStub(b.arena, s, e.correlator.stub)))
		fallthrough
	default:
		b.sizeSpan(r, s)
	}
}

// readSpanEnvelopes interns what is around the spans that are to be held: the
// message without them is encoded as a whole.
func (b *batch) readSpanEnvelopes(td ptrace.Traces) {
	if !b.pipe.engine.plan.waits {
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
	b.internEnvelopes((&ptrace.ProtoMarshaler{}).MarshalTraces(td))
	n = 0
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			b.spans[n].MoveAndAppendTo(ss.Spans())
			n++
		}
	}
}

// internEnvelopes takes the envelopes out of a message without records.
func (b *batch) internEnvelopes(msg []byte, err error) {
	if err == nil {
		err = otlpwire.Walk(msg, func(header []byte) {
			b.envelopes = append(b.envelopes, b.pipe.engine.buffer.Intern(b.now, header))
		}, func([]byte) {})
	}
	if err != nil {
		b.match.Err = err
	}
}

// enterScope begins the records of the next scope.
func (b *batch) enterScope(n int) {
	if n < len(b.envelopes) {
		b.envelope = b.envelopes[n]
	}
}

// keep takes the arena with something appended and returns what that is.
func (b *batch) keep(grown []byte) []byte {
	added := grown[len(b.arena):]
	b.arena = grown
	return added
}

// record notes the next record with its edit.
func (b *batch) record(e edit) *outcome {
	b.tally.Route(e.source)
	b.records = append(b.records, outcome{edit: e, item: noItem})
	return &b.records[len(b.records)-1]
}

// sizeSpan notes the size of a span that is not held. One that is held has the
// size of what is held of it.
func (b *batch) sizeSpan(r *outcome, s ptrace.Span) {
	if b.pipe.engine.plan.sizes {
		r.size = uint32((&ptrace.ProtoMarshaler{}).SpanSize(s))
	}
}

// sizeLog does for log records what sizeSpan does for spans.
func (b *batch) sizeLog(r *outcome, lr plog.LogRecord) {
	if b.pipe.engine.plan.sizes {
		r.size = uint32((&plog.ProtoMarshaler{}).LogRecordSize(lr))
	}
}

// readLogs finds the logs' traces, writes their patterns and gathers their facts.
func (b *batch) readLogs(ld plog.Logs) {
	b.readLogEnvelopes(ld)
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
	e := b.pipe.engine
	v := e.correlator.readLog(res, lr, &b.tally, svc)
	r := b.record(e.cards.log(svc, lr, &v))
	if e.plan.writes {
		r.edit.apply(lr.Attributes())
		r.edit.written = true
	}
	id := lr.TraceID()
	if id.IsEmpty() {
		r.missing = b.match.MissingID(sl, lr, &v, r.edit.pattern)
		e.cards.maskLog(&r.edit, lr, &v)
		b.sizeLog(r, lr)
		r.drop = r.missing == rules.MissingDropped && !e.rules.DryRun()
		return
	}
	b.watchLog(svc, res, lr, &v)
	it := b.item(r, id)
	it.Finding = b.match.Log(sl, lr, &v, r.edit.pattern)
	e.cards.maskLog(&r.edit, lr, &v)
	it.Randomness, it.Explicit = b.random.Log(lr, &v, e.rules)
	it.Joins = e.plan.joins && e.correlator.joins(lr, &v, &r.edit)
	if !e.plan.waits && !it.Joins {
		b.sizeLog(r, lr)
		return
	}
	it.Record = b.keep(r.edit.appendLog(b.encoder.AppendLog(b.arena, lr)))
	r.size = uint32(len(it.Record))
}

// readLogEnvelopes does for logs what readSpanEnvelopes does for spans.
func (b *batch) readLogEnvelopes(ld plog.Logs) {
	if !b.pipe.engine.plan.waits && !b.pipe.engine.plan.joins {
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
	b.internEnvelopes((&plog.ProtoMarshaler{}).MarshalLogs(ld))
	n = 0
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			b.logs[n].MoveAndAppendTo(sl.LogRecords())
			n++
		}
	}
}

// item makes the record an item of the trace with the id.
func (b *batch) item(r *outcome, id pcommon.TraceID) *tracebuffer.Item {
	r.item = int32(len(b.items))
	b.items = append(b.items, tracebuffer.Item{ID: id, Signal: b.sig, Outlet: b.pipe.id, Envelope: b.envelope})
	return &b.items[r.item]
}

// decide has the items decided, and carries out what that brought about.
func (b *batch) decide() {
	e := b.pipe.engine
	b.fates = b.fates[:len(b.items)]
	clear(b.fates)
	e.inflight.RLock()
	defer e.inflight.RUnlock()
	b.findFates()
	e.carryOut(&b.out)
	b.watchTraces()
	b.tally.Fates(b.fates)
	b.tally.Flush(e.telemetry, b.sig)
	e.telemetry.RuleErrors(b.match.Failed)
	e.telemetry.Drawn(b.sig, &b.random)
	b.countAmounts()
}

// findFates finds the items' fates. Where nothing can be dropped and nothing
// waits, everything passes, and no trace has to be looked up.
func (b *batch) findFates() {
	e := b.pipe.engine
	if e.plan.decides() {
		e.buffer.Add(b.now, b.items, b.fates, &b.out)
		return
	}
	for i := range b.fates {
		it := &b.items[i]
		b.fates[i] = tracebuffer.Fate{Verdict: e.rules.Policy().Decide(it.Finding, 1, it.Randomness), Decided: true}
	}
}

// passing is the number of records that pass. While traces wait for their verdict
// it is often 0.
func (b *batch) passing() (n int) {
	for i := range b.records {
		if b.passes(&b.records[i]) {
			n++
		}
	}
	return n
}

func (b *batch) passes(r *outcome) bool {
	if r.item == noItem {
		return !r.drop
	}
	return b.fates[r.item].Action == tracebuffer.Pass
}

// takeOutSpans takes out what was dropped or is held, and edits and stamps the
// rest. It returns how many spans that is.
func (b *batch) takeOutSpans(td ptrace.Traces) int {
	passing := b.passing()
	if passing == 0 {
		record.ClearSpans(td)
		return 0
	}
	stamp, next := rules.NewStamper(b.pipe.engine.rules), 0
	record.RemoveSpans(td, func(s ptrace.Span) bool {
		r := &b.records[next]
		next++
		if !b.passes(r) {
			return true
		}
		r.edit.applySpan(s)
		if r.item != noItem {
			stamp.Span(s, b.fates[r.item].Verdict)
			mark(b.fates[r.item], s.Attributes())
		}
		return false
	})
	return passing
}

// takeOutLogs does for log records what takeOutSpans does for spans.
func (b *batch) takeOutLogs(ld plog.Logs) int {
	passing := b.passing()
	if passing == 0 {
		record.ClearLogs(ld)
		return 0
	}
	stamp, next := rules.NewStamper(b.pipe.engine.rules), 0
	record.RemoveLogs(ld, func(_ plog.ResourceLogs, _ plog.ScopeLogs, lr plog.LogRecord) bool {
		r := &b.records[next]
		next++
		if !b.passes(r) {
			return true
		}
		r.edit.apply(lr.Attributes())
		if r.item != noItem {
			stamp.Log(lr, b.fates[r.item].Verdict)
			mark(b.fates[r.item], lr.Attributes())
		}
		return false
	})
	return passing
}

// attrLateEvidence marks evidence that arrived after its trace had been dropped: the
// rest of the trace is not there.
const attrLateEvidence = "sampling.late_evidence"

func mark(f tracebuffer.Fate, attrs pcommon.Map) {
	if f.Upgraded {
		attrs.PutBool(attrLateEvidence, true)
	}
}
