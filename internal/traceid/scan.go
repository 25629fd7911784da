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
	b := bodyScan{keys: k, s: bounded(body)}
	b.scan()
	if !b.find.Found() {
		b.scanMessage()
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

// bodyScan is the state of one ScanBody. It remembers places in s and not parts of it: with a string
// that is stored through a pointer, the compiler would move all of this to the heap.
type bodyScan struct {
	keys *Keys
	find Finder
	s    string
	i    int
	// messageStart and messageEnd are the place of the record's message, in the first object that has one.
	messageStart, messageEnd int
}

// scan takes texts and objects in turn.
func (b *bodyScan) scan() {
	for b.i < len(b.s) {
		at := jsonStart(b.s, b.i)
		b.find.offerText(b.keys, b.s[b.i:at])
		b.i = at
		if at < len(b.s) {
			b.i++
			b.object(Scope{})
		}
	}
}

// scanMessage reads a message as it stands in JSON, with its escapes. An object in it, as Docker's
// log driver writes, is unescaped first.
func (b *bodyScan) scanMessage() {
	message := b.s[b.messageStart:b.messageEnd]
	switch {
	case message == "":
	case strings.HasPrefix(message, "{\\"):
		b.find.offerEscaped(b.keys, message)
	default:
		b.find.offerText(b.keys, message)
	}
}

// maxEscaped is how much of an object within a string is read.
const maxEscaped = 4 << 10

// offerEscaped offers the fields of an object that is the content of a JSON string. It is apart from its
// caller because of the size of its buffer.
//
//go:noinline
func (f *Finder) offerEscaped(k *Keys, s string) {
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
	b := bodyScan{keys: k, find: *f, s: borrow(buf[:n])}
	b.scan()
	*f = b.find
}

// unescape returns the byte that a backslash before c stands for, or a blank for those that cannot be
// part of an id: nothing may grow together that was apart.
func unescape(c byte) byte {
	switch c {
	case '"', '\\', '/':
		return c
	}
	return ' '
}

// jsonStart returns where the first JSON object at or after start begins, a brace before a quote, or
// the length of s.
func jsonStart(s string, start int) int {
	for at := indexFrom(s, start, '{'); at < len(s); at = indexFrom(s, at+1, '{') {
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
