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

	"github.com/otelcol-correlation/correlationprocessor/internal/envelope"
	"github.com/otelcol-correlation/correlationprocessor/internal/integrity"
	"github.com/otelcol-correlation/correlationprocessor/internal/links"
	"github.com/otelcol-correlation/correlationprocessor/internal/otlpwire"
	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
	"github.com/otelcol-correlation/correlationprocessor/internal/stamp"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// batch takes the records of one call through the engine: it turns them into
// items, has them decided, and takes out of the data what does not pass.
type batch struct {
	pipe      *pipeline
	sig       tracebuffer.Signal
	now       time.Duration // on the engine's clock
	wall      int64         // the same, as Unix nanoseconds, for comparison with times that others wrote
	records   []outcome     // of the spans or log records, in the order of the data
	items     []tracebuffer.Item
	fates     []tracebuffer.Fate // of the items that were decided on
	parts     []sampling.Part    // of the items, where a rule asks for traces as a whole
	edges     []tracebuffer.Edge // of spans that link to others, where links are followed
	out       tracebuffer.Outcome
	match     rules.Matcher
	random    stamp.Randomizer
	tally     telemetry.Tally
	arena     []byte // the bytes of the records of the items that were not
	kept      int    // of them, those of the items before the last
	encoder   otlpwire.Encoder
	envelopes envelope.Layers
	// full: there was no room for the last items, so the further ones are not held.
	full bool
	// spans and logs set records aside while envelopes are read; empty otherwise.
	spans   []ptrace.SpanSlice
	logs    []plog.LogRecordSlice
	watched []integrity.Item
	peers   links.PeerMemo
	found   integrity.Report
	again   *again // of records that were taken in earlier, or nil
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

// newBatch returns a batch with room for n records of the call: one that is new, because
// the garbage collector took the others, need not grow step by step.
func newBatch(p *pipeline, sig tracebuffer.Signal, n int, c *call) *batch {
	b := batches.Get().(*batch)
	now := time.Now()
	b.pipe, b.sig, b.now, b.wall, b.again = p, sig, p.engine.reading(now), now.UnixNano(), c.again
	b.match.Use(p.engine.rules)
	b.encoder.Use(p.engine.encoding, p.engine.plan.largest)
	b.envelopes.Begin(p.engine.buffer, c.metadata, p.engine.plan.largest)
	b.records = slices.Grow(b.records, n)
	b.items, b.fates = slices.Grow(b.items, n), slices.Grow(b.fates, n)
	if p.engine.plan.waits {
		b.arena = slices.Grow(b.arena, p.engine.plan.expected(n))
	}
	return b
}

// Batches that have grown beyond these are not used again: one that was large once
// would keep its memory for as long as small ones come.
const (
	maxPooledItems = 1 << 15
	maxPooledBytes = 8 << 20
)

// done gives the batch back. Nothing may refer to the caller's data then.
func (b *batch) done() {
	if cap(b.records) > maxPooledItems || cap(b.arena) > maxPooledBytes || b.envelopes.Large(maxPooledItems, maxPooledBytes) {
		return
	}
	b.envelopes.Reset()
	clear(b.items)
	clear(b.parts)
	clear(b.records)
	b.match.Use(nil)
	b.found.Reset()
	*b = batch{
		records: b.records[:0], items: b.items[:0], parts: b.parts[:0], fates: b.fates[:0], edges: b.edges[:0], arena: b.arena[:0], encoder: b.encoder,
		match: b.match, watched: b.watched[:0], found: b.found, envelopes: b.envelopes, spans: b.spans, logs: b.logs,
	}
	batches.Put(b)
}

// readSpans writes the spans' patterns and gathers their facts.
func (b *batch) readSpans(td ptrace.Traces) {
	b.readSpanEnvelopes(td)
	for _, rs := range td.ResourceSpans().All() {
		svc := b.pipe.engine.services.Of(rs.Resource())
		b.match.EnterSpans(rs)
		stubs := b.pipe.engine.plan.stubs
		if stubs {
			b.envelopes.EnterStubs(svc.Envelope)
		} else {
			b.envelopes.EnterResource(rs.Resource().Attributes())
		}
		for _, ss := range rs.ScopeSpans().All() {
			if !stubs {
				b.envelopes.EnterScope(ss.Scope().Attributes())
			}
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
	r := b.record(e.cards.span(svc, s, &v, b.made()))
	if e.plan.writes {
		r.edit.applySpan(s)
		r.edit.written = true
	}
	id := s.TraceID()
	if id.IsEmpty() || s.SpanID().IsEmpty() {
		b.tally.ZeroID(svc, links.Example(id, s.SpanID()))
	}
	if id.IsEmpty() {
		e.cards.maskSpan(&r.edit, s, &v)
		b.sizeSpan(r, s)
		return
	}
	b.watchSpan(svc, s, &v)
	if e.plan.links {
		b.joinLinked(id, s.Links())
	}
	it := b.item(r, id)
	it.Finding = b.match.Span(ss, s, &v, r.edit.pattern)
	if e.plan.wholes {
		it.Part = b.part(b.match.SpanPart(s, &v))
	}
	e.cards.maskSpan(&r.edit, s, &v)
	it.Root = s.ParentSpanID().IsEmpty()
	it.Randomness, it.Explicit = b.random.Span(s, e.rules.Stamp().Source)
	if e.plan.waits && b.keepSpan(r, it, s) {
		return
	}
	if e.plan.stubs && (e.rules.DryRun() || e.rules.Policy().Decide(it.Finding, sampling.Size{Spans: 1}, it.Randomness).Keep) && b.hold(it) {
		// The span passes at once; a stub stays for its logs.
		r.edit.makeRoom(s.Attributes())
		b.keep(r, it, r.edit.appendSpan(otlpwire.AppendStub(b.arena, s, e.correlator.stub)))
	}
	b.sizeSpan(r, s)
}

// joinLinked notes that a trace is joined to those that a span of it links to.
func (b *batch) joinLinked(id pcommon.TraceID, links ptrace.SpanLinkSlice) {
	for _, l := range links.All() {
		if to := l.TraceID(); !to.IsEmpty() && to != id {
			b.edges = append(b.edges, tracebuffer.Edge{id, to})
		}
	}
}

// readSpanEnvelopes reads what is around the spans that are to be held: the message
// without them is encoded as a whole.
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
	b.readEnvelopes((&ptrace.ProtoMarshaler{}).MarshalTraces(td))
	n = 0
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			b.spans[n].MoveAndAppendTo(ss.Spans())
			n++
		}
	}
}

