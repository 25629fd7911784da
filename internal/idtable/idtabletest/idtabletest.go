// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package idtabletest makes ids as a sender makes them who wants tables of them to be slow.
package idtabletest

// Unmix is the inverse of the finaliser of SplitMix64, whose factors are public: what tables that trust it would put at x.
func Unmix(x uint64) uint64 {
	inverse := func(f uint64) uint64 { // of an odd factor, by Newton's method
		y := f
		for range 5 {
			y *= 2 - f*y
		}
		return y
	}
	unshift := func(x uint64, n int) uint64 {
		y := x
		for range 64 / n {
			y = x ^ y>>n
		}
		return y
	}
	x = unshift(x, 31) * inverse(0x94d049bb133111eb)
	x = unshift(x, 27) * inverse(0xbf58476d1ce4e5b9)
	return unshift(x, 30)
}
