// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"cmp"
	"net/url"
	"strings"
	"unicode"
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
	for _, value := range m.odd {
		text = strings.ReplaceAll(text, "/"+value, "/"+m.values[value])
	}
	m.out = m.out[:0]
	for text != "" {
		end := strings.IndexFunc(text, endsWord)
		if end < 0 {
			end = len(text)
		}
		m.word(text[:end])
		next := end
		for next < len(text) && text[next] < 0x80 && endsWord(rune(text[next])) {
			next++
		}
		if next == end && end < len(text) { // a blank that is not ASCII
			next = len(text) - len(strings.TrimLeftFunc(text[end:], endsWord))
		}
		m.out = append(m.out, text[end:next]...)
		text = text[next:]
	}
	return string(m.out)
}

// endsWord reports what stands in no path, unless it is escaped.
func endsWord(r rune) bool {
	return r == '"' || r == '<' || r == '>' || r == '`' || unicode.IsSpace(r) || unicode.IsControl(r)
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
		m.out = append(m.out, cmp.Or(m.pattern, anySegment)...)
		return
	case m.urls && !found:
		if host := hostEnd(path); host > 0 && host < len(path) {
			m.out = append(append(m.out, path[:host]...), anyPath...)
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
	bare := len(strings.TrimRight(text, goesOn))
	if plain := unescape(text[:bare]); plain != text[:bare] {
		name, ok := m.escaped(plain)
		if !ok && strings.IndexByte(plain, '+') >= 0 { // a blank, as forms have it
			name, ok = m.escaped(strings.ReplaceAll(plain, "+", " "))
		}
		if ok {
			m.out = append(append(m.out, name...), text[bare:]...)
			return true
		}
	}
	for _, end := range [...]int{
		len(text), bare, strings.IndexAny(text, `,)]}'\|&`), strings.IndexByte(text, ';'), strings.IndexAny(text, ".:!="),
	} {
		if end <= 0 {
			continue
		}
		if name, ok := m.values[text[:end]]; ok {
			if end < bare && text[end] == ';' {
				end = bare // matrix parameters
			}
			m.out = append(append(m.out, name...), text[end:]...)
			return true
		}
	}
	m.out = append(m.out, text...)
	return false
}

// escaped returns what stands in the place of a segment that was escaped, if any part
// of it is to be hidden: there may be a query in it, or a whole path that was escaped
// twice.
func (m *masker) escaped(plain string) (name string, ok bool) {
	if name, ok = m.values[plain]; ok {
		return name, true
	}
	parts := strings.FieldsFuncSeq(plain, func(r rune) bool { return strings.ContainsRune("/?#;&=,.:", r) })
	for part := range parts {
		if _, ok := m.values[part]; ok {
			return cmp.Or(m.values[firstPart(plain)], anySegment), true
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
