// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package sampling

import (
	"iter"
	"strings"
)

// The limits of a tracestate (W3C Trace Context Level 2, "tracestate Header Field
// Values").
const (
	maxMembers   = 32
	maxKey       = 256
	maxTenant    = 241 // before the @ of a key
	maxSystem    = 14  // after it
	maxValue     = 256
	optionalTrim = " \t" // OWS
)

// otKey is the key of OpenTelemetry's member.
const otKey = "ot"

// member is one entry of a tracestate, as it is written there.
type member struct{ key, value string }

// members yields the members of a tracestate in their order, each with true. Empty
// members, which the W3C allows, are left out. If the list is no tracestate, the last
// that is yielded is false.
//
// How many there are is not looked at: libraries send more than 32, and what they
// mean by them is as clear as before.
func members(list string) iter.Seq2[member, bool] {
	return func(yield func(member, bool) bool) {
		for rest := list; rest != ""; {
			var text string
			text, rest, _ = strings.Cut(rest, ",")
			if text = strings.Trim(text, optionalTrim); text == "" {
				continue
			}
			key, value, _ := strings.Cut(text, "=")
			ok := validKey(key) && validValue(value)
			if !yield(member{key, value}, ok) || !ok {
				return
			}
		}
	}
}

// otOf returns the value of OpenTelemetry's member, or "" where there is none. Of two,
// the first is the younger one. It reports whether the list is a tracestate.
func otOf(list string) (value string, ok bool) {
	for m, valid := range members(list) {
		if !valid {
			return "", false
		}
		if m.key == otKey && value == "" {
			value = m.value
		}
	}
	return value, true
}

// withOT returns the tracestate with the value as that of OpenTelemetry's member, which
// goes in front because it is new; "" removes it. The others keep their order. Where
// there are more than 32 then, those on the right, the oldest, make room (W3C Trace
// Context, "Mutating the tracestate Field").
func withOT(list, value string) string {
	var b strings.Builder
	b.Grow(len(list) + len(value) + len(otKey) + 2)
	n := 0
	add := func(m member) {
		if n++; n > 1 {
			b.WriteByte(',')
		}
		b.WriteString(m.key)
		b.WriteByte('=')
		b.WriteString(m.value)
	}
	if value != "" {
		add(member{otKey, value})
	}
	for m := range members(list) {
		if n == maxMembers {
			break
		}
		if m.key != otKey {
			add(m)
		}
	}
	return b.String()
}

// validKey reports whether the text is a key: lower-case letters, digits and _-*/, a
// letter first, or a tenant and a system of these with an @ between them.
func validKey(key string) bool {
	tenant, system, multi := strings.Cut(key, "@")
	if !multi {
		return len(key) <= maxKey && validName(key, isLetter)
	}
	return len(tenant) <= maxTenant && len(system) <= maxSystem &&
		validName(tenant, func(c byte) bool { return isLetter(c) || isDigit(c) }) && validName(system, isLetter)
}

// validName reports whether a part of a key begins as it must and goes on with what
// keys are made of.
func validName(name string, begins func(byte) bool) bool {
	if name == "" || !begins(name[0]) {
		return false
	}
	for i := 1; i < len(name); i++ {
		switch c := name[i]; {
		case isLetter(c), isDigit(c), c == '_', c == '-', c == '*', c == '/':
		default:
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// validValue reports whether the text is a value: printable ASCII but for the comma and
// the equals sign, with no space at its end.
func validValue(value string) bool {
	if value == "" || len(value) > maxValue || value[len(value)-1] == ' ' {
		return false
	}
	for i := range len(value) {
		if c := value[i]; c < ' ' || c > '~' || c == ',' || c == '=' {
			return false
		}
	}
	return true
}