// readEnvelopes takes the envelopes out of a message without records.
func (b *batch) readEnvelopes(msg []byte, err error) {
	if err == nil {
		err = otlpwire.Walk(msg, b.envelopes.AddResource, b.envelopes.AddScope, func([]byte) {})
	}
	if err != nil {
		b.match.Err = err
	}
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
	for _, rl := range ld.ResourceLogs().All() {
		svc := b.pipe.engine.services.Of(rl.Resource())
		before := len(b.items) // each log with a trace id is one
		b.match.EnterLogs(rl)
		b.envelopes.EnterResource(rl.Resource().Attributes())
		for _, sl := range rl.ScopeLogs().All() {
			b.envelopes.EnterScope(sl.Scope().Attributes())
			for _, lr := range sl.LogRecords().All() {
				b.readLog(svc, rl.Resource(), sl, lr)
			}
		}
		b.pipe.engine.telemetry.Identified(svc, len(b.items)-before)
	}
}

func (b *batch) readLog(svc *telemetry.Service, res pcommon.Resource, sl plog.ScopeLogs, lr plog.LogRecord) {
	e := b.pipe.engine
	v := e.correlator.readLog(res, lr, &b.tally, svc)
	r := b.record(e.cards.log(svc, lr, &v, b.made()))
	if e.plan.writes {
		r.edit.apply(lr.Attributes())
		r.edit.written = true
	}
	id := lr.TraceID()
	if id.IsEmpty() {
		r.missing = b.match.MissingID(sl, lr, &v, r.edit.pattern)
		e.cards.maskLog(&r.edit, lr, &v)
		b.sizeLog(r, lr)
		r.drop = r.missing.Dropped() && !e.rules.DryRun()
		return
	}
	b.watchLog(svc, res, lr, &v)
	it := b.item(r, id)
	it.Finding = b.match.Log(sl, lr, &v, r.edit.pattern)
	if e.plan.wholes {
		it.Part = b.part(b.match.LogPart(lr, &v))
	}
	e.cards.maskLog(&r.edit, lr, &v)
	it.Randomness, it.Explicit = b.random.Log(lr, &v, e.rules.Stamp().Source)
	it.Joins = e.plan.joins && e.correlator.joins(lr, &v, &r.edit)
	if (e.plan.waits || it.Joins) && b.keepLog(r, it, lr) {
		return
	}
	b.sizeLog(r, lr)
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
	b.readEnvelopes((&plog.ProtoMarshaler{}).MarshalLogs(ld))
	n = 0
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			b.logs[n].MoveAndAppendTo(sl.LogRecords())
			n++
		}
	}
}

