// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package idtable

import (
	"math/bits"
	"runtime"
	"slices"
)

// MaxShards is how many parts there may be; GOMAXPROCS beyond 128 share.
const MaxShards = 256

// Shards is how many shards keep the processors out of each other's way, a power
// of two.
func Shards() int { return min(MaxShards, 1<<bits.Len(uint(2*runtime.GOMAXPROCS(0)-1))) }

// ShardShift is by how much a key is shifted right to be the number of one of n
// shards, a power of two.
func ShardShift(n int) uint { return uint(64 - bits.TrailingZeros(uint(n))) }

// Parts are the items of a batch, those of each shard threaded on a list in their
// order: each shard is then locked once a batch. It is to be used again.
type Parts struct {
	// Heads has the first item of each shard plus one, or 0.
	Heads [MaxShards]uint32
	// Items are in the order of the batch.
	Items []Part
}

// Part is an item's place among those of its shard.
type Part struct {
	Key  uint64
	Next uint32 // the item that follows plus one, or 0
}

// Split threads n items with the keys that key returns.
func (p *Parts) Split(n int, shift uint, key func(i int) uint64) {
	clear(p.Heads[:])
	p.Items = slices.Grow(p.Items[:0], n)[:n]
	for i := n - 1; i >= 0; i-- {
		k := key(i)
		head := &p.Heads[k>>shift]
		p.Items[i] = Part{k, *head}
		*head = uint32(i) + 1
	}
}
