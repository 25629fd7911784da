// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// hold reports whether the item can be held, as far as that does not depend on its
// record. If much is to be held already, that is decided on before.
func (b *batch) hold(it *tracebuffer.Item) bool {
	if len(b.arena)+b.envelopes.Bytes() > b.pipe.engine.plan.atOnce {
		b.decideSome()
	}
	b.kept = len(b.arena)
	it.Unheld = b.full || !b.envelopes.Fit()
	return !it.Unheld
}

// keep takes the arena with the item's record appended since hold.
func (b *batch) keep(r *outcome, it *tracebuffer.Item, grown []byte) {
	b.arena = grown
	it.Record, it.Envelope = grown[b.kept:], b.envelopes.Scope()
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
