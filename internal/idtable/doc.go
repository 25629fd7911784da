// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package idtable finds traces by their ids.
//
// The engine looks every record up in several tables of up to millions of traces,
// and nearly always misses the caches. So a look-up here costs one cache line, or
// two, and no table has a pointer in it: the garbage collector never looks into
// them. All are open-addressed with linear probing.
//
//	Table   values of traces that come and go
//	Memory  four bytes for each of the latest traces, the oldest forgotten
//	Parts   the items of a batch, by the shard of their keys
//
// Ids are the senders' choice, so what spreads them is keyed with a secret of the
// process: who does not know it cannot choose ids that meet in one place.
//
// A trace id of 128 bits may lose its upper half on the way, where a propagator
// knows only 64. So an id is looked for by its lower half, and two ids are the same
// trace if they are equal, or if the lower halves are and one of the upper halves is
// zero. Whole ids with the same lower half are different traces: some senders
// pad 64 bits on the right, or number their requests in the upper half. The first
// of them lies under the key of the half, the others under keys of their own.
//
// None of the types is safe for concurrent use.
package idtable
