// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package segment

import (
	_ "embed"
	"strings"
)

//go:embed words.txt
var wordList string

// vocabulary holds words that public HTTP APIs use as literal segments: those
// that at least two of some 340 public cloud APIs share, and common words of
// web sites; true marks the verbs among them. It is a prior, never a verdict:
// traffic overrules it.
var vocabulary = func() map[string]bool {
	words := map[string]bool{}
	for w := range strings.FieldsSeq(wordList) {
		words[w] = false
	}
	for w := range strings.FieldsSeq(verbList) {
		words[w] = true
	}
	return words
}()

// IsPlural reports whether a segment names a collection by its ending.
func IsPlural(seg string) bool {
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
	return IsAlpha(seg[n-2])
}

// Singular returns word without its plural ending.
func Singular(word string) string {
	switch {
	case !IsPlural(word):
		return word
	case strings.HasSuffix(word, "ies") && len(word) > 4:
		return word[:len(word)-3] + "y"
	case strings.HasSuffix(word, "sses") || strings.HasSuffix(word, "xes") || strings.HasSuffix(word, "ches"):
		return word[:len(word)-2]
	}
	return word[:len(word)-1]
}

// Wording is what the words of a segment say.
type Wording struct {
	Pieces  int // words the segment is made of
	Known   int // of them in the vocabulary
	Digits  bool
	Camel   bool // holds words in camel case
	Capital bool // holds a run of capitals
	Leading bool // starts with a mark that endpoints start with: _search, $metadata, .well-known
	Marks   bool // words are joined by hyphen, underscore or dot
	Dots    bool // one of the marks is a dot
	verb    bool // the first word is a verb
}

// Named reports the wording of an endpoint: of words that APIs use, behind a mark
// that endpoints start with, or of a remote procedure (chat.postMessage).
func (w Wording) Named() bool {
	return w.Pieces == w.Known && !w.Digits || w.Leading || w.Dots && w.Camel && !w.Digits
}

// Acts reports an action, alone (search) or with its object in camel case, whatever
// that is (searchUsers, ConvertFurlongs). Joined by marks, as test-org is, it may well
// be a name.
func (w Wording) Acts() bool {
	return w.verb && !w.Digits && (w.Pieces == 1 || w.Camel && !w.Marks)
}

// ReadWording cuts a segment into words at marks, digits and camel humps.
func ReadWording(seg string) Wording {
	var w Wording
	start := 0
	for i := 0; i <= len(seg); i++ {
		if i < len(seg) && IsAlpha(seg[i]) && !(i > start && IsUpper(seg[i]) && IsLower(seg[i-1])) {
			continue
		}
		w.piece(seg[start:i])
		start = i
		if i == len(seg) {
			break
		}
		switch c := seg[i]; {
		case IsDigit(c):
			w.Digits = true
			start = i + 1
		case IsUpper(c):
			w.Camel = true
		default:
			w.Leading = w.Leading || i == 0 && strings.IndexByte("_$.-", c) >= 0
			w.Marks = w.Marks || i > 0
			w.Dots = w.Dots || c == '.'
			start = i + 1
		}
	}
	return w
}

// piece counts one word.
func (w *Wording) piece(word string) {
	if word == "" {
		return
	}
	w.Pieces++
	var buf [32]byte
	if len(word) > len(buf) {
		return
	}
	upper := 0
	for i := range len(word) {
		c := word[i]
		if IsUpper(c) {
			upper++
			c += 'a' - 'A'
		}
		buf[i] = c
	}
	w.Capital = w.Capital || upper > 1
	verb, known := knownBytes(buf[:len(word)])
	if known || len(word) == 1 {
		w.Known++
	}
	if w.Pieces == 1 {
		w.verb = verb
	}
}

// knownBytes looks a lower-case word up, or its singular; verb tells that the
// word itself is one.
func knownBytes(word []byte) (verb, known bool) {
	if verb, known = vocabulary[string(word)]; known {
		return verb, true
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
