// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package sampling

import (
	"encoding/binary"

	"github.com/cespare/xxhash/v2"
	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
)

// Source says where the randomness of traces that bring none of their own (rv)
// is taken from. It looks at nothing but the id, so both signals and every
// collector find the same.
type Source uint8

// The sources.
const (
	// SourceAuto takes the id's low 56 bits, and a hash of ids that show that
	// these are not random: numbers, and UUIDs made of a time.
	SourceAuto Source = iota
	// SourceID takes the id's low 56 bits, as the W3C asks of ids.
	SourceID
	// SourceHash takes a hash of every id, for those that hold a time or a
	// sequence number (Snowflake, SkyWalking) and cannot be told from random
	// ones.
	SourceHash
)

// Of returns the randomness of a trace id, and whether it is a hash: such a
// randomness must be written to what is kept, for nobody else would find it.
func (s Source) Of(id [16]byte) (r contrib.Randomness, hashed bool) {
	if s == SourceHash || s == SourceAuto && (counted(id) || timed(id)) {
		return Randomness(xxhash.Sum64(id[:])), true
	}
	return IDRandomness(id), false
}

// IDRandomness returns the randomness a trace id carries: its low 56 bits.
func IDRandomness(id [16]byte) contrib.Randomness {
	return Randomness(binary.BigEndian.Uint64(id[8:]))
}

// Randomness returns the low 56 bits of x as a randomness.
func Randomness(x uint64) contrib.Randomness {
	// 56 bits are always in range, so there is no error to see.
	r, _ := contrib.UnsignedToRandomness(x & (contrib.MaxAdjustedCount - 1))
	return r
}

// counted reports whether the id's low 56 bits are those of a small number: ids
// that were counted up and not drawn. Of random ids one in 16 million is taken
// for one of them.
func counted(id [16]byte) bool { return id[9]|id[10]|id[11] == 0 }

// timed reports whether the id is a UUID made of a time between 2011 and 2040, of
// version 1 or 6 (RFC 9562): its low half is the host's, the same for all of its
// traces. Of random ids one in 4096 is taken for one of them.
func timed(id [16]byte) bool {
	if id[8]>>6 != 0b10 {
		return false
	}
	// The upper 12 bits of the time, of 60, are 0x1e0 to 0x1ff in those years.
	switch id[6] >> 4 {
	case 1:
		return id[6]&0x0f == 1 && id[7] >= 0xe0 && id[0]|id[1]|id[2]|id[3] != 0 // a number is none
	case 6:
		return id[0]>>1 == 0x1e>>1
	}
	return false
}
