// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package logtrace

import (
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/logfield"
	"github.com/otelcol-correlation/correlationprocessor/internal/traceid"
)

// MaxBodyBytes is how much of a body is read. Container runtimes cut lines at 16 KiB, so hardly
// anything that arrives whole is longer.
const MaxBodyBytes = 16 << 10

// ScanBody finds the trace id that a log body states: in the fields of a JSON object, in key=value
// or key: value pairs, or in one of the forms that need no key. Text and objects may follow each other.
// If no field holds an id, the record's message is read in the same way. Malformed JSON is read as far
// as it goes. The body is borrowed, and at most MaxBodyBytes of it are read.
func (k *Keys) ScanBody(body string) (traceid.Context, traceid.Reason) {
	var f Finder
	f.OfferBody(k, body)
	return f.Result()
}

// OfferBody offers what ScanBody finds in the text. If an id was offered before, the message within the text is not
// read.
func (f *Finder) OfferBody(k *Keys, body string) {
	message := f.offerBody(k, bounded(body))
	switch {
	case message == "" || f.Found():
	case strings.IndexByte(message, '\\') < 0:
		f.offerBody(k, message)
	case len(message) <= shortMessage:
		f.offerShort(k, message)
	default:
		f.offerLong(k, message)
	}
}

// offerBody offers texts and objects in turn and returns the record's message, the most telling one.
func (f *Finder) offerBody(k *Keys, s string) (message string) {
	var rank uint16
	for s != "" {
		at := logfield.ObjectStart(s, 0)
		f.offerText(k, s[:at])
		if at == len(s) {
			break
		}
		before := s[:at]
		s = s[at:]
		in, ok := k.scopeBehind(before)
		var found objectRead
		if ok {
			found = f.offerObject(k, s, in)
		}
		if found.read <= 1 && (!ok || isForeign(lastWord(before, maxLabel))) {
			s = s[endOfBraces(s):]
			continue
		}
		if found.end > 0 && (message == "" || found.rank < rank) {
			message, rank = s[found.start:found.end], found.rank
		}
		s = s[found.read:]
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

// shortMessage is the length up to which a message is read in a small buffer, so that few goroutines need a
// large stack.
const shortMessage = 2 << 10

// offerShort and offerLong are apart from their caller, and from each other, because of the size of their buffers.
//
//go:noinline
func (f *Finder) offerShort(k *Keys, message string) {
	var buf [shortMessage]byte
	f.offerMessage(k, message, buf[:])
}

//go:noinline
func (f *Finder) offerLong(k *Keys, message string) {
	var buf [MaxBodyBytes]byte
	f.offerMessage(k, message, buf[:])
}

// maxNested is how many strings within strings are read. A container runtime's line in a JSON object, which has
// a message that is JSON again, makes two.
const maxNested = 4

// offerMessage offers what a message says, which is the inside of a JSON string, and then the message in that. The
// buffer is as long as the message.
func (f *Finder) offerMessage(k *Keys, message string, buf []byte) {
	for range maxNested {
		message = f.offerBody(k, borrow(buf[:unescape(buf, message)]))
		if message == "" || f.Found() {
			return
		}
	}
}

// unescape writes the inside of a JSON string to dst without its escapes, and returns its length. The string may be
// a part of dst.
func unescape(dst []byte, s string) (n int) {
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 || i+1 == len(s) {
			return n + copy(dst[n:], s)
		}
		n += copy(dst[n:], s[:i])
		c, width := escaped(s[i+1:])
		dst[n] = c
		n++
		s = s[i+1+width:]
	}
}

// escaped returns the byte that a backslash before s stands for, or a blank for those that cannot be part of an
// id: nothing may grow together that was apart. It returns how much of s that took.
func escaped(s string) (c byte, width int) {
	switch s[0] {
	case '"', '\\', '/':
		return s[0], 1
	case 'u':
		if len(s) < 5 {
			break
		}
		if v, ok := traceid.HexUint(s[1:5]); ok {
			if v > ' ' && v < 0x7f {
				return byte(v), 5
			}
			return ' ', 5
		}
	}
	return ' ', 1
}
