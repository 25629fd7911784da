// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

import (
	"math"
	"strings"
)

// offerText offers every key=value and key: value of a text. It jumps from one separator to the next and
// looks back for the key, so that prose costs little more than the search for two bytes.
// Only if there is no pair with an id, the unnamed forms are looked for.
func (f *Finder) offerText(k *Keys, s string) {
	equals, colon := indexFrom(s, 0, '='), indexFrom(s, 0, ':')
	for equals < len(s) || colon < len(s) {
		at := min(equals, colon)
		if at == equals {
			equals = indexFrom(s, at+1, '=')
		} else {
			colon = indexFrom(s, at+1, ':')
		}
		if r := k.Lookup(keyBefore(s[:at])); r.Kind != RoleNone {
			f.Offer(r, valueOf(r, s[at+1:]))
		}
	}
	if f.Found() {
		return
	}
	if c, ok := scanUnnamed(s); ok {
		f.take(c, unnamedRank)
	}
}

// unnamedRank is behind that of every key.
const unnamedRank = math.MaxUint16

// indexFrom returns where the first c at or after start is, or the length of s.
func indexFrom(s string, start int, c byte) int {
	if i := strings.IndexByte(s[start:], c); i >= 0 {
		return start + i
	}
	return len(s)
}

// keyBefore returns the key at the end of s, empty if there is none. One blank and one quote may stand
// behind it. A key after ? or & belongs to the query of a URL: the address of a trace in a
// user interface is not the trace of the record. One that begins with a dot, a slash or a dash is the end of a
// path, of which the beginning could not be read: links[0].trace_id is another trace.
func keyBefore(s string) string {
	s = trimLast(s, ' ')
	if n := len(s); n > 0 && (s[n-1] == '"' || s[n-1] == '\'') {
		s = trimLast(s[:n-1], '\\')
	}
	start := len(s)
	for start > 0 && isKeyByte(s[start-1]) {
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

// isKeyByte reports whether c can be part of a key in a text.
func isKeyByte(c byte) bool {
	switch c {
	case '_', '.', '-', '/', '@':
		return true
	}
	return isDigit(c) || lower(c)-'a' < 26
}

// maxValueLen is the longest value that is looked at, in bytes; a sw8 header is the longest.
const maxValueLen = 256

// valueOf returns the value at the start of s. Only headers have semicolons in them; elsewhere they
// part one pair from the next. SkyWalking's list has commas, and ends with its bracket.
func valueOf(r Role, s string) string {
	switch {
	case r.hint == hintSWContext:
		list, _ := cut(s[:min(len(s), maxValueLen)], ']')
		return list
	case r.Kind == RoleContext:
		return valueAfter(s)
	}
	v, _ := cut(valueAfter(s), ';')
	return v
}

// valueAfter returns the value at the start of s, without the blanks, quotes and brackets around it
// and the punctuation behind it.
func valueAfter(s string) string {
	start := 0
	for start < len(s) && start < 4 && isOpening(s[start]) {
		start++
	}
	end := start
	for end < len(s) && end-start < maxValueLen && !isClosing(s[end], end == start) {
		end++
	}
	for end > start && isPunctuation(s[end-1]) {
		end--
	}
	return s[start:end]
}

func isOpening(c byte) bool {
	switch c {
	case ' ', '>', '\\', '"', '\'', '[':
		return true
	}
	return false
}

func isClosing(c byte, first bool) bool {
	switch c {
	case ' ', '\t', '\n', '\r', '\\', '"', '\'', ',', ']', ')', '}', '<', '>', '&':
		return true
	case '|':
		return !first // Application Insights' ids begin with it.
	}
	return false
}

func isPunctuation(c byte) bool { return c == '.' || c == ';' || c == ':' || c == '!' || c == '?' }
