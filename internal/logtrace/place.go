// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package logtrace

import (
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/logfield"
)

// place says whose an id in a text is.
type place uint8

const (
	// own: it stands in the line like any other field.
	own place = iota
	// quoted: it stands in the line's message, or in quotes among nothing but other pairs. It is the line's if the
	// line has no other.
	quoted
	// foreign: it is what a query asks for, a part of an address, or in a text that somebody else has said.
	foreign
)

// surroundings knows what stands around the places of one text. They are asked for from left to right, so that
// the text is read once, however many there are. It holds places in the text and not the text.
type surroundings struct {
	quotes  quotes
	braces  braces
	sql     statement
	address address
}

// ofPair says whose the pair is that has its key at start to end and its value at value.
func (a *surroundings) ofPair(k *Keys, s string, start, end, value int) place {
	from, to, inside := a.quotes.around(s, start)
	if inside && from == start && to == end {
		inside = false // the quotes are the key's own
	}
	if whose := a.inQuery(s, start, value, inside); whose != own {
		return whose
	}
	return a.whose(k, s, start, inside)
}

// ofForm says whose the id without a key is that begins at start.
func (a *surroundings) ofForm(k *Keys, s string, start int) place {
	_, _, inside := a.quotes.around(s, start)
	return a.whose(k, s, start, inside)
}

// whose looks at everything but the pair itself, from the inside to the outside.
func (a *surroundings) whose(k *Keys, s string, start int, inside bool) place {
	switch {
	case a.address.around(s, start):
		return foreign
	case start > 0 && s[start-1] == '=':
		label, _ := labelBefore(s[:start])
		return k.labelled(label)
	case a.braces.foreignAt(k, s, start):
		return foreign
	case inside && a.quotes.withinInner(s, start):
		return foreign
	case inside:
		return a.quotes.whose(k, s)
	}
	return own
}

// labelled says whose a text is that is the value of a label: the message is the line's, and what a known key or
// container holds.
func (k *Keys) labelled(label string) place {
	if k.Lookup(label).Kind != RoleNone {
		return quoted
	}
	if _, ok := k.Enter(Scope{}, label); ok {
		return quoted
	}
	return foreign
}

// scopeBehind returns the scope of an object that begins behind the text: that of the key before it, or else the
// top. It reports false for the object of somebody else.
func (k *Keys) scopeBehind(before string) (in Scope, ok bool) {
	if n := len(before); n > 0 && (before[n-1] == '"' || before[n-1] == '\'') {
		before = before[:n-1]
	}
	label, separator := labelBefore(before)
	if separator == 0 {
		// Without a separator the word may be the last one of a message, whose fields the object has.
		in.depth = 1
		return in, !strings.HasSuffix(before, "(")
	}
	if in, ok = k.Enter(in, label); ok {
		return in, true
	}
	if k.Lookup(label).Kind == RoleMessage {
		return in, true
	}
	// Before a colon may stand the name of a logger as well, whose message is the object.
	in.depth = 1
	return in, separator == ':' && !isForeign(label)
}

// isForeign reports whether a word is the label of a query, or of data that somebody else has sent.
func isForeign(label string) bool { return queries.Lookup(label) || quoters.Lookup(label) }

// address knows whether a place is in the query or in the path of a URL.
type address struct {
	at     int // the last place that was asked for
	inside bool
}

// around reports whether the place is in an address. It looks back to the beginning of the word, or to the last place
// that was asked for.
func (a *address) around(s string, at int) bool {
	for i := at - 1; i >= a.at; i-- {
		if s[i] == '?' || s[i] == '/' && beginsPath(s, i) {
			*a = address{at, true}
			return true
		}
		if endsAddress(s[i]) {
			*a = address{at, false}
			return false
		}
	}
	a.at = at
	return a.inside
}

// beginsPath reports whether the slash at i is the first of a path, or the second of a URL.
func beginsPath(s string, i int) bool {
	return i == 0 || s[i-1] <= ' ' || s[i-1] == '"' || s[i-1] == '/' && i > 1 && s[i-2] == ':'
}

func endsAddress(c byte) bool {
	return c <= ' ' || c == '"' || c == '\'' || c == ',' || c == ';' || c == '|'
}

// labelBefore returns the key at the end of s with its separator behind it, = or :, maybe with a blank behind
// that. Without a separator it is 0. The key of a comparison (==, |=, =~) is empty.
func labelBefore(s string) (label string, separator byte) {
	s = strings.TrimSuffix(s, " ")
	if s == "" {
		return "", 0
	}
	separator = s[len(s)-1]
	if separator != '=' && separator != ':' && separator != '~' {
		return "", 0
	}
	s = strings.TrimSuffix(s[:len(s)-1], " ")
	if n := len(s); n > 0 && (s[n-1] == '"' || s[n-1] == '\'') {
		s = strings.TrimSuffix(s[:n-1], `\`)
	}
	return lastRun(s, maxLabel), separator
}

// lastWord returns the word at the end of s, with blanks and opening brackets behind it.
func lastWord(s string, longest int) string {
	for s != "" && (isBlank(s[len(s)-1]) || s[len(s)-1] == '(') {
		s = s[:len(s)-1]
	}
	return lastRun(s, longest)
}

// maxLabel is the longest label that is known, in bytes.
const maxLabel = 63

// lastRun returns the letters, digits and separators at the end of s, empty if there are more than the longest.
func lastRun(s string, longest int) string {
	start := len(s)
	for start > 0 && logfield.IsKeyByte(s[start-1]) {
		if len(s)-start == longest {
			return ""
		}
		start--
	}
	return s[start:]
}

// endOfBraces returns where the braces at the start of s are closed, or the length of s.
func endOfBraces(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i + 1
			}
		case '"':
			if i = endOfQuote(s, i); i < 0 {
				return len(s)
			}
		}
	}
	return len(s)
}
