// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/otlpwire"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// envelopes are what is around the records of a batch. A resource or a scope is
// interned with the first of its records that is held, and for no longer than until
// those are in the buffer.
type envelopes struct {
	buffer    *tracebuffer.Buffer
	metadata  *tracebuffer.Envelope // around the resources, or nil
	largest   int                   // bytes that may be around a record
	resources []layer
	scopes    []layer
	arena     []byte // their contents
	// at and in are the scope and the resource of the records at hand.
	at, in   int
	interned []*tracebuffer.Envelope
	bytes    int // of those
	turn     int // how often they were forgotten
}

// layer is a resource or a scope of the batch.
type layer struct {
	content  []byte
	envelope *tracebuffer.Envelope
	turn     int  // in which the envelope was interned, plus one
	deep     bool // the library does not decode it again
}

func (e *envelopes) begin(buffer *tracebuffer.Buffer, metadata *tracebuffer.Envelope, largest int) {
	e.buffer, e.metadata, e.largest, e.at, e.in = buffer, metadata, largest, -1, -1
}

// addResource adds what is around the scopes of the next resource; it is borrowed.
func (e *envelopes) addResource(content []byte) { e.resources = append(e.resources, e.layer(content)) }

// addScope adds what is around the records of the next scope; it is borrowed.
func (e *envelopes) addScope(content []byte) { e.scopes = append(e.scopes, e.layer(content)) }

func (e *envelopes) layer(content []byte) layer {
	start := len(e.arena)
	e.arena = append(e.arena, content...)
	return layer{content: e.arena[start:]}
}

// enterResource begins the scopes of the next resource, which has the attributes.
func (e *envelopes) enterResource(attrs pcommon.Map) {
	if e.in++; e.in < len(e.resources) {
		e.resources[e.in].deep = otlpwire.TooDeep(attrs)
	}
}

// enterScope begins the records of the next scope, which has the attributes.
func (e *envelopes) enterScope(attrs pcommon.Map) {
	if e.at++; e.at < len(e.scopes) {
		e.scopes[e.at].deep = otlpwire.TooDeep(attrs)
	}
}

// enterStubs begins the stubs of a service's spans, of which no more is held than what
// is around the scopes of its resource here.
func (e *envelopes) enterStubs(resource []byte) {
	e.addResource(resource)
	e.addScope(nil)
	e.in++
	e.at++
}

// fit reports whether what is around the records at hand can be held.
func (e *envelopes) fit() bool {
	in, at := &e.resources[e.in], &e.scopes[e.at]
	return !in.deep && !at.deep && len(in.content)+len(at.content) <= e.largest
}

// scope returns the envelope of the records at hand.
func (e *envelopes) scope() *tracebuffer.Envelope {
	at := &e.scopes[e.at]
	if at.turn != e.turn+1 {
		in := &e.resources[e.in]
		if in.turn != e.turn+1 {
			e.intern(in, e.metadata)
		}
		e.intern(at, in.envelope)
	}
	return at.envelope
}

func (e *envelopes) intern(l *layer, around *tracebuffer.Envelope) {
	l.envelope, l.turn = e.buffer.Intern(around, l.content), e.turn+1
	e.interned = append(e.interned, l.envelope)
	e.bytes += len(l.content)
}

// forget ends the use of what was interned: the buffer has what it needs of it.
func (e *envelopes) forget() {
	e.buffer.Forget(e.interned)
	clear(e.interned)
	e.interned, e.bytes = e.interned[:0], 0
	e.turn++
}

// large reports whether the envelopes take much memory.
func (e *envelopes) large() bool {
	return cap(e.arena) > maxPooledBytes || cap(e.scopes) > maxPooledItems
}

// reset makes them ready for the next batch. What is interned has been forgotten.
func (e *envelopes) reset() {
	clear(e.resources)
	clear(e.scopes)
	*e = envelopes{resources: e.resources[:0], scopes: e.scopes[:0], arena: e.arena[:0], interned: e.interned}
}

// hold reports whether the item can be held, as far as that does not depend on its
// record. If much is to be held already, that is decided on before.
func (b *batch) hold(it *tracebuffer.Item) bool {
	if len(b.arena)+b.envelopes.bytes > b.pipe.engine.plan.atOnce {
		b.decideSome()
	}
	b.kept = len(b.arena)
	it.Unheld = b.full || !b.envelopes.fit()
	return !it.Unheld
}

// keep takes the arena with the item's record appended since hold.
func (b *batch) keep(r *outcome, it *tracebuffer.Item, grown []byte) {
	b.arena = grown
	it.Record, it.Envelope = grown[b.kept:], b.envelopes.scope()
	r.size = uint32(len(it.Record))
}

// keepSpan adds the span's record to the item, unless it cannot be held.
func (b *batch) keepSpan(r *outcome, it *tracebuffer.Item, s ptrace.Span) bool {
	if !b.hold(it) {
		return false
	}
	r.edit.makeRoom(s.Attributes())
	var ok bool
	if b.arena, ok = b.encoder.AppendSpan(b.arena, s); ok {
		b.keep(r, it, r.edit.appendSpan(b.arena))
	}
	it.Unheld = !ok
	return ok
}

// keepLog does for log records what keepSpan does for spans.
func (b *batch) keepLog(r *outcome, it *tracebuffer.Item, lr plog.LogRecord) bool {
	if !b.hold(it) {
		return false
	}
	r.edit.makeRoom(lr.Attributes())
	var ok bool
	if b.arena, ok = b.encoder.AppendLog(b.arena, lr); ok {
		b.keep(r, it, r.edit.appendLog(b.arena))
	}
	it.Unheld = !ok
	return ok
}
