// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package logtrace

import "strings"

// inQuery says whose a pair is that may be a part of a condition or an assignment of a query: where
// trace_id='…'. What stands in a comment of a statement was written there for the log of the server that gets
// it, as sqlcommenter does, and is the caller's own.
func (a *surroundings) inQuery(s string, key, value int, inside bool) place {
	if label, separator := labelBefore(s[:key]); separator == ':' && queries.Lookup(label) {
		return foreign
	}
	word := lastWord(strings.TrimRight(s[:key], `"`), len("having"))
	quote := quoteAt(s, value)
	switch {
	case isOneOf(word, "where", "having"), word == "AND" || word == "OR" || word == "NOT":
		return foreign
	case quote == 0, quote == '"' && !isOneOf(word, "and", "or", "not", "on") && !strings.HasSuffix(s[:key], ", "):
		return own
	}
	a.sql.read(s, a.statementStart(inside), key)
	switch {
	case a.sql.comment:
		return quoted
	case a.sql.condition:
		return foreign
	}
	return own
}

// statementStart returns from where on a statement may have begun.
func (a *surroundings) statementStart(inside bool) int {
	if inside {
		return a.quotes.from
	}
	return a.quotes.restart
}

// quoteAt returns the quote that the value begins with, or 0.
func quoteAt(s string, value int) byte {
	if value < len(s) && s[value] == ' ' {
		value++
	}
	if value < len(s) && (s[value] == '"' || s[value] == '\'') {
		return s[value]
	}
	return 0
}

// statement knows whether a place in a text is behind the WHERE or the SET of a statement in SQL, or in
// a comment of it.
type statement struct {
	end                        int // how far it was read
	update, condition, comment bool
}

// read reads on to the place. What stands before start is no part of the statement.
func (q *statement) read(s string, start, at int) {
	if q.end < start {
		*q = statement{end: start}
	}
	for q.end < at {
		i := q.end
		q.end++
		switch c := s[i]; {
		case c == '/' && s[q.end] == '*':
			q.comment = true
		case c == '*' && s[q.end] == '/':
			q.comment = false
		case isLetter(c):
			for q.end < at && (isLetter(s[q.end]) || s[q.end] == '_' || isDigit(s[q.end])) {
				q.end++
			}
			q.word(s[i:q.end])
		}
	}
}

func (q *statement) word(word string) {
	switch {
	case isOneOf(word, "update"):
		q.update = true
	case isOneOf(word, "where", "having"), q.update && isOneOf(word, "set"):
		q.condition = true
	}
}

// isOneOf reports whether the word is one of those, in either case.
func isOneOf(word string, words ...string) bool {
	for _, w := range words {
		if len(word) == len(w) && strings.EqualFold(word, w) {
			return true
		}
	}
	return false
}
