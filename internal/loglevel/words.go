// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package loglevel

// Level is what is known of a record's level.
type Level uint8

// The levels.
const (
	// Unknown: nothing says what the level is.
	Unknown Level = iota
	// Below ERROR.
	Below
	// Error: ERROR or above.
	Error
)

// maxWord is the longest word that is a level, with the digit that the data model adds.
const maxWord = len("informational")

// trimEscapes cuts line breaks and tabs off the end of a word, as JSON escapes them.
func trimEscapes(word string) string {
	for n := len(word) - 2; n > 0 && word[n] == '\\' && (word[n+1] == 'n' || word[n+1] == 'r' || word[n+1] == 't'); n -= 2 {
		word = word[:n]
	}
	return word
}

// Parse returns the level that a word stands for, whatever its case and the blanks and brackets around it. A number
// stands for what it does under level.
func Parse(word string) Level {
	if n, ok := numberIn(word); ok {
		return loggerLevel(n)
	}
	word = trimBytes(trimEscapes(word), &around, &around)
	if len(word) > 1 && word[len(word)-1]-'1' <= 4 { // ERROR2, D1
		word = word[:len(word)-1]
	}
	if word == "" || len(word) > maxWord {
		return Unknown
	}
	var buf [maxWord]byte
	for i := range len(word) {
		buf[i] = word[i] | 0x20
	}
	return levelOf(buf[:len(word)])
}

// The bytes that may stand around a word, at the beginning of one in a line, and at its end.
var around, openers, closers = set(" \t\r\n[]()<>:*"), set("[(<*"), set("])>*,")

func set(bytes string) (t [256]bool) {
	for i := range len(bytes) {
		t[bytes[i]] = true
	}
	return t
}

// trimBytes cuts off the bytes of the sets.
func trimBytes(s string, left, right *[256]bool) string {
	for s != "" && left[s[0]] {
		s = s[1:]
	}
	for s != "" && right[s[len(s)-1]] {
		s = s[:len(s)-1]
	}
	return s
}

// levelOf knows words in small letters.
func levelOf(word []byte) Level {
	switch string(word) {
	case "error", "err", "eror", "erro", "e", "fatal", "ftl", "fata", "f", "critical", "crit", "alert",
		"emergency", "emerg", "panic", "pani", "pnc", "dpanic", "severe", "fail", "fault":
		return Error
	case "warning", "warn", "wrn", "w", "notice", "note", "information", "informational", "info", "inf", "i", "success",
		"log", "http", "config", "debug", "debu", "dbug", "dbg", "d", "trace", "trac", "trc", "t", "verbose", "verb", "vrb",
		"v", "fine", "finer", "finest", "silly":
		return Below
	}
	return Unknown
}
