// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

// minTrimmed is how many digits an id has at least that was printed as a number and so lost its leading zeros: of
// 4,096 random ones one loses more than three. minPrefixed is the same for ids of 64 bits, which are believed
// only behind 0x. A pointer has 12 digits at most.
const minTrimmed, minPrefixed = 32 - 3, 16 - 3

// parseTrimmed reads an id of 128 bits that lost leading zeros, as %x, hex() and toString(16) print it. Behind 0x
// it is a number and beyond doubt. Without, no other kind of id is that long and in hex, but for EagleEye's,
// which is told by its decimal digits.
func parseTrimmed(v string) (c Context, ok bool) {
	if digits := trimHexPrefix(v); len(digits) < len(v) {
		c.TraceID, ok = hexID(digits)
		c.Format = FormatW3CHex
		if len(digits) <= 16 {
			c.Format = FormatHex64
		}
		return c, ok && len(digits) >= minPrefixed && len(digits) <= 32
	}
	if len(v) < minTrimmed || len(v) > 31 || v[0] == '0' {
		return c, false
	}
	if _, decimal := parseEagleEye(v); decimal {
		return c, false
	}
	c.TraceID, ok = hexID(v)
	c.Format = FormatW3CHex
	return c, ok
}

// trimmedSpanID reads a span id that lost leading zeros. One of decimal digits alone is rather a count or a time,
// if it does not stand behind 0x.
func trimmedSpanID(v string) ([8]byte, bool) {
	digits := trimHexPrefix(v)
	if len(digits) < minPrefixed || len(digits) > 16 || digits[0] == '0' {
		return [8]byte{}, false
	}
	if _, decimal := decimalUint(digits); decimal && len(digits) == len(v) {
		return [8]byte{}, false
	}
	s, ok := HexUint(digits)
	if !ok {
		return [8]byte{}, false
	}
	return spanID(s), true
}
