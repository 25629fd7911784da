// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"

	"github.com/otelcol-correlation/correlationprocessor/internal/idtable"
	"github.com/otelcol-correlation/correlationprocessor/internal/recordlog"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// entry is a trace in the buffer.
type entry struct {
	key      uint64 // of the table, for who has the entry alone
	deadline int64  // a reading of the clock, in nanoseconds: of its wait, or of soonTaken
	rnd      contrib.Randomness
	// last is the trace's newest record; each record knows the one before it.
	// None lies before first.
	first, last recordlog.Position
	found       sampling.Finding
	bytes       uint32 // of the records, prefixes left out
	records     uint32 // companions included
	sent        uint32 // of the records, the oldest, which have been delivered
	held        [signals]uint32
	logBytes    uint32          // of the logs held before the verdict
	verdict     sampling.Packed // once decided
	state       state
	waits       waitKind
	outlets     uint8 // those that have not taken it yet, while it leaves
	explicit    bool  // rnd is explicit
	byHalf      bool  // items had its whole id, and others only the low half
	restored    bool  // it was dropped, and came back
	linked      bool  // it is joined to a trace that is kept
	made        bool  // it is no trace: what Adopt or Park took
	got         uint8 // in a store: a bit for each signal whose outlet has delivered it
}

// state is where a trace stands.
type state uint8

const (
	undecided state = iota // its items are held
	passing                // it is kept: what a join needs is held, and the rest passes
	leaving                // what was held waits for outlets to take it
	dropped                // it is dropped unless evidence comes
	delivered              // it has gone out, and lies there for logs that come late
	parked                 // whoever parked it decides
)

// merge adds an item's facts. Every step is a minimum or a maximum, and the whole id
// goes before its half, so the order of the items cannot matter.
func (e *entry) merge(it *Item, met idtable.Meeting) {
	e.found = e.found.Merge(it.Finding)
	if met == idtable.ByHalf || met == idtable.Completed {
		e.byHalf = true
		if met == idtable.Completed && !e.explicit {
			e.rnd = it.Randomness
		}
	}
	if it.Explicit && (!e.explicit || it.Randomness.Unsigned() > e.rnd.Unsigned()) {
		e.rnd, e.explicit = it.Randomness, true
	}
}

// size is what is held of the trace.
func (e *entry) size() sampling.Size {
	return sampling.Size{Spans: int(e.held[Span]), Logs: int(e.held[Log]), Bytes: int64(e.bytes)}
}

// waitKind is a kind of wait. All traces that wait the same kind wait equally
// long after the event that made them, so each kind has a queue that is ordered
// by deadline.
type waitKind uint8

const (
	waitFull waitKind = iota // since the trace's first item
	waitRoot                 // since its root span
	waitKinds
	waitNone = waitKinds // it is decided
)

// The kinds of records in the log.
const (
	kindSpan = iota
	kindLog
	kindCompanion // a span that has passed
)
