// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

// unescape writes the percent-decoded form of seg to buf and returns it. A
// broken escape, or a segment longer than buf, is returned as it came: such a
// segment can match no literal, which is all a caller wants to know.
func unescape(buf []byte, seg string) []byte {
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
	case isDigit(c):
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }
func isAlpha(c byte) bool { return isLower(c) || isUpper(c) }
func isHex(c byte) bool   { return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' }
