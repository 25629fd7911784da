// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package segment

// Kinds is a set of the kinds of bytes in a text.
type Kinds uint8

const (
	hasDigit Kinds = 1 << iota
	hasLower
	hasUpper
	hasMark   // - _ .
	hasDot    // a dot, which is a mark too
	hasPunct  // other printable ASCII
	hasOpaque // percent, control, space, non-ASCII
	hasNonHex // all but digits and a-f A-F
)

var byteKinds = func() (kinds [256]Kinds) {
	for i := range kinds {
		kinds[i] = kindOf(byte(i))
		if !isHex(byte(i)) {
			kinds[i] |= hasNonHex
		}
	}
	return kinds
}()

func kindOf(c byte) Kinds {
	switch {
	case IsDigit(c):
		return hasDigit
	case IsLower(c):
		return hasLower
	case IsUpper(c):
		return hasUpper
	case c == '.':
		return hasMark | hasDot
	case c == '-' || c == '_':
		return hasMark
	case c <= ' ' || c >= 0x7f || c == '%':
		return hasOpaque
	}
	return hasPunct
}

// Scan returns the kinds of bytes in s.
func Scan(s string) Kinds {
	var kinds Kinds
	for i := range len(s) {
		kinds |= byteKinds[s[i]]
	}
	return kinds
}

// Letters returns the kinds of letters in the set: lower case, upper case.
func (k Kinds) Letters() Kinds { return k & (hasLower | hasUpper) }

// IsDigit reports an ASCII digit.
func IsDigit(c byte) bool { return '0' <= c && c <= '9' }

// IsLower reports a lower-case ASCII letter.
func IsLower(c byte) bool { return 'a' <= c && c <= 'z' }

// IsUpper reports an upper-case ASCII letter.
func IsUpper(c byte) bool { return 'A' <= c && c <= 'Z' }

// IsAlpha reports an ASCII letter.
func IsAlpha(c byte) bool { return IsLower(c) || IsUpper(c) }

func isHex(c byte) bool { return IsDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' }

// All reports whether s is not empty and every byte of it satisfies ok.
func All(s string, ok func(byte) bool) bool {
	for i := range len(s) {
		if !ok(s[i]) {
			return false
		}
	}
	return s != ""
}
