// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package logtrace

import (
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/logfield"
)

// quotes finds the quoted parts of a text, from left to right. A quote opens at the beginning of a word and closes
// before the end of one, so that an apostrophe and an inch do neither. One that is never closed opens nothing.
type quotes struct {
	begun          bool
	double, single int // the next ones that were not looked at
	from, to       int // the inside of the last quoted part
	judged         bool
	verdict        place // whose the last quoted part is, once judged
	// restart is the end of the last quoted part with blanks in it. A statement in it is over there.
	restart int
}

// around returns the quoted part that the place is in, or false.
func (q *quotes) around(s string, at int) (from, to int, ok bool) {
	if !q.begun {
		q.begun = true
		q.double, q.single = logfield.IndexFrom(s, 0, '"'), logfield.IndexFrom(s, 0, '\'')
	}
	for q.to <= at {
		next := min(q.double, q.single)
		if next >= at {
			break
		}
		q.read(s, next)
	}
	return q.from, q.to, q.from <= at && at < q.to
}

// read looks at the next quote and passes over what it quotes.
func (q *quotes) read(s string, open int) {
	end := open
	if opensQuote(s, open) {
		if end = endOfQuote(s, open); end < 0 {
			q.leave(s, open)
			return
		}
		q.from, q.to, q.judged = open+1, end, false
		if strings.IndexByte(s[q.from:q.to], ' ') >= 0 {
			q.restart = end
		}
	}
	if q.double <= end {
		q.double = logfield.IndexFrom(s, end+1, '"')
	}
	if q.single <= end {
		q.single = logfield.IndexFrom(s, end+1, '\'')
	}
}

// leave passes over all quotes of a kind: where one does not close, none behind it does.
func (q *quotes) leave(s string, open int) {
	if s[open] == '"' {
		q.double = len(s)
	} else {
		q.single = len(s)
	}
}

// withinInner reports whether the place is in a text that is quoted within the last quoted part, with escaped quotes. A
// key in quotes of its own is not.
func (q *quotes) withinInner(s string, at int) bool {
	return s[at-1] != '"' && strings.Count(s[q.from:at], `\"`)%2 == 1
}

// whose says whose the last quoted part is.
func (q *quotes) whose(k *Keys, s string) place {
	if !q.judged {
		q.judged, q.verdict = true, k.quotation(s, q.from, q.to)
	}
	return q.verdict
}

// quotation says whose the quoted text is. Behind a label, the label tells. Without one, a line that is quoted
// as a whole is its own, and so are a field of a table and a text of pairs, as in the formats of access logs.
func (k *Keys) quotation(s string, from, to int) place {
	if label, separator := labelBefore(s[:from-1]); separator != 0 {
		return k.labelled(label)
	}
	if isField(s, from-1, to+1) || onlyPairs(s[from:to]) {
		return quoted
	}
	return foreign
}

// isField reports whether the text from start to end, with its quotes, is a field among commas or the whole.
func isField(s string, start, end int) bool {
	end += len(s[end:]) - len(strings.TrimLeft(s[end:], " \r\n"))
	return (start == 0 || s[start-1] == ',') && (end == len(s) || s[end] == ',')
}

// onlyPairs reports whether a text has no word but keys and values, or is a single word.
func onlyPairs(s string) bool {
	if strings.IndexByte(s, ' ') < 0 {
		return true
	}
	expected := false
	for s != "" {
		var word string
		if word, s, _ = strings.Cut(s, " "); word == "" {
			continue
		}
		if !expected && strings.IndexByte(word, '=') < 0 && strings.IndexByte(word, ':') < 0 {
			return false
		}
		last := word[len(word)-1]
		expected = last == '=' || last == ':'
	}
	return true
}

// openers are the bytes before the beginning of a word.
var openers = func() (t [256]bool) {
	for _, c := range " \t\r\n=~:([{,;>|!" {
		t[c] = true
	}
	return t
}()

// opensQuote reports whether the quote at i is at the beginning of a word, or behind a separator. An apostrophe
// between blanks quotes nothing.
func opensQuote(s string, i int) bool {
	if i > 0 && !openers[s[i-1]] {
		return false
	}
	between := (i == 0 || isBlank(s[i-1])) && (i+1 == len(s) || isBlank(s[i+1]))
	return s[i] == '"' || !between
}

// endOfQuote returns where the quote at open is closed, or less than 0. A quote with an odd number of backslashes
// before it does not close, nor does an apostrophe within a word.
func endOfQuote(s string, open int) int {
	for i := logfield.IndexFrom(s, open+1, s[open]); i < len(s); i = logfield.IndexFrom(s, i+1, s[open]) {
		back := i
		for back > open+1 && s[back-1] == '\\' {
			back--
		}
		if (i-back)%2 == 1 || s[i] == '\'' && i+1 < len(s) && (isLetter(s[i+1]) || isDigit(s[i+1])) {
			continue
		}
		return i
	}
	return -1
}

// braces finds the braces of a text that are not JSON's, from left to right.
type braces struct {
	begun   bool
	last    int // the last one that opens before the place, less than 0 for none
	next    int // the next that opens
	closing int // the first that closes behind last
	foreign bool
}

// foreignAt reports whether the place is in braces that belong to a query or to the data of somebody else.
func (b *braces) foreignAt(k *Keys, s string, at int) bool {
	if !b.begun {
		b.begun, b.last, b.next = true, -1, logfield.IndexFrom(s, 0, '{')
	}
	for b.next < at {
		b.last, b.next = b.next, logfield.IndexFrom(s, b.next+1, '{')
		if b.closing < b.last {
			b.closing = logfield.IndexFrom(s, b.last, '}')
		}
		_, ok := k.scopeBehind(s[:b.last])
		b.foreign = !ok || isForeign(lastWord(s[:b.last], maxLabel))
	}
	return b.last >= 0 && b.foreign && at < b.closing
}
