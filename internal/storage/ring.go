// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"cmp"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"sync/atomic"
)

// Ring is a ring of entries of 24 bytes, of which the oldest are overwritten. It is safe
// for concurrent use.
type Ring struct {
	data  []byte
	nonce uint64
	next  atomic.Uint64 // the number of the next entry
	shift uint64        // entry n lies at place n+shift
}

// An entry is its 24 bytes, the lower half of its number, and the checksum of those with
// the nonce.
const (
	entryBytes = 32
	// EntryBytes is how many bytes of an entry are the user's.
	EntryBytes = 24
)

// newRing returns the ring that lies in the memory.
func newRing(data []byte, nonce uint64) *Ring { return &Ring{data: data, nonce: nonce} }

func (r *Ring) len() uint64 { return uint64(len(r.data) / entryBytes) }

func (r *Ring) sum(entry []byte) uint32 {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], r.nonce)
	return crc32.Update(crc32.Checksum(b[:], castagnoli), castagnoli, entry[:28])
}

// Put adds an entry.
func (r *Ring) Put(entry *[EntryBytes]byte) {
	number := r.next.Add(1) - 1
	b := r.data[(number+r.shift)%r.len()*entryBytes:][:entryBytes]
	binary.LittleEndian.PutUint32(b[28:], 0) // it is none while it is written
	copy(b, entry[:])
	binary.LittleEndian.PutUint32(b[24:], uint32(number))
	binary.LittleEndian.PutUint32(b[28:], r.sum(b))
}

// Each yields the entries that were left, the oldest first, and has Put go on behind them.
// It is called once, before Put.
func (r *Ring) Each(yield func(*[EntryBytes]byte)) {
	type left struct{ number, at uint32 }
	var all []left
	for i := range uint32(r.len()) {
		b := r.data[i*entryBytes:][:entryBytes]
		if binary.LittleEndian.Uint32(b[28:]) == r.sum(b) {
			all = append(all, left{binary.LittleEndian.Uint32(b[24:]), i})
		}
	}
	if len(all) == 0 {
		return
	}
	// Numbers go round; those in a ring lie close to each other.
	base := all[0].number
	slices.SortFunc(all, func(x, y left) int { return cmp.Compare(int32(x.number-base), int32(y.number-base)) })
	for _, l := range all {
		yield((*[EntryBytes]byte)(r.data[l.at*entryBytes:]))
	}
	// The next one falls on the place behind the last one.
	last := all[len(all)-1]
	next := uint64(last.number) + 1
	r.shift = (uint64(last.at) + 1 + r.len() - next%r.len()) % r.len()
	r.next.Store(next)
}
