// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"encoding/binary"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"

	"github.com/otelcol-correlation/correlationprocessor/internal/idtable"
	"github.com/otelcol-correlation/correlationprocessor/internal/recordlog"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// Signal is what kind of record an item is.
type Signal uint8

// The signals.
const (
	Span Signal = iota
	Log
	signals // how many there are
)

// Envelope is one layer of what is around records, as Intern returns it.
type Envelope = recordlog.Envelope

// Item is one span or log on its way in, with the facts it states.
type Item struct {
	// ID is the trace id. One whose first 8 bytes are 0 has lost them, and meets a
	// whole one on the last 8.
	ID [16]byte
	// Randomness is what the verdict is measured by: that of the trace id or,
	// if Explicit is set, the one the item carries (rv).
	Randomness contrib.Randomness
	Explicit   bool
	// Finding is the rules that the item matches.
	sampling.Finding
	// Part is what it adds to its trace as a whole, nil where no rule asks for that.
	Part *sampling.Part
	// Signal is what it is, and Outlet the number of the pipeline it goes back to.
	Signal Signal
	Outlet uint8
	// Root marks a span without a parent.
	Root bool
	// Joins marks a log that lacks something its span may have.
	Joins bool
	// Envelope is what Intern returned for the item's scope.
	Envelope *Envelope
	// Record is the item's bytes, borrowed: copied where it is held or, for
	// a span that passes, where a log may need it. Nil leaves no context.
	Record []byte
	// Origin is set on an item that is decided on anew after it was left in a store.
	Origin Origin
	// Unheld marks an item that cannot be held, whatever its trace waits for: the
	// trace is decided at once. It has no Record.
	Unheld bool
}

// size is that of the item alone.
func (it *Item) size() (n sampling.Size) {
	if it.Signal == Span {
		n.Spans = 1
	} else {
		n.Logs = 1
	}
	n.Bytes = int64(len(it.Record))
	return n
}

func (it *Item) high() uint64 { return binary.BigEndian.Uint64(it.ID[:8]) }

func (it *Item) key() uint64 { return idtable.KeyOf(it.high(), binary.BigEndian.Uint64(it.ID[8:])) }

// Origin is the place of a record in the log of a store, 0 for none.
type Origin = recordlog.Origin

// Record is one held record of a kept trace.
type Record struct {
	// Trace is the same for the records of one trace, which follow each other in
	// a Batch.
	Trace uint64
	// Envelope is the scope that was interned, good until the batch is Delivered.
	Envelope *Envelope
	// Data is the record's bytes.
	Data []byte
	// Verdict is the trace's verdict.
	Verdict sampling.Verdict
	Signal  Signal
	// Outlet is the one that the record came through, also where it is a companion.
	Outlet uint8
	// Companion marks a record that is there only for those of the other signal
	// in its trace: it goes out, or went out, through its own outlet.
	Companion bool
	// Origin is the place that a record is adopted or parked from, if it lies in a store.
	Origin Origin
	// Restored marks a record of a trace that had been dropped before evidence came.
	Restored bool
}

// Metadata is what lies around the record's resource, or nothing.
func (r *Record) Metadata() string {
	if outermost := r.Envelope.Around.Around; outermost != nil {
		return outermost.Content
	}
	return ""
}

// Action is what becomes of an item now.
type Action uint8

// The actions.
const (
	// Pass: hand it on in this call.
	Pass Action = iota
	// Drop: it goes no further.
	Drop
	// Hold: the buffer has it.
	Hold
)

// Fate is what became of an item.
type Fate struct {
	// Verdict is its trace's verdict, if Decided is set. A held item is
	// counted in an Outcome once it is decided, unless it was decided before.
	Verdict sampling.Verdict
	Action  Action
	Decided bool
	// Late marks an item that arrived after its trace's verdict. Verdict is set then, also
	// of one that is held.
	Late bool
	// Upgraded marks late evidence for a dropped trace of which nothing is left: it passes
	// all the same.
	Upgraded bool
}

// Trigger is the event that made a trace be decided when it was.
type Trigger uint8

// The triggers.
const (
	TriggerEvidence  Trigger = iota // a rule matched that nothing can outrank
	TriggerRoot                     // the wait after the root span is over
	TriggerTimeout                  // the full wait is over
	TriggerLimit                    // the trace has as many items as it may hold
	TriggerPressure                 // the byte limit, or an item that cannot be held
	TriggerShutdown                 // the buffer is flushed
	TriggerHindsight                // evidence came after it was dropped
	triggers
)

// String returns the trigger's name in telemetry.
func (t Trigger) String() string {
	return [triggers]string{"evidence", "root", "timeout", "limit", "pressure", "shutdown", "hindsight"}[t]
}
