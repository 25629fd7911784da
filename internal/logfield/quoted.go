// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package logfield

import "strings"

// Container runtimes and journals wrap a line that may be JSON in JSON of their own. In the content of a string a
// quote has a backslash before it, in that of a string in such an object three, and so on. An object is
// walked where it lies, so its structure has to be told from the text in it by the number of backslashes.

// Quoted returns how many backslashes stand before the quotes of a text once it is the content of a JSON
// string, if there are so many before.
func Quoted(backslashes int) int { return 2*backslashes + 1 }

// ObjectStart returns where the first JSON object at or after start begins, a brace before a quote, or
// the length of s.
func ObjectStart(s string, start int) int { return QuotedObjectStart(s, start, 0) }

// QuotedObjectStart does so for an object before whose quotes stand as many backslashes as given.
func QuotedObjectStart(s string, start, backslashes int) int {
	for at := IndexFrom(s, start, '{'); at < len(s); at = IndexFrom(s, at+1, '{') {
		if quoteAt(s, pastBlanks(s, at+1, backslashes), backslashes) {
			return at
		}
	}
	return len(s)
}

// quoteAt reports whether a quote with its backslashes stands at i.
func quoteAt(s string, i, backslashes int) bool {
	end := i + backslashes
	return end < len(s) && s[end] == '"' && escapesAt(s, i, backslashes)
}

// escapesAt reports whether n backslashes stand at i, which has room for them.
func escapesAt(s string, i, n int) bool {
	for _, c := range []byte(s[i : i+n]) {
		if c != '\\' {
			return false
		}
	}
	return true
}

// pastBlanks returns where the first byte is that is no blank. Line ends and tabs in the content of a string
// are escaped.
func pastBlanks(s string, i, backslashes int) int {
	for i < len(s) {
		switch n := escapedBlank(s, i, backslashes); {
		case s[i] <= ' ':
			i++
		case n > 0:
			i += n
		default:
			return i
		}
	}
	return i
}

// escapedBlank returns the length of the escaped line end or tab at i, 0 if none is there.
func escapedBlank(s string, i, backslashes int) int {
	if backslashes == 0 || s[i] != '\\' {
		return 0
	}
	end := i + (backslashes+1)/2
	if end < len(s) && escapesAt(s, i, end-i) && (s[end] == 'n' || s[end] == 'r' || s[end] == 't') {
		return end + 1 - i
	}
	return 0
}

// stringEnd returns where the closing quote with its backslashes is, or less than 0. A quote closes if the
// backslashes before its own are whole pairs, at every level of quotation.
func stringEnd(s string, backslashes int) int {
	for at := 0; ; at++ {
		next := strings.IndexByte(s[at:], '"')
		if next < 0 {
			return -1
		}
		at += next
		back := at
		for back > 0 && s[back-1] == '\\' {
			back--
		}
		if (at-back)%(2*backslashes+2) == backslashes {
			return at - backslashes
		}
	}
}
