// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"encoding/binary"
	"encoding/hex"
)

// Mask turns the trace ids of a round into others.
type Mask [16]byte

// RoundMask returns the mask of a round; that of round 0 changes nothing.
func RoundMask(round int) (m Mask) {
	h := uint64(round) * 0x9e3779b97f4a7c15
	binary.BigEndian.PutUint64(m[:8], h^h>>29)
	h *= 0xbf58476d1ce4e5b9
	binary.BigEndian.PutUint64(m[8:], h^h>>32)
	return m
}

// Rewrite appends the batch's bytes to dst, with the trace ids masked.
func (b *Batch) Rewrite(dst []byte, m Mask) []byte {
	start := len(dst)
	dst = append(dst, b.Data...)
	data := dst[start:]
	for _, at := range b.IDs {
		m.Apply(data[at : at+16])
	}
	var raw [16]byte
	for _, at := range b.Hex {
		digits := data[at : at+32]
		if _, err := hex.Decode(raw[:], digits); err == nil {
			m.Apply(raw[:])
			hex.Encode(digits, raw[:])
		}
	}
	return dst
}

// Apply masks the bytes of an id.
func (m *Mask) Apply(id []byte) {
	for i := range id {
		id[i] ^= m[i]
	}
}
