// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package logtrace

import (
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/logfield"
	"github.com/otelcol-correlation/correlationprocessor/internal/traceid"
)

// offerText offers the pairs of a text that are its own. Only if there is none with an id, the unnamed forms are
// looked for.
func (f *Finder) offerText(k *Keys, s string) {
	var around surroundings
	pairs := logfield.NewPairs(s)
	known := 0
	for key, value, ok := pairs.Next(); ok && known < maxKnown; key, value, ok = pairs.Next() {
		r := k.Lookup(key)
		if r.Kind == RoleNone || r.Kind == RoleMessage {
			continue
		}
		known++
		start := keyStart(s, key, value)
		whose := around.ofPair(k, s, start, start+len(key), value)
		if whose == foreign {
			continue
		}
		if whose == quoted {
			r.inside |= inQuotes
		}
		f.Offer(r, valueOf(r, s, start, value))
	}
	if f.isNamed() {
		return
	}
	if c, ok := scanUnnamed(k, s); ok && (!f.Found() || f.at > unnamedOrder) {
		f.take(c, unnamedOrder)
	}
}

// fieldsBefore returns where the fields begin that stand before the key with a semicolon behind each.
func fieldsBefore(s string, key int) int {
	start := key
	for start > 0 && key-start < maxValueLen/2 && (logfield.IsKeyByte(s[start-1]) || s[start-1] == '=' || s[start-1] == ';') {
		start--
	}
	return start
}

// maxKnown is how many known keys of a text are looked at. Their values may overlap (b3=b3=b3=), so that their number
// and not the length of the text says what they cost.
const maxKnown = 256

// keyStart returns where the key begins whose value is at value: before the separator, a blank, a quote and the
// backslash that escapes it.
func keyStart(s, key string, value int) int {
	start := value - 1 - len(key)
	for s[start:start+len(key)] != key {
		start--
	}
	return start
}

// maxValueLen is the longest value that is looked at, in bytes; a sw8 header is the longest.
const maxValueLen = 256

// valueOf returns the value of the pair whose key and whose value begin there. Only headers have semicolons in
// them; elsewhere they part one pair from the next. SkyWalking's list has commas, and ends with its
// bracket. X-Ray's root is one field of its header, which has others before it and behind it.
func valueOf(r Role, s string, key, value int) string {
	switch {
	case r.hint == traceid.HintSWContext:
		list, _, _ := strings.Cut(s[value:min(len(s), value+maxValueLen)], "]")
		return list
	case r.hint == traceid.HintRoot && s[value-1] == '=':
		return valueAfter(s[fieldsBefore(s, key):])
	case r.Kind == RoleContext:
		return valueAfter(s[value:])
	}
	v, _, _ := strings.Cut(valueAfter(s[value:]), ";")
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
