// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package logfield

import "strings"

// Pairs walks the key=value and key: value of a text. It jumps from one separator to the next and looks
// back for the key, so that prose costs little more than the search for two bytes.
type Pairs struct {
	s             string
	equals, colon int
}

// NewPairs returns the walk over s.
func NewPairs(s string) Pairs {
	return Pairs{s: s, equals: IndexFrom(s, 0, '='), colon: IndexFrom(s, 0, ':')}
}

// NewAssignments returns the walk over the key=value of s alone, which is the cheaper for all the colons in times.
func NewAssignments(s string) Pairs { return Pairs{s: s, equals: IndexFrom(s, 0, '='), colon: len(s)} }

// Next returns the next key and where its value begins, behind the separator. The key is empty where
// none stands before a separator.
func (p *Pairs) Next() (key string, value int, ok bool) {
	at := min(p.equals, p.colon)
	if at == len(p.s) {
		return "", at, false
	}
	if at == p.equals {
		p.equals = IndexFrom(p.s, at+1, '=')
	} else {
		p.colon = IndexFrom(p.s, at+1, ':')
	}
	return keyBefore(p.s[:at]), at + 1, true
}

// IndexFrom returns where the first c at or after start is, or the length of s.
func IndexFrom(s string, start int, c byte) int {
	if i := strings.IndexByte(s[start:], c); i >= 0 {
		return start + i
	}
	return len(s)
}

// keyBefore returns the key at the end of s, empty if there is none. One blank and one quote may stand
// behind it. A key after ? or & belongs to the query of a URL and not to the record. One that
// begins with a dot, a slash or a dash is the end of a path, of which the beginning could not be read: in
// links[0].trace_id the id is another's.
func keyBefore(s string) string {
	s = trimLast(s, ' ')
	if n := len(s); n > 0 && (s[n-1] == '"' || s[n-1] == '\'') {
		s = trimLast(s[:n-1], '\\')
	}
	start := len(s)
	for start > 0 && keyBytes[s[start-1]] {
		if len(s)-start == maxKeyLen {
			return ""
		}
		start--
	}
	if start == len(s) || start > 0 && (s[start-1] == '?' || s[start-1] == '&') {
		return ""
	}
	if c := s[start]; c == '.' || c == '/' || c == '-' {
		return ""
	}
	return s[start:]
}

func trimLast(s string, c byte) string {
	if n := len(s); n > 0 && s[n-1] == c {
		return s[:n-1]
	}
	return s
}

// keyBytes are the bytes of keys in a text.
var keyBytes = func() (t [256]bool) {
	for c := range t {
		small := lowers[c]
		t[c] = small-'a' < 26 || small-'0' < 10
	}
	for _, c := range [...]byte{'_', '.', '-', '/', '@'} {
		t[c] = true
	}
	return t
}()

// IsKeyByte reports whether c can be part of a key in a text.
func IsKeyByte(c byte) bool { return keyBytes[c] }
