// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

import (
	"math"

	"github.com/otelcol-correlation/correlationprocessor/internal/logfield"
)

// offerText offers the pairs of a text. Only if there is none with an id, the unnamed forms are looked
// for.
func (f *Finder) offerText(k *Keys, s string) {
	pairs := logfield.NewPairs(s)
	for key, value, ok := pairs.Next(); ok; key, value, ok = pairs.Next() {
		if r := k.Lookup(key); r.Kind != RoleNone {
			f.Offer(r, valueOf(r, s[value:]))
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
