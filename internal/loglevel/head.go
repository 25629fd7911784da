// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package loglevel

import "strings"

// The level of a plain line stands at its head, behind times, threads, process ids, hosts and the names of loggers.
const (
	maxHeadBytes = 256
	maxHeadWords = 12
)

// head goes through the words at the head of a line.
type head struct {
	s          string
	at         int
	prev, word string // the word before, and the one looked at
	n          int    // its number, from 0
	tab        bool   // a tab stands before it
	open       bool   // it is in brackets that were opened before
}

// isPrefix reports whether an object behind a text is the record: the text is empty, or what runtimes, syslog and
// the like put before a line. An object behind prose is what the prose is about.
func isPrefix(s string) bool {
	s = strings.TrimRight(s, " \t\r\n")
	if s == "" || s[len(s)-1] == '|' {
		return true
	}
	if s[len(s)-1] == ':' && (s[0] == '<' || s[0]-'0' <= 9 || isCalendar(s[:min(3, len(s))])) {
		return true
	}
	_, all := readHead(s)
	return all
}

// readHead returns the level at the head of a line, before which no prose may stand, or whether the text has nothing
// but what stands before a level.
func readHead(s string) (level Level, all bool) {
	h := head{s: s[:min(len(s), maxHeadBytes)]}
	for h.next() {
		if h.n == 0 && strings.IndexByte(h.word, '=') > 0 { // pairs have no head
			return Unknown, false
		}
		if level := h.level(); level != Unknown {
			return level, false
		}
		if h.n == maxHeadWords || !h.passes() {
			return Unknown, false
		}
		if h.open || h.word[0] == '[' {
			h.open = strings.IndexByte(h.word, ']') < 0
		}
		h.n++
	}
	return Unknown, len(s) <= maxHeadBytes
}

// next goes to the next word. A bar is a word by itself.
func (h *head) next() bool {
	h.prev, h.tab = h.word, false
	for n := h.gap(); n > 0; n = h.gap() {
		h.at += n
		h.tab = h.s[h.at-1] == '\t' || h.s[h.at-n] == '\\' && h.s[h.at-1] == 't'
	}
	start := h.at
	if h.at < len(h.s) && h.s[h.at] == '|' {
		h.at++
		h.word = h.s[start:h.at]
		return true
	}
	for h.at < len(h.s) && (inWords[h.s[h.at]] || h.s[h.at] == '\\' && h.gap() == 0) {
		h.at++
	}
	h.word = h.s[start:h.at]
	return h.word != ""
}

// inWords are the bytes that are part of a word, whatever stands beside them, and isMark those of them by which a word
// is no prose.
var inWords, isMark = func() (words, marks [256]bool) {
	for c := range words {
		words[c] = c > ' ' && c != '|' && c != '\\'
	}
	for _, c := range []byte("0123456789.@/#_$=") {
		marks[c] = true
	}
	return words, marks
}()

