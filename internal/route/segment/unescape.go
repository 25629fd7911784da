// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package segment

// Unescape writes the percent-decoded form of seg to buf and returns it. A
// broken escape, or a segment longer than buf, is returned as it is: such a
// segment can match no literal, which is all a caller wants to know.
func Unescape(buf []byte, seg string) []byte {
	if len(seg) > cap(buf) {
		return append(buf[:0:0], seg...)
	}
	buf = buf[:0]
	for i := 0; i < len(seg); i++ {
		c := seg[i]
		if c == '%' {
			high, low := hexValue(seg, i+1), hexValue(seg, i+2)
			if high < 0 || low < 0 {
				return append(buf[:0], seg...)
			}
			c = byte(high<<4 | low)
			i += 2
		}
		buf = append(buf, c)
	}
	return buf
}

// hexValue returns the value of the hex digit at s[i], or -1.
func hexValue(s string, i int) int {
	if i >= len(s) {
		return -1
	}
	switch c := s[i]; {
	case IsDigit(c):
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
