// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package mask

import (
	"cmp"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// touches reports whether a text may say something of the path.
func (h *hider) touches(text string) bool {
	return h.path != "" && (strings.IndexByte(text, '/') >= 0 || strings.Contains(text, "%2"))
}

// text returns the text with what the path says hidden.
func (h *hider) text(text string) string {
	if !h.touches(text) {
		return text
	}
	for _, v := range h.odd {
		text = strings.ReplaceAll(text, "/"+v.value, "/"+v.name)
	}
	h.out, h.changed = h.out[:0], false
	for rest := text; rest != ""; {
		end := wordEnd(rest)
		h.word(rest[:end])
		if end < len(rest) {
			_, size := utf8.DecodeRuneInString(rest[end:])
			h.out = append(h.out, rest[end:end+size]...)
			end += size
		}
		rest = rest[end:]
	}
	if !h.changed {
		return text
	}
	return string(h.out)
}

// endsWord are the characters of ASCII that stand in no path, unless they are escaped.
var endsWord = func() (table [utf8.RuneSelf]bool) {
	for c := range table {
		table[c] = c <= ' ' || c == 0x7f || c == '"' || c == '<' || c == '>' || c == '`'
	}
	return table
}()

// wordEnd returns where the word ends that a text begins with: at what stands in no path.
func wordEnd(text string) int {
	for i, r := range text {
		if r < utf8.RuneSelf && endsWord[r] || r >= utf8.RuneSelf && (unicode.IsSpace(r) || unicode.IsControl(r)) {
			return i
		}
	}
	return len(text)
}

// word appends a word with its segments masked. What follows the path as a query is
// cut.
func (h *hider) word(word string) {
	path, query := word, ""
	if i := strings.IndexAny(word, "?#"); i >= 0 {
		path, query = word[:i], word[i:]
	}
	end, width := nextSlash(path, 0)
	found := strings.HasSuffix(path, h.path)
	switch {
	case end == len(path) || strings.HasPrefix(path, "HTTP/") && len(path) <= len("HTTP/1.1"):
		h.out = append(h.out, word...)
		return
	case h.all:
		h.out, h.changed = append(h.out, cmp.Or(h.pattern, anySegment)...), true
		return
	case h.urls && !found:
		if host := hostEnd(path); host > 0 && host < len(path) {
			h.out, h.changed = append(append(h.out, path[:host]...), anyPath...), true
			return
		}
	}
	h.out = append(h.out, path[:end]...)
	for end < len(path) {
		start := end + width
		h.out = append(h.out, path[end:start]...)
		end, width = nextSlash(path, start)
		hidden := h.segment(path[start:end])
		found = found || hidden
	}
	if !found {
		h.out = append(h.out, query...)
		return
	}
	h.out = append(h.out, query[len(strings.TrimRight(query, goesOn)):]...)
	h.changed = true
}

// goesOn are the characters with which the text behind a word begins.
const goesOn = `,;)]}'\`

// anyPath stands in the place of the path of another URL.
const anyPath = "/{path...}"

// hostEnd returns where the host of a URL ends, or 0 if the text is none.
func hostEnd(text string) int {
	scheme := strings.Index(text, "://")
	if scheme < 0 {
		return 0
	}
	host := scheme + len("://")
	if slash := strings.IndexByte(text[host:], '/'); slash >= 0 {
		return host + slash
	}
	return len(text)
}

// segment appends a segment, or what stands in its place, and reports whether it was
// hidden.
func (h *hider) segment(text string) bool {
	name, end, ok := h.find(text)
	if !ok {
		h.out = append(h.out, text...)
		return false
	}
	h.out = append(append(h.out, name...), text[end:]...)
	return true
}

// find returns what stands in the place of a segment's beginning, and where that ends.
func (h *hider) find(text string) (name string, end int, ok bool) {
	if name, ok = h.nameOf(text); ok || !strings.ContainsAny(text, goesOn+"|&.:!=%") {
		return name, len(text), ok
	}
	bare := len(strings.TrimRight(text, goesOn))
	if plain := unescape(text[:bare]); plain != text[:bare] {
		name, ok = h.escaped(plain)
		if !ok && strings.IndexByte(plain, '+') >= 0 { // a blank, as forms have it
			name, ok = h.escaped(strings.ReplaceAll(plain, "+", " "))
		}
		if ok {
			return name, bare, true
		}
	}
	for _, end := range [...]int{bare, strings.IndexAny(text, `,)]}'\|&`), strings.IndexByte(text, ';'), strings.IndexAny(text, ".:!=")} {
		if end <= 0 {
			continue
		}
		if name, ok = h.nameOf(text[:end]); ok {
			if end < bare && text[end] == ';' {
				end = bare // matrix parameters
			}
			return name, end, true
		}
	}
	return "", 0, false
}

// escaped returns what stands in the place of a segment that was escaped, if any part
// of it is to be hidden: there may be a query in it, or a whole path that was escaped
// twice.
func (h *hider) escaped(plain string) (name string, ok bool) {
	if name, ok = h.nameOf(plain); ok {
		return name, true
	}
	parts := strings.FieldsFuncSeq(plain, func(r rune) bool { return strings.ContainsRune("/?#;&=,.:", r) })
	for part := range parts {
		if _, ok := h.nameOf(part); ok {
			name, _ = h.nameOf(firstPart(plain))
			return cmp.Or(name, anySegment), true
		}
	}
	return "", false
}

// firstPart is what is in front of a query.
func firstPart(plain string) string {
	if i := strings.IndexAny(plain, "?#;"); i >= 0 {
		return plain[:i]
	}
	return plain
}

// nextSlash returns the place of the next slash in a path, also one that is escaped, and
// how long it is; or the end.
func nextSlash(path string, from int) (at, width int) {
	for i := from; i < len(path); i++ {
		switch {
		case path[i] == '/':
			return i, 1
		case path[i] == '%' && i+2 < len(path) && path[i+1] == '2' && path[i+2]|0x20 == 'f':
			return i, len("%2f")
		case path[i] == '\\' && i+1 < len(path) && path[i+1] == '/':
			return i, len(`\/`)
		}
	}
	return len(path), 0
}

// maxEscapes is how often a text may be escaped that is recognised.
const maxEscapes = 3

// unescape undoes percent-encoding as far as it is one.
func unescape(text string) string {
	for range maxEscapes {
		if strings.IndexByte(text, '%') < 0 {
			break
		}
		plain, err := url.PathUnescape(text)
		if err != nil {
			break
		}
		text = plain
	}
	return text
}