// part keeps what an item adds to its trace until the batch is decided.
func (b *batch) part(p sampling.Part) *sampling.Part {
	b.parts = append(b.parts, p)
	return &b.parts[len(b.parts)-1]
}

// item makes the record an item of the trace with the id.
func (b *batch) item(r *outcome, id pcommon.TraceID) *tracebuffer.Item {
	r.item = int32(len(b.items))
	b.items = append(b.items, tracebuffer.Item{ID: id, Signal: b.sig, Outlet: b.pipe.id, Origin: b.origin()})
	return &b.items[r.item]
}

// decideSome has the items decided that have come so far, but for the last one, and
// says if there is no room for more.
func (b *batch) decideSome() {
	e := b.pipe.engine
	e.inflight.RLock()
	defer e.inflight.RUnlock()
	b.findFates(len(b.items) - 1)
	b.full = b.full || !e.buffer.MakeRoom(&b.out)
	e.carryOut(&b.out)
	b.out = tracebuffer.Outcome{}
}

// decide has the rest of the items decided, and carries out what that brought about.
func (b *batch) decide() {
	e := b.pipe.engine
	e.inflight.RLock()
	defer e.inflight.RUnlock()
	b.findFates(len(b.items))
	e.buffer.Join(b.now, b.edges, &b.out)
	e.carryOut(&b.out)
	b.watchTraces()
	b.tally.Fates(b.fates)
	b.tally.Flush(e.telemetry, b.sig)
	e.telemetry.RuleErrors(b.match.Failed)
	e.telemetry.Drawn(b.sig, &b.random)
	b.countAmounts()
}

// findFates finds the fates of the items that have none yet, up to the n-th. Where
// nothing can be dropped and nothing waits, everything passes, and no trace has to be
// looked up. What is held was copied; the batch's own memory is free again.
func (b *batch) findFates(n int) {
	e, from := b.pipe.engine, len(b.fates)
	b.fates = slices.Grow(b.fates, n-from)[:n]
	items, fates := b.items[from:n], b.fates[from:]
	clear(fates)
	if e.plan.decides() {
		e.buffer.Add(b.now, items, fates, &b.out)
		for i := range items {
			items[i].Record, items[i].Envelope = nil, nil
		}
		b.arena = b.arena[:0]
		b.envelopes.Forget()
		return
	}
	for i := range fates {
		it := &items[i]
		fates[i] = tracebuffer.Fate{Verdict: e.rules.Policy().Decide(it.Finding, sampling.Size{Spans: 1}, it.Randomness), Decided: true}
	}
}

// refused is how many of n records go back to the sender if the batch fails before it
// is decided on as a whole: what is held, or was dropped, has its fate.
func (b *batch) refused(n int) int {
	for i := range b.fates {
		if b.fates[i].Action != tracebuffer.Pass {
			n--
		}
	}
	return n
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

// holds reports whether one of the records is held.
func (b *batch) holds() bool {
	return slices.ContainsFunc(b.fates, func(f tracebuffer.Fate) bool { return f.Action == tracebuffer.Hold })
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
	st, next := stamp.New(b.pipe.engine.rules.Stamp()), 0
	record.RemoveSpans(td, func(s ptrace.Span) bool {
		r := &b.records[next]
		next++
		if !b.passes(r) {
			return true
		}
		r.edit.applySpan(s)
		if b.again != nil {
			b.passesLater(r, next-1)
		} else if r.item != noItem {
			st.Span(s, b.fates[r.item].Verdict)
		}
		if r.item != noItem {
			mark(b.fates[r.item], s.Attributes())
		}
		return false
	})
	b.pipe.engine.telemetry.Stamped(b.sig, st)
	return passing
}

// takeOutLogs does for log records what takeOutSpans does for spans.
func (b *batch) takeOutLogs(ld plog.Logs) int {
	passing := b.passing()
	if passing == 0 {
		record.ClearLogs(ld)
		return 0
	}
	st, next := stamp.New(b.pipe.engine.rules.Stamp()), 0
	record.RemoveLogs(ld, func(_ plog.ResourceLogs, _ plog.ScopeLogs, lr plog.LogRecord) bool {
		r := &b.records[next]
		next++
		if !b.passes(r) {
			return true
		}
		r.edit.apply(lr.Attributes())
		if b.again != nil {
			b.passesLater(r, next-1)
		} else if r.item != noItem {
			st.Log(lr, b.fates[r.item].Verdict)
		}
		if r.item != noItem {
			mark(b.fates[r.item], lr.Attributes())
		}
		return false
	})
	b.pipe.engine.telemetry.Stamped(b.sig, st)
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
