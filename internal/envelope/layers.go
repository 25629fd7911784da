// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package envelope

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-correlation/correlationprocessor/internal/otlpwire"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// Layers are what is around the records of a batch. A resource or a scope is
// interned with the first of its records that is held, and for no longer than until
// those are in the buffer. They are for one goroutine, and for one batch from Begin to
// Reset.
//
// First all resources and scopes are added, in order; then the records are entered,
// in the same order.
type Layers struct {
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

// Begin begins a batch, which arrived with the metadata, or nil. What is around a record
// may have the largest number of bytes.
func (l *Layers) Begin(buffer *tracebuffer.Buffer, metadata *tracebuffer.Envelope, largest int) {
	l.buffer, l.metadata, l.largest, l.at, l.in = buffer, metadata, largest, -1, -1
}

// AddResource adds what is around the scopes of the next resource; it is borrowed.
func (l *Layers) AddResource(content []byte) { l.resources = append(l.resources, l.layer(content)) }

// AddScope adds what is around the records of the next scope; it is borrowed.
func (l *Layers) AddScope(content []byte) { l.scopes = append(l.scopes, l.layer(content)) }

func (l *Layers) layer(content []byte) layer {
	start := len(l.arena)
	l.arena = append(l.arena, content...)
	return layer{content: l.arena[start:]}
}

// EnterResource begins the scopes of the next resource, which has the attributes.
func (l *Layers) EnterResource(attrs pcommon.Map) {
	if l.in++; l.in < len(l.resources) {
		l.resources[l.in].deep = otlpwire.TooDeep(attrs)
	}
}

// EnterScope begins the records of the next scope, which has the attributes.
func (l *Layers) EnterScope(attrs pcommon.Map) {
	if l.at++; l.at < len(l.scopes) {
		l.scopes[l.at].deep = otlpwire.TooDeep(attrs)
	}
}

// EnterStubs begins the stubs of a service's spans, of which no more is held than what
// is around the scopes of its resource here.
func (l *Layers) EnterStubs(resource []byte) {
	l.AddResource(resource)
	l.AddScope(nil)
	l.in++
	l.at++
}

// Fit reports whether what is around the records at hand can be held.
func (l *Layers) Fit() bool {
	in, at := &l.resources[l.in], &l.scopes[l.at]
	return !in.deep && !at.deep && len(in.content)+len(at.content) <= l.largest
}

// Scope returns the envelope of the records at hand.
func (l *Layers) Scope() *tracebuffer.Envelope {
	at := &l.scopes[l.at]
	if at.turn != l.turn+1 {
		in := &l.resources[l.in]
		if in.turn != l.turn+1 {
			l.intern(in, l.metadata)
		}
		l.intern(at, in.envelope)
	}
	return at.envelope
}

func (l *Layers) intern(one *layer, around *tracebuffer.Envelope) {
	one.envelope, one.turn = l.buffer.Intern(around, one.content), l.turn+1
	l.interned = append(l.interned, one.envelope)
	l.bytes += len(one.content)
}

// Forget ends the use of what was interned: the buffer has what it needs of it.
func (l *Layers) Forget() {
	l.buffer.Forget(l.interned)
	clear(l.interned)
	l.interned, l.bytes = l.interned[:0], 0
	l.turn++
}

// Large reports whether they have grown beyond so many scopes, or bytes around records.
func (l *Layers) Large(scopes, bytes int) bool {
	return cap(l.scopes) > scopes || cap(l.arena) > bytes
}

// Bytes is what the envelopes have that are in use.
func (l *Layers) Bytes() int { return l.bytes }

// Reset makes them ready for the next batch. What is interned has been forgotten.
func (l *Layers) Reset() {
	clear(l.resources)
	clear(l.scopes)
	*l = Layers{resources: l.resources[:0], scopes: l.scopes[:0], arena: l.arena[:0], interned: l.interned}
}
