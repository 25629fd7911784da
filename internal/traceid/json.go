// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

import "strings"

// maxDepth is how deep objects are entered.
const maxDepth = 4

// jsonScan walks a JSON object without building it. It understands just enough to know which key
// a value belongs to; wherever the text is not JSON, the walk ends.
type jsonScan struct {
	body *bodyScan
	s    string
	i    int
}

// scanJSON offers the fields of the object at the start of s and returns how much of s it has read.
func (b *bodyScan) scanJSON(s string) int {
	j := jsonScan{body: b, s: s, i: 1}
	j.object(Scope{}, 0)
	return j.i
}

// object walks the members after the brace. It reports whether the object was closed.
func (j *jsonScan) object(s Scope, depth int) bool {
	for {
		switch j.next() {
		case '}':
			j.i++
			return true
		case ',':
			j.i++
		case '"':
			if !j.member(s, depth) {
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
func (j *jsonScan) member(s Scope, depth int) bool {
	start := j.i
	key, ok := j.str()
	if !ok {
		return false
	}
	if j.next() != ':' {
		j.i = start
		return false
	}
	j.i++
	switch j.next() {
	case '"':
		value, ok := j.str()
		if ok {
			j.leaf(s, key, value)
		}
		return ok
	case '{', '[':
		return j.nested(s, key, depth)
	}
	literal := j.literal()
	if j.i == len(j.s) {
		return false
	}
	j.leaf(s, key, literal)
	return true
}

// leaf offers a value, or remembers it as the record's message.
func (j *jsonScan) leaf(s Scope, key, value string) {
	if r := j.body.keys.LookupIn(s, key); r.Kind != RoleNone {
		j.body.find.Offer(r, value)
		return
	}
	if j.body.message == "" && isMessage(key) {
		j.body.message = value
	}
}

// nested enters an object or an array whose inside can matter, and passes over all others. In an
// array every object counts (the Scopes of .NET), and so does a text (a header's values).
func (j *jsonScan) nested(s Scope, key string, depth int) bool {
	inner, ok := j.body.keys.Enter(s, key)
	role := j.body.keys.LookupIn(s, key)
	open := j.s[j.i]
	if depth >= maxDepth || !ok && (open == '{' || role.Kind == RoleNone) {
		return j.skip()
	}
	j.i++
	if open == '{' {
		return j.object(inner, depth+1)
	}
	return j.array(inner, ok, role, depth+1)
}

func (j *jsonScan) array(s Scope, enter bool, role Role, depth int) bool {
	for {
		switch j.next() {
		case ']':
			j.i++
			return true
		case ',':
			j.i++
		case '"':
			value, ok := j.str()
			if !ok {
				return false
			}
			j.body.find.Offer(role, value)
		case '{':
			if !enter {
				if !j.skip() {
					return false
				}
				continue
			}
			j.i++
			if !j.object(s, depth) {
				return false
			}
		case '[':
			if !j.skip() {
				return false
			}
		case 0, '}', ':':
			return false
		default:
			j.literal()
		}
	}
}

// next passes over blanks and returns the byte there, 0 at the end.
func (j *jsonScan) next() byte {
	for j.i < len(j.s) && isBlank(j.s[j.i]) {
		j.i++
	}
	if j.i == len(j.s) {
		return 0
	}
	return j.s[j.i]
}

// str returns the inside of the string that begins here, with its escapes as they are: ids and
// known keys have none. It reports false if the string has no end.
func (j *jsonScan) str() (string, bool) {
	start := j.i + 1
	end := start + stringEnd(j.s[start:])
	if end < start {
		j.i = len(j.s)
		return "", false
	}
	j.i = end + 1
	return j.s[start:end], true
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
func (j *jsonScan) literal() string {
	start := j.i
	for ; j.i < len(j.s); j.i++ {
		switch j.s[j.i] {
		case ',', '}', ']', ' ', '\t', '\n', '\r':
			return j.s[start:j.i]
		}
	}
	return j.s[start:]
}

// skip passes over the object or array that begins here.
func (j *jsonScan) skip() bool {
	depth := 0
	for ; j.i < len(j.s); j.i++ {
		switch j.s[j.i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				j.i++
				return true
			}
		case '"':
			if _, ok := j.str(); !ok {
				return false
			}
			j.i--
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
