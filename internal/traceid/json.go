// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

import "strings"

// The walk over a JSON object builds nothing. It understands just enough to know which key a value
// belongs to; wherever the text is not JSON, it ends.

// object walks the members after the brace. It reports whether the object was closed.
func (b *bodyScan) object(s Scope) bool {
	for {
		switch b.next() {
		case '}':
			b.i++
			return true
		case ',':
			b.i++
		case '"':
			if !b.member(s) {
				return false
			}
		default:
			return false
		}
	}
}

// member walks one key and its value. A value cut off by the end is not offered, for the rest of an
// id may be another valid id. Where no colon follows, the text is not JSON and is left to be
// read as text, beginning with what looked like a key.
func (b *bodyScan) member(s Scope) bool {
	start := b.i
	key, ok := b.str()
	if !ok {
		return false
	}
	if b.next() != ':' {
		b.i = start
		return false
	}
	b.i++
	switch b.next() {
	case '"':
		value, ok := b.str()
		if ok && !b.leaf(s, key, value) && b.messageEnd == 0 && isMessage(key) {
			b.messageStart, b.messageEnd = b.i-1-len(value), b.i-1
		}
		return ok
	case '{', '[':
		return b.nested(s, key)
	}
	literal := b.literal()
	if b.i == len(b.s) {
		return false
	}
	b.leaf(s, key, literal)
	return true
}

// leaf offers a value and reports whether its key is known.
func (b *bodyScan) leaf(s Scope, key, value string) bool {
	r := b.keys.LookupIn(s, key)
	if r.Kind == RoleNone {
		return false
	}
	b.find.Offer(r, value)
	return true
}

// nested enters an object or an array whose inside can matter, and passes over all others. In an
// array every object counts (the Scopes of .NET), and so does a text (a header's values).
func (b *bodyScan) nested(s Scope, key string) bool {
	inner, ok := b.keys.Enter(s, key)
	role := b.keys.LookupIn(s, key)
	open := b.s[b.i]
	if !ok && (open == '{' || role.Kind == RoleNone) {
		return b.skip()
	}
	b.i++
	if open == '{' {
		return b.object(inner)
	}
	return b.array(inner, ok, role)
}

func (b *bodyScan) array(s Scope, enter bool, role Role) bool {
	for {
		switch b.next() {
		case ']':
			b.i++
			return true
		case ',':
			b.i++
		case '"':
			value, ok := b.str()
			if !ok {
				return false
			}
			b.find.Offer(role, value)
		case '{':
			if !enter {
				if !b.skip() {
					return false
				}
				continue
			}
			b.i++
			if !b.object(s) {
				return false
			}
		case '[':
			if !b.skip() {
				return false
			}
		case 0, '}', ':':
			return false
		default:
			b.literal()
		}
	}
}

// next passes over blanks and returns the byte there, 0 at the end.
func (b *bodyScan) next() byte {
	for b.i < len(b.s) && isBlank(b.s[b.i]) {
		b.i++
	}
	if b.i == len(b.s) {
		return 0
	}
	return b.s[b.i]
}

// str returns the inside of the string that begins here, with its escapes as they are: ids and
// known keys have none. It reports false if the string has no end.
func (b *bodyScan) str() (string, bool) {
	start := b.i + 1
	end := start + stringEnd(b.s[start:])
	if end < start {
		b.i = len(b.s)
		return "", false
	}
	b.i = end + 1
	return b.s[start:end], true
}

// stringEnd returns where the closing quote is, or less than -1. A quote closes if an even number
// of backslashes stands before it.
func stringEnd(s string) int {
	for at := 0; ; at++ {
		next := strings.IndexByte(s[at:], '"')
		if next < 0 {
			return -2
		}
		at += next
		back := at
		for back > 0 && s[back-1] == '\\' {
			back--
		}
		if (at-back)%2 == 0 {
			return at
		}
	}
}

// literal returns the number or word that begins here.
func (b *bodyScan) literal() string {
	start := b.i
	for ; b.i < len(b.s); b.i++ {
		switch b.s[b.i] {
		case ',', '}', ']', ' ', '\t', '\n', '\r':
			return b.s[start:b.i]
		}
	}
	return b.s[start:]
}

// skip passes over the object or array that begins here.
func (b *bodyScan) skip() bool {
	depth := 0
	for ; b.i < len(b.s); b.i++ {
		switch b.s[b.i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				b.i++
				return true
			}
		case '"':
			if _, ok := b.str(); !ok {
				return false
			}
			b.i--
		}
	}
	return false
}

// isMessage reports whether a key holds the text of the record.
func isMessage(key string) bool {
	switch key {
	case "message", "msg", "log", "Message", "MESSAGE", "text", "body", "textPayload", "event", "line", "@m", "short_message":
		return true
	}
	return false
}
