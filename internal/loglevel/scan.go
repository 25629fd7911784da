// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package loglevel

import (
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/logfield"
)

// MaxBodyBytes is how much of a body is read: container runtimes cut lines at 16 KiB.
const MaxBodyBytes = 16 << 10

// maxQuoted is how often a line may be wrapped in JSON and still be read, as backslashes before its quotes: three times.
const maxQuoted = 7

// Scan finds the level that a log body states. The body is borrowed, and at most MaxBodyBytes of it are read.
func Scan(body string) Level { return scanLine(body[:min(len(body), MaxBodyBytes)], 0) }

// scanLine reads a line: its head, then objects and pairs in turn. Before its quotes stand as many backslashes
// as given.
func scanLine(s string, quoted int) Level {
	s = trimRuntime(s)
	object := logfield.QuotedObjectStart(s, 0, quoted)
	head := s[:object]
	if level := textLevel(head); level != Unknown {
		return level
	}
	for object < len(s) && isPrefix(head) {
		read, level := scanObject(s[object:], quoted)
		if level != Unknown {
			return level
		}
		next := logfield.QuotedObjectStart(s, object+read, quoted)
		head, object = s[object+read:next], next
	}
	return Unknown
}

// textLevel reads a text that is no JSON.
func textLevel(s string) Level {
	if s == "" {
		return Unknown
	}
	if level, _ := readHead(s); level != Unknown {
		return level
	}
	return pairs(s)
}

// scanObject reads the object at the start of s and, if it has no level, the line in it. It returns how much of s was
// read.
func scanObject(s string, quoted int) (read int, level Level) {
	o := logfield.NewQuotedObject(s, quoted)
	var f Finder
	var message string
	var scopes [logfield.MaxDepth + 1]logfield.Scope
	depth := 0
	for step := o.Next(); step != logfield.End && !f.sure(); step = o.Next() {
		switch step {
		case logfield.Field:
			if k := LookupIn(&scopes[depth], o.Key()); k.Known() {
				f.Offer(k, o.Value(), depth)
			} else if message == "" && depth == 0 && IsMessage(o.Key()) {
				message = o.Value()
			}
		case logfield.Close:
			depth--
		case logfield.Open:
			if inner, ok := Enter(scopes[depth], o.Key()); ok && !o.IsArray() && o.Into() {
				depth++
				scopes[depth] = inner
			}
		}
	}
	level = f.Level()
	if level == Unknown && message != "" && quoted < maxQuoted {
		level = scanLine(message, logfield.Quoted(quoted))
	}
	return o.Pos(), level
}

// pairs reads the key=value of a text. A key: value is more often prose. What stands in a quoted value is no
// pair, and a number counts only if the whole text is made of pairs: a fuel level=50 is none.
func pairs(s string) Level {
	var f Finder
	p := logfield.NewAssignments(s)
	until := 0
	for key, value, ok := p.Next(); ok && !f.sure(); key, value, ok = p.Next() {
		if value < until {
			continue
		}
		v, end := pairValue(s, value)
		until = end
		k := Lookup(key)
		if !k.Known() || !startsWord(s[:value-1], key) {
			continue
		}
		if _, number := numberIn(v); number && !startsWithPair(s) {
			continue
		}
		f.Offer(k, v, 0)
	}
	return f.Level()
}

// startsWithPair reports whether the first word of a text is a pair.
func startsWithPair(s string) bool {
	end := strings.IndexAny(s, " \t\"")
	return end < 0 || strings.IndexByte(s[:end], '=') > 0 || s[0] == '"'
}

// startsWord reports whether the key at the end of s stands at the start or behind a blank, but for its quote.
func startsWord(s, key string) bool {
	at := strings.LastIndex(s, key)
	for at > 0 && (s[at-1] == '"' || s[at-1] == '\\') {
		at--
	}
	return at <= 0 || s[at-1] <= ' ' || s[at-1] == '[' || s[at-1] == ',' || s[at-1] == '|' || s[at-1] == ';'
}

// pairValue returns the value that begins at start, and where it ends. In the content of a JSON string its quotes have
// backslashes before them.
func pairValue(s string, start int) (v string, end int) {
	open := start
	for open < len(s) && s[open] == '\\' {
		open++
	}
	if open == len(s) || s[open] != '"' {
		end = start + len(firstWord(s[start:]))
		return s[start:end], end
	}
	open++
	length := strings.IndexByte(s[open:], '"')
	if length < 0 {
		return s[open:], len(s)
	}
	end = open + length
	return strings.TrimRight(s[open:end], "\\"), end
}

func firstWord(s string) string {
	end := 0
	for end < len(s) && s[end] > ' ' && strings.IndexByte(",;|]}\\\"", s[end]) < 0 {
		end++
	}
	return s[:end]
}
