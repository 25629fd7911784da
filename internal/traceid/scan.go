// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

import (
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/logfield"
)

// MaxBodyBytes is how much of a body is read. Container runtimes cut lines at 16 KiB, so hardly
// anything that arrives whole is longer.
const MaxBodyBytes = 16 << 10

// ScanBody finds the trace id that a log body states: in the fields of a JSON object, in key=value
// or key: value pairs, or in one of the unnamed forms of doc.go. Text and objects may follow each other.
// If no field holds an id, the record's message is read in the same way. Malformed JSON is read as far
// as it goes. The body is borrowed, and at most MaxBodyBytes of it are read.
func (k *Keys) ScanBody(body string) (Context, Reason) {
	var f Finder
	body = bounded(body)
	if message := f.offerBody(k, body); !f.Found() {
		f.offerMessage(k, message)
	}
	return f.Result()
}

// offerBody offers texts and objects in turn and returns the record's message, from the first object
// that has one.
func (f *Finder) offerBody(k *Keys, s string) (message string) {
	for s != "" {
		at := logfield.ObjectStart(s, 0)
		f.offerText(k, s[:at])
		if s = s[at:]; s == "" {
			break
		}
		read, start, end := f.offerObject(k, s)
		if message == "" {
			message = s[start:end]
		}
		s = s[read:]
	}
	return message
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

// offerMessage offers what a message says, with its escapes as they stand in JSON. An object in it, as
// Docker's log driver writes, is unescaped first.
func (f *Finder) offerMessage(k *Keys, message string) {
	switch {
	case message == "":
	case strings.HasPrefix(message, "{\\"):
		f.offerEscaped(k, message)
	default:
		f.offerText(k, message)
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
	f.offerBody(k, borrow(buf[:n]))
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
