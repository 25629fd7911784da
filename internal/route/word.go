// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	_ "embed"
	"strings"
)

//go:embed words.txt
var wordList string

// vocabulary holds words that public HTTP APIs use as literal segments: those
// that at least two of some 340 public cloud APIs share, and common words of
// web sites; true marks the actions among them. It is a prior, never a verdict:
// traffic overrules it.
var vocabulary = func() map[string]bool {
	words := map[string]bool{}
	for w := range strings.FieldsSeq(wordList) {
		words[w] = false
	}
	for w := range strings.FieldsSeq(actionList) {
		words[w] = true
	}
	return words
}()

// isPlural reports whether a segment names a collection by its ending.
func isPlural(seg string) bool {
	n := len(seg)
	if n < 3 || seg[n-1] != 's' && seg[n-1] != 'S' {
		return false
	}
	switch seg[n-2] {
	case 's', 'u': // address, status
		return false
	case 'i': // analysis, redis
		return n < 5
	}
	return isAlpha(seg[n-2])
}

// singular returns word without its plural ending.
func singular(word string) string {
	switch {
	case !isPlural(word):
		return word
	case strings.HasSuffix(word, "ies") && len(word) > 4:
		return word[:len(word)-3] + "y"
	case strings.HasSuffix(word, "sses") || strings.HasSuffix(word, "xes") || strings.HasSuffix(word, "ches"):
		return word[:len(word)-2]
	}
	return word[:len(word)-1]
}

// wording is what the words of a segment say.
type wording struct {
	pieces  int // words the segment is made of
	known   int // of them in the vocabulary
	digits  bool
	camel   bool // holds words in camel case
	capital bool // holds a run of capitals
	leading bool // starts with an underscore or another mark
	marks   bool // words are joined by hyphen, underscore or dot
	dots    bool // one of the marks is a dot
	action  bool // the first word is an action
}

// acts reports an action, alone (search) or with its object in camel case
// (searchUsers). Joined by marks, as test-org is, it may well be a name.
func (w wording) acts() bool {
	return w.action && w.known == w.pieces && !w.digits && (w.pieces == 1 || w.camel && !w.marks)
}

// readWording cuts a segment into words at marks, digits and camel humps.
func readWording(seg string) wording {
	var w wording
	start := 0
	for i := 0; i <= len(seg); i++ {
		if i < len(seg) && isAlpha(seg[i]) && !(i > start && isUpper(seg[i]) && isLower(seg[i-1])) {
			continue
		}
		w.piece(seg[start:i])
		start = i
		if i == len(seg) {
			break
		}
		switch c := seg[i]; {
		case isDigit(c):
			w.digits = true
			start = i + 1
		case isUpper(c):
			w.camel = true
		default:
			w.leading = w.leading || i == 0
			w.marks = w.marks || i > 0
			w.dots = w.dots || c == '.'
			start = i + 1
		}
	}
	return w
}

// piece counts one word.
func (w *wording) piece(word string) {
	if word == "" {
		return
	}
	w.pieces++
	var buf [32]byte
	if len(word) > len(buf) {
		return
	}
	upper := 0
	for i := range len(word) {
		c := word[i]
		if isUpper(c) {
			upper++
			c += 'a' - 'A'
		}
		buf[i] = c
	}
	w.capital = w.capital || upper > 1
	action, known := knownBytes(buf[:len(word)])
	if known || len(word) == 1 {
		w.known++
	}
	if w.pieces == 1 {
		w.action = action
	}
}

// knownBytes looks a lower-case word up, or its singular; action tells that
// the word itself is one.
func knownBytes(word []byte) (action, known bool) {
	if action, known = vocabulary[string(word)]; known {
		return action, true
	}
	n := len(word)
	if n <= 3 || word[n-1] != 's' {
		return false, false
	}
	if _, known = vocabulary[string(word[:n-1])]; known {
		return false, true
	}
	if n > 4 && word[n-2] == 'e' && word[n-3] == 'i' {
		word[n-3] = 'y'
		_, known = vocabulary[string(word[:n-2])]
		word[n-3] = 'i'
		return false, known
	}
	_, known = vocabulary[string(word[:n-2])]
	return false, known && word[n-2] == 'e'
}
