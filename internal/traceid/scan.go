// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

import "strings"

// MaxBodyBytes is how much of a body is read. Container runtimes cut lines at 16 KiB, so hardly
// anything that arrives whole is longer.
const MaxBodyBytes = 16 << 10

// ScanBody finds the trace id that a log body states: in the fields of a JSON object, in key=value
// or key: value pairs, or in one of the unnamed forms of doc.go. Text and objects may follow each other.
// If no field holds an id, the record's message is read in the same way. Malformed JSON is read as far
// as it goes. The body is borrowed, and at most MaxBodyBytes of it are read.
func (k *Keys) ScanBody(body string) (Context, Reason) {
	b := bodyScan{keys: k}
	b.scan(bounded(body))
	if b.message != "" && !b.find.Found() {
		b.scanMessage(b.message)
	}
	return b.find.Result()
}

// bounded cuts the body to what is read, before the word that would be cut in two: the first half of
// an id can be another valid id.
func bounded(body string) string {
	if len(body) <= MaxBodyBytes {
		return body
	}
	n := MaxBodyBytes
	for n > MaxBodyBytes-maxValueLen && !isClosing(body[n-1], false) {
		n--
	}
	return body[:n]
}

// bodyScan is the state of one ScanBody.
type bodyScan struct {
	keys *Keys
	find Finder
	// message is the text of the record, from the first object that has one.
	message string
}

// scan takes texts and objects in turn.
func (b *bodyScan) scan(s string) {
	for s != "" {
		at := jsonStart(s)
		b.scanText(s[:at])
		if at == len(s) {
			return
		}
		s = s[at+b.scanJSON(s[at:]):]
	}
}

// scanMessage reads a message as it stands in JSON, with its escapes. An object in it, as Docker's
// log driver writes, is unescaped first.
func (b *bodyScan) scanMessage(s string) {
	b.message = ""
	if strings.HasPrefix(s, "{\\") {
		b.scanEscaped(s)
		return
	}
	b.scanText(s)
}

// maxEscaped is how much of an object within a string is read.
const maxEscaped = 4 << 10

// scanEscaped is apart from its caller because of the size of its buffer.
//
//go:noinline
func (b *bodyScan) scanEscaped(s string) {
	var buf [maxEscaped]byte
	n := 0
	for i := 0; i < len(s) && n < len(buf); i++ {
		c := s[i]
		if c == '\\' && i+1 < len(s) {
			i++
			c = unescape(s[i])
		}
		buf[n] = c
		n++
	}
	b.scanJSON(borrow(buf[:n]))
	b.message = ""
}

// unescape returns the byte that a backslash before c stands for, so far as it matters here: blanks
// are alike, and code points are not in ids.
func unescape(c byte) byte {
	switch c {
	case 'n', 't', 'r':
		return ' '
	}
	return c
}

// jsonStart returns where the first JSON object begins, a brace before a quote, or the length of s.
func jsonStart(s string) int {
	for at := indexFrom(s, 0, '{'); at < len(s); at = indexFrom(s, at+1, '{') {
		rest := s[at+1:]
		for rest != "" && isBlank(rest[0]) {
			rest = rest[1:]
		}
		if rest != "" && rest[0] == '"' {
			return at
		}
	}
	return len(s)
}
