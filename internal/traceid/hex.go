// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

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

// hexUint reads 1 to 16 hexadecimal digits. The errors of all digits are collected and looked at
// once, for ids are nearly always well formed.
func hexUint(s string) (v uint64, ok bool) {
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

// hexID reads 1 to 32 hexadecimal digits, padded on the left.
func hexID(s string) (id ID, ok bool) {
	if len(s) <= 16 {
		low, ok := hexUint(s)
		return newID(0, low), ok
	}
	cut := len(s) - 16
	high, okHigh := hexUint(s[:cut])
	low, okLow := hexUint(s[cut:])
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
