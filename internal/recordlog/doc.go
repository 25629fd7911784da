// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package recordlog keeps records outside Go's heap, with what is around them.
//
// A [Log] is append-only, in segments. It is written to at its end and given back at its
// start, whole segments at a time:
//
//	Append ─► segment: records ──►        ◄── index, 8 bytes a record:
//	                                          offset, kind, outlet, the record before it
//	Pack   ─► the newest full segment: blocks of 32 KiB, each compressed by itself,
//	          and the index as it was
//	Link   ◄─ the index alone: chains of records are walked without unpacking
//	At     ◄─ the record; a packed block that it lies in is unpacked, and kept for a while
//
// What is around records, scopes and their resources, is interned in layers ([Envelopes]).
// Each lives while a segment, another layer or a caller refers to it. Segments refer to
// what any of their records names, so what is given back unread ends with its segment.
//
// The log may lie in the files of a store ([NewStored]): then it outlives the process. Each
// segment explains itself: it has a head, says what envelopes its records name, and has
// 16 bytes of index a record, with its checksum. What earlier processes left is read
// segment by segment ([NewFiles], [Left]); a segment that was given back is marked as dead,
// and they are in the order of the log, so that what is noted of a record outlives it.
//
// Segments and positions are numbered for good: what lies in a segment does not change
// but by Pack.
package recordlog