// followsTab reports whether a tab stands behind the word.
func (h *head) followsTab() bool {
	s := h.s[h.at:]
	rest := strings.TrimLeft(s, `\`)
	return strings.HasPrefix(s, "\t") || len(rest) < len(s) && strings.HasPrefix(rest, "t")
}

// gap returns the length of what parts words here: a blank, or a colour. In the content of a JSON string
// tabs and the escape byte are escaped.
func (h *head) gap() int {
	s := h.s[h.at:]
	if s == "" || s[0] > ' ' && s[0] != '\\' {
		return 0
	}
	escapes := len(s) - len(strings.TrimLeft(s, `\`))
	switch rest := s[escapes:]; {
	case s[0] == 0x1b:
		return colourLen(s, 1)
	case s[0] <= ' ':
		return 1
	case escapes == 0 || rest == "":
		return 0
	case rest[0] == 't' || rest[0] == 'n':
		return escapes + 1
	case strings.HasPrefix(rest, "u001b"):
		return colourLen(s, escapes+len("u001b"))
	}
	return 0
}

// colourLen returns the length of the colour sequence at the start of s, whose escape byte takes n bytes.
func colourLen(s string, n int) int {
	for i := n; i < len(s) && i < n+12; i++ {
		if s[i] == 'm' {
			return i + 1
		}
	}
	return n
}

// level returns the level that the word is.
func (h *head) level() Level {
	w := h.word
	switch {
	case h.n == 0 && (w[0] == '<' || w[0] == '\\'):
		return syslogPriority(w)
	case len(w) == 5 && isDigits(w[1:]) && isClock(h.s[h.at:]): // klog
		return letter(w[:1])
	case len(w) == 1, len(w) == 2 && w[1] == ',':
		return h.letter()
	}
	if !mayBeLevel(w) {
		return Unknown
	}
	core, marked := trimMarks(w)
	switch {
	case isUpper(core):
		return Parse(core)
	case marked || h.open || h.tab && h.followsTab():
		return lowerLevel(core)
	}
	return Unknown
}

// mayBeLevel reports false for most words that are none: times, addresses and the like, which begin with a digit, and
// what has a quote.
func mayBeLevel(w string) bool {
	first := w[0]
	if first == '[' || first == '(' {
		first = w[min(1, len(w)-1)]
	}
	return first-'0' > 9 && first != '"'
}

// letter reads a word of one letter: Ruby's at the start of the line, or one right behind a time or a
// number, as older MongoDB and Android write it.
func (h *head) letter() Level {
	last := byte(' ')
	if h.prev != "" {
		last = h.prev[len(h.prev)-1]
	}
	if h.n == 0 && len(h.word) == 2 || h.n > 0 && len(h.word) == 1 && last-'0' <= 9 {
		return letter(h.word[:1])
	}
	return Unknown
}

// letter reads the one letter of klog, Ruby and others, which is a capital.
func letter(w string) Level {
	if isUpper(w) {
		return Parse(w)
	}
	return Unknown
}

// syslogPriority reads the number in <11> at the start of a line. What is below ERROR says nothing: container
// runtimes write the same number for all that a program prints. Some JSON encoders escape the brackets.
func syslogPriority(w string) Level {
	w = strings.TrimPrefix(strings.TrimLeft(w, `<\`), "u003c")
	number := w[:len(w)-len(strings.TrimLeft(w, "0123456789"))]
	rest := strings.TrimLeft(w[len(number):], `\`)
	closed := strings.HasPrefix(rest, ">") || strings.HasPrefix(rest, "u003e")
	if n, ok := numberIn(number); ok && closed && n <= 191 && n&7 <= 3 {
		return Error
	}
	return Unknown
}

// trimMarks returns what of a word may be a level, and whether brackets or a colon mark it as one: ERROR of
// [ERROR], (ERROR), ERROR:, ERROR:root:text, app.ERROR:, [core:error], ERROR[0001] and ERR].
func trimMarks(w string) (core string, marked bool) {
	core = trimBytes(w, &openers, &closers)
	bracketed := len(core) < len(w)
	if at := strings.IndexByte(core, ':'); at > 0 {
		if bracketed && at+1 < len(core) {
			return core[at+1:], true
		}
		core, marked = core[:at], true
	}
	if at := strings.LastIndexByte(core, '.'); at >= 0 && marked {
		core = core[at+1:]
	}
	core, _, counted := strings.Cut(core, "[")
	return core, marked || bracketed && !counted
}

// lowerLevel reads a word that is marked as a level. Words that a text may as well begin with are left out.
func lowerLevel(w string) Level {
	level := Parse(w)
	if level == Unknown || len(w) < 3 {
		return Unknown
	}
	for _, other := range [...]string{"alert", "config", "fault", "fine", "http", "log", "note", "success"} {
		if strings.EqualFold(w, other) {
			return Unknown
		}
	}
	return level
}

// passes reports whether the word may stand before a level: it is no prose.
func (h *head) passes() bool {
	w := h.word
	switch {
	case h.open || w[0] == '[' || w[0] == '(' || w[len(w)-1] == ':' || isCalendar(w) || w == "stdout" || w == "stderr":
		return true
	case len(w) <= 5 && isUpper(w): // a time zone, PM
		return true
	case hasMark(w) || !hasLetter(w):
		return true
	}
	return isDash(h.prev) && h.dashFollows() // Python's "time - logger - ERROR"
}

func isDash(w string) bool { return w == "-" || w == "|" }

// dashFollows reports whether the next word is a dash or a bar.
func (h *head) dashFollows() bool {
	next := *h
	return next.next() && isDash(next.word)
}

// isCalendar reports whether a word is the short name of a month or a day of the week.
func isCalendar(w string) bool {
	switch w {
	case "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
		"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun":
		return true
	}
	return false
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i]-'0' > 9 {
			return false
		}
	}
	return true
}

// isClock reports whether a text begins with a blank and a time of day.
func isClock(s string) bool {
	return len(s) > 6 && s[0] == ' ' && isDigits(s[1:3]) && s[3] == ':' && isDigits(s[4:6])
}

// isUpper reports whether a word has letters, all of them capitals, and digits only behind them.
func isUpper(w string) bool {
	for i := range len(w) {
		if w[i]-'A' >= 26 && (i < 2 || w[i]-'0' > 9) {
			return false
		}
	}
	return w != ""
}

func hasMark(w string) bool {
	for i := range len(w) {
		if isMark[w[i]] {
			return true
		}
	}
	return false
}

func hasLetter(w string) bool {
	for i := range len(w) {
		if w[i]|0x20-'a' < 26 || w[i] >= 0x80 {
			return true
		}
	}
	return false
}

// trimRuntime cuts off what a container runtime puts before a line: 2026-11-21T09:53:01.1Z stdout F. Its F is no level.
func trimRuntime(s string) string {
	if s == "" || s[0]-'0' > 9 {
		return s
	}
	at := strings.Index(s[:min(len(s), 64)], " std")
	if at < 0 {
		return s
	}
	rest := s[at+len(" std"):]
	if len(rest) > 5 && (rest[:4] == "out " || rest[:4] == "err ") && (rest[4] == 'F' || rest[4] == 'P') && rest[5] == ' ' {
		return rest[6:]
	}
	return s
}
