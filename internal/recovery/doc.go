// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package recovery finds out what is to become of records that an earlier process left in
// the log of a store.
//
// What a trace is and becomes is noted in the log beside its records. A note is linked to
// the newest record that the trace had then, so nothing that lies there is touched:
//
//	Begin ◄─ record ◄─ record ◄─ record ◄─ record that came after the verdict
//	                      ▲         ▲
//	                    Taken    Verdict, Delivered, Gone
//
// Each record knows the one before it, so a log is looked at from its end: what is noted of
// a record holds for those before it. A copy names its origin, which then counts no more.
//
// [Look] does that for all logs. Then segment after segment is read, the oldest first:
// records of undecided traces are handed out where they lie, and those of a decided trace
// together where its first one lies ([Survey.Each]). When a segment has been handed out it
// is given back, and what was made of it must be somewhere else.
//
// Where links are damaged, a part of a trace may look like a trace of its own: it is handed
// out as one, for better twice than never.
package recovery
