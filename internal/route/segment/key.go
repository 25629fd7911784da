// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"hash/maphash"
	"math/bits"
)

// Key is a segment or a label with its ends read: what a child is looked up by.
type Key struct {
	Text string
	Ends
}

// Ends are the last eight bytes of a text and the eight before, zero where
// there are less. Together with the length they are the whole text if it has
// no more than sixteen: a comparison that need not load the text.
type Ends struct{ before, last uint64 }

// EndsLength is the length of a text that is nothing but its ends.
const EndsLength = 16

// ReadKey reads the ends of a text.
func ReadKey(s string) Key {
	k := Key{Text: s}
	for i := range min(len(s), EndsLength) {
		b := &k.last
		if i >= 8 {
			b = &k.before
		}
		*b = *b<<8 | uint64(s[len(s)-1-i])
	}
	return k
}

// readInside returns path[start:end], which is not empty. It reads sixteen bytes
// whatever the length and shifts out what is not of the segment: branches on the length
// are mispredicted, so that a warm path took 330 ns in place of about 245. No shift is by
// 64 or more, and all are masked, or Go would test each: 70 instructions in place of 110.
func readInside(path string, start, end int) Key {
	if len(path) < EndsLength {
		return ReadKey(path[start:end])
	}
	k := Key{Text: path[start:end]}
	n := len(k.Text)
	at := notNegative(end - 8)
	k.last = load64(path[at:at+8]) << (8 * (at + 8 - end) & 63) >> (8 * notNegative(8-n) & 63)
	// What the shifts make of the eight bytes before is of no use unless all bits of
	// longer are set.
	longer := uint64((8 - n) >> 63)
	at = notNegative(end - 16)
	k.before = load64(path[at:at+8]) << (8 * (at + 16 - end) & 63) >> (8 * notNegative(16-n) & 63) & longer
	return k
}

// notNegative is max(n, 0) without a branch.
func notNegative(n int) int { return n &^ (n >> 63) }

func load64(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// Length is saturated: longer texts are compared whole.
func (k Key) Length() uint8 { return uint8(min(len(k.Text), 0xff)) }

// Paths are hostile input, so the hash is keyed: nobody outside can tell which
// labels share a slot.
var (
	hashSeed = maphash.MakeSeed()
	hashKeys = [3]uint64{maphash.String(hashSeed, "before"), maphash.String(hashSeed, "last"), maphash.String(hashSeed, "length") | 1}
)

// suffixSalt keeps the suffix of values apart from literals of equal text.
const suffixSalt = 0x9e3779b97f4a7c15

// Hash multiplies the ends, each hidden by a key, as wyhash does. Texts that are
// longer than their ends go to maphash. A value of each class, and a literal,
// have different hashes for the same text.
func (k Key) Hash(value bool, of Class) uint64 {
	if len(k.Text) <= EndsLength {
		return k.Ends.Hash(len(k.Text), value, of)
	}
	return salted(maphash.String(hashSeed, k.Text), value, of)
}

// Hash is that of a text that is no longer than its ends.
func (e Ends) Hash(length int, value bool, of Class) uint64 {
	high, low := bits.Mul64(e.before^hashKeys[0], e.last^hashKeys[1])
	return salted((high^low)+uint64(length)*hashKeys[2], value, of)
}

func salted(h uint64, value bool, of Class) uint64 {
	if value {
		h ^= suffixSalt * uint64(of+1)
	}
	return h
}
