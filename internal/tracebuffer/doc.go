// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package tracebuffer holds the spans and logs of traces until each trace has
// its one verdict, and remembers verdicts for items that arrive late.
//
// Records are held as bytes. A decoded span costs 1.0 to 2.5 kB of heap and 30 to
// 60 objects that the garbage collector walks again and again; its OTLP bytes
// cost a third of that and no object, for they lie in a log without pointers (package
// recordlog), whose segments refer to what is around them.
//
//	Add(items) ─► shard = keyed hash(low 64 bits of the id)
//	               table: id → entry {facts, deadline, last record}
//	                 │ nothing can change the verdict: pass or drop now
//	                 └ else: append the record's bytes to the shard's log
//	Expire(now) ─► entries whose wait is over: decide
//	                 keep → it waits for the outlets of its records where it lies
//	                 drop → it lies there for the hindsight, then its part of the log is
//	                        given back unread
//	               and the verdict goes to the memory for late items
//	Take(outlet) ─► a batch: copies of what waits, as much as goes on together
//	Delivered(batch) ─► what no outlet waits for any more is given back
//
// A trace is in one of five states. Undecided: its items are held. Passing, it is kept:
// its spans pass and leave their bytes as companions for the join, its logs pass, or
// wait for their span where they need something from it. Leaving: it waits for outlets,
// and what is late follows the verdict. Dropped: it waits for evidence that brings it
// back, until its time is over or its room is needed. Gone: what is late follows the
// remembered verdict; where none is remembered, the item opens the trace anew, and an
// ordinary verdict, being a function of the id, comes out as it did before.
//
// Ids that a propagator cut to 64 bits still find their trace (package idtable). What
// can be cut off draws nothing: items with the whole id say what the randomness is.
//
// Rules may ask for what a trace is as a whole: what is known of it then lies beside
// the table (whole.go), and is looked at once, when the wait is over.
//
// Deadlines need no timer: every wait is a constant after an arrival, so each
// kind of wait is a queue that is in order by construction, and what is due
// stands at its head.
//
// Traces may be joined by links of their spans (edges.go): one that is kept keeps the
// others, one step far.
//
// With a store ([Options.Storage]) the logs lie in files and outlive the process, and so do
// verdicts that do not follow from the trace id. What becomes of a trace is noted in the log
// beside its records (package recovery); [Buffer.Recover] has what was left go on.
//
// The package holds no clock, logger or instrument. Time is an argument, a reading of
// one monotonic clock; what happened goes out as a Fate per item and as an Outcome.
package tracebuffer
