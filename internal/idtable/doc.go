// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package idtable finds traces by half of their id.
//
// The engine looks every record up in several tables of up to millions of traces,
// and nearly always misses the caches. So a look-up here costs one cache line, or
// two, and no table has a pointer in it: the garbage collector never looks into
// them. All are open-addressed with linear probing.
//
//	Table   values that come and go
//	Memory  four bytes for each of the latest keys, the oldest forgotten
//	Parts   the items of a batch, by the shard of their keys
//
// Keys are what Mix makes of the low half of a trace id: it is reckoned once an
// item, its low bits pick a slot and its top bits a shard. None of the types is
// safe for concurrent use.
package idtable

// Mix spreads the bits of half an id over the word (the finaliser of SplitMix64),
// so that neither shards nor slots follow the bits that sampling looks at. It
// loses nothing, but that 0, which is what a free slot has, becomes the key of
// another half.
func Mix(half uint64) uint64 {
	x := half
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	x ^= x >> 31
	return max(x, 1)
}
