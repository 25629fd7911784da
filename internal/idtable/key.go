// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package idtable

import (
	"crypto/rand"
	"encoding/binary"
)

// whiten, first, second and third are the secret of the process; the factors are odd, so
// that Mix loses nothing.
var whiten, first, second, third = secret(), secret() | 1, secret() | 1, secret() | 1

func secret() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return binary.NativeEndian.Uint64(b[:])
}

// The inverses of the factors by which Mix multiplies.
var firstInverse, secondInverse = inverse(first), inverse(second)

// inverse returns what an odd factor times is 1, by Newton's method: each step doubles the
// bits that are right.
func inverse(factor uint64) uint64 {
	x := factor // right in 3 bits
	for range 5 {
		x *= 2 - factor*x
	}
	return x
}

// Mix spreads the bits of half an id over the word, by a secret of the process: no
// sender can choose ids whose slots or shards are the same, and neither follows the
// bits that sampling looks at. It loses nothing, but that 0, which is what a free
// slot has, becomes 1.
//
// Each product carries what differs to the bits above, each shift brings it down
// again. It takes as long as the finaliser of SplitMix64, which has known factors.
func Mix(half uint64) uint64 {
	x := (half ^ whiten) * first
	x ^= x >> 32
	x *= second
	x ^= x >> 32
	return max(x, 1)
}

// unmix is the half that Mix spread, which was not 0 after that.
func unmix(x uint64) uint64 {
	x ^= x >> 32
	x *= secondInverse
	x ^= x >> 32
	x *= firstInverse
	return x ^ whiten
}

// apart marks the keys of whole ids. It is neither among the low bits, which pick a
// slot, nor among the top ones, which pick a shard.
const apart = 1 << 40

// KeyOf is the key that an id is looked for under. It follows from the low half
// alone, so that ids which meet have the same, and the same shard. An id without a
// low half meets none but its equals, and its key follows from the high half.
func KeyOf(high, low uint64) uint64 {
	return max(mixed(high, low)&^apart, 1)
}

func mixed(high, low uint64) uint64 {
	if low == 0 {
		low = Mix(high)
	}
	return Mix(low)
}

// LeftOut is the bit of the id that its key lacks.
func LeftOut(high, low uint64) bool { return mixed(high, low)&apart != 0 }

// LowOf is the inverse of KeyOf: the low half of the id with the key, the high half and
// the bit left out. A key of its own does not tell.
func LowOf(key, high uint64, leftOut bool) (low uint64, ok bool) {
	if key&apart != 0 {
		return 0, false
	}
	if leftOut {
		key |= apart
	}
	if low = unmix(key); low == Mix(high) {
		low = 0
	}
	return low, true
}

// Own is the key of an id that is not shared with others of its low half. A key that
// is one already, and that of an id without a high half, stay as they are.
func Own(key, high uint64) uint64 {
	if high == 0 || key&apart != 0 {
		return key
	}
	return joint(key, high)
}

// forCut is the key under which what is remembered of a whole id is found by an id
// that has lost its high half.
func forCut(key uint64) uint64 { return joint(key, 0) }

// joint makes one key of both halves. The high one has a factor of its own, or ids whose
// halves are equal would have the same.
func joint(key, high uint64) uint64 { return Mix(key^high*third) | apart }
