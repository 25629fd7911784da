// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

import "encoding/binary"

// nibbles holds the value of every hexadecimal digit; bad marks all other bytes.
var nibbles = func() (t [256]byte) {
	for i := range t {
		t[i] = bad
	}
	for i := range byte(10) {
		t['0'+i] = i
	}
	for i := range byte(6) {
		t['a'+i], t['A'+i] = 10+i, 10+i
	}
	return t
}()

const bad = 0x80

// HexUint reads 1 to 16 hexadecimal digits, of either case. The errors of all digits are collected and looked at
// once, for ids are nearly always well formed.
func HexUint(s string) (v uint64, ok bool) {
	if len(s) == 16 {
		high, ok1 := hex8(s[:8])
		low, ok2 := hex8(s[8:])
		return high<<32 | low, ok1 && ok2
	}
	if len(s) == 0 || len(s) > 16 {
		return 0, false
	}
	var seen byte
	for i := range len(s) {
		n := nibbles[s[i]]
		seen |= n
		v = v<<4 | uint64(n&0xf)
	}
	return v, seen < bad
}

// hex8 reads 8 hexadecimal digits at once, one in each byte of a word. A digit is worth its low 4
// bits, a letter (bit 6 set) those and 9. What was read is written again and compared with what stood
// there in small letters; that refuses every other byte below g, and the values above 15 the rest.
func hex8(s string) (uint64, bool) {
	const ones = 0x0101010101010101
	w := binary.BigEndian.Uint64(borrowBytes(s))
	letters := w >> 6 & ones
	n := w&(0x0f*ones) + 9*letters
	above9 := (n + 6*ones) >> 4 & ones
	again := n + 0x30*ones + 0x27*above9
	ok := again == w|letters<<5 && n&(0xf0*ones) == 0
	n = (n | n>>4) & 0x00ff00ff00ff00ff
	n = (n | n>>8) & 0x0000ffff0000ffff
	return (n | n>>16) & 0xffffffff, ok
}

// hexID reads 1 to 32 hexadecimal digits, padded on the left.
func hexID(s string) (id ID, ok bool) {
	if len(s) <= 16 {
		low, ok := HexUint(s)
		return newID(0, low), ok
	}
	cut := len(s) - 16
	high, okHigh := HexUint(s[:cut])
	low, okLow := HexUint(s[cut:])
	return newID(high, low), okHigh && okLow
}

// hexRun returns how many bytes at the start of s are hexadecimal digits.
func hexRun(s string) int {
	for i := range len(s) {
		if nibbles[s[i]] == bad {
			return i
		}
	}
	return len(s)
}
