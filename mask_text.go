// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"cmp"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// touches reports whether a text may say something of the path.
func (m *masker) touches(text string) bool {
	return m.path != "" && (strings.IndexByte(text, '/') >= 0 || strings.Contains(text, "%2"))
}

// text returns the text with what the path says hidden.
func (m *masker) text(text string) string {
	if !m.touches(text) {
		return text
	}
	for _, h := range m.odd {
		text = strings.ReplaceAll(text, "/"+h.value, "/"+h.name)
	}
	m.out, m.changed = m.out[:0], false
	for rest := text; rest != ""; {
		end := wordEnd(rest)
		m.word(rest[:end])
		if end < len(rest) {
			_, size := utf8.DecodeRuneInString(rest[end:])
			m.out = append(m.out, rest[end:end+size]...)
			end += size
		}
		rest = rest[end:]
	}
	if !m.changed {
		return text
	}
	return string(m.out)
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
func (m *masker) word(word string) {
	path, query := word, ""
	if i := strings.IndexAny(word, "?#"); i >= 0 {
		path, query = word[:i], word[i:]
	}
	end, width := nextSlash(path, 0)
	found := strings.HasSuffix(path, m.path)
	switch {
	case end == len(path) || strings.HasPrefix(path, "HTTP/") && len(path) <= len("HTTP/1.1"):
		m.out = append(m.out, word...)
		return
	case m.all:
		m.out, m.changed = append(m.out, cmp.Or(m.pattern, anySegment)...), true
		return
	case m.urls && !found:
		if host := hostEnd(path); host > 0 && host < len(path) {
			m.out, m.changed = append(append(m.out, path[:host]...), anyPath...), true
			return
		}
	}
	m.out = append(m.out, path[:end]...)
	for end < len(path) {
		start := end + width
		m.out = append(m.out, path[end:start]...)
		end, width = nextSlash(path, start)
		hidden := m.segment(path[start:end])
		found = found || hidden
	}
	if !found {
		m.out = append(m.out, query...)
		return
	}
	m.out = append(m.out, query[len(strings.TrimRight(query, goesOn)):]...)
	m.changed = true
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
func (m *masker) segment(text string) bool {
	name, end, ok := m.find(text)
	if !ok {
		m.out = append(m.out, text...)
		return false
	}
	m.out = append(append(m.out, name...), text[end:]...)
	return true
}

// find returns what stands in the place of a segment's beginning, and where that ends.
func (m *masker) find(text string) (name string, end int, ok bool) {
	if name, ok = m.nameOf(text); ok || !strings.ContainsAny(text, goesOn+"|&.:!=%") {
		return name, len(text), ok
	}
	bare := len(strings.TrimRight(text, goesOn))
	if plain := unescape(text[:bare]); plain != text[:bare] {
		name, ok = m.escaped(plain)
		if !ok && strings.IndexByte(plain, '+') >= 0 { // a blank, as forms have it
			name, ok = m.escaped(strings.ReplaceAll(plain, "+", " "))
		}
		if ok {
			return name, bare, true
		}
	}
	for _, end := range [...]int{bare, strings.IndexAny(text, `,)]}'\|&`), strings.IndexByte(text, ';'), strings.IndexAny(text, ".:!=")} {
		if end <= 0 {
			continue
		}
		if name, ok = m.nameOf(text[:end]); ok {
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
func (m *masker) escaped(plain string) (name string, ok bool) {
	if name, ok = m.nameOf(plain); ok {
		return name, true
	}
	parts := strings.FieldsFuncSeq(plain, func(r rune) bool { return strings.ContainsRune("/?#;&=,.:", r) })
	for part := range parts {
		if _, ok := m.nameOf(part); ok {
			name, _ = m.nameOf(firstPart(plain))
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
