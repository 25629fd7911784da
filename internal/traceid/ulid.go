// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

// parseULID reads 26 characters of Crockford's base 32: 48 bits of milliseconds, 80 random bits. The
// first character holds 3 bits only, so it is 7 at most.
// Source: https://github.com/ulid/spec
func parseULID(v string) (Context, bool) {
	var high, low uint64
	var seen byte
	for i := range len(v) {
		d := crockford[v[i]]
		seen |= d
		high = high<<5 | low>>59
		low = low<<5 | uint64(d&31)
	}
	return Context{TraceID: newID(high, low), Format: FormatULID}, seen < bad && crockford[v[0]] < 8
}

// crockford holds the value of every digit of Crockford's base 32 (no I, L, O, U), in capitals as
// the specification demands; bad marks all other bytes.
var crockford = func() (t [256]byte) {
	for i := range t {
		t[i] = bad
	}
	const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	for i := range len(digits) {
		t[digits[i]] = byte(i)
	}
	return t
}()
