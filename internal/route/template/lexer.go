// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"slices"
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/route/segment"
)

// lexer cuts the path of a template into tokens. One lexer reads all router
// syntaxes: where they disagree, the reading that more routers share is taken,
// and the few texts that would change meaning silently are refused.
type lexer struct {
	text   string
	pos    int
	tokens []token
	regex  bool // Django re_path: text is a regular expression
	// parentheses that are text and not closed yet.
	parentheses int
}

// lex reads the path of a template.
func lex(path string) ([]token, error) {
	l := &lexer{text: path}
	if strings.HasPrefix(path, "^") {
		l.regex, l.pos = true, 1
	}
	if strings.TrimLeft(path, " ") == "" {
		return nil, failAt(0, "empty path")
	}
	if !strings.HasPrefix(path[l.pos:], "/") && !strings.HasPrefix(path[l.pos:], "(") && !strings.HasPrefix(path[l.pos:], "{/") {
		l.emit(token{kind: tokenSlash})
	}
	for l.pos < len(l.text) {
		if err := l.next(); err != nil {
			return nil, err
		}
	}
	return l.tokens, nil
}

func (l *lexer) emit(t token) { l.tokens = append(l.tokens, t) }

// next reads one element.
func (l *lexer) next() error {
	c := l.text[l.pos]
	if l.regex {
		if done, err := l.regexElement(c); done || err != nil {
			return err
		}
	}
	switch c {
	case '/':
		l.emit(token{kind: tokenSlash, at: l.pos})
		l.pos++
		return nil
	case '{':
		return l.brace()
	case '<':
		return l.angle()
	case '[':
		return l.bracket()
	case '(':
		return l.parenthesis()
	case ')':
		return l.closeParenthesis()
	case ':':
		if l.startsColon() {
			return l.colon()
		}
		if l.afterColon() {
			return failAt(l.pos, "parameter follows another without text between; a colon as text is \\:")
		}
	case '*', '+':
		if l.atSegmentStart() || c == '*' {
			return l.star()
		}
	case '?', '#', ' ':
		return failAt(l.pos, "%q does not belong in a path", string(c))
	case '}', ']', '>':
		if c == '}' && l.inGroup() {
			return l.closeGroup()
		}
		return failAt(l.pos, "%q without its opening counterpart", string(c))
	}
	return l.literal()
}

// parenthesis opens an optional group of Rails, (/:id), (.:format) or in front
// (:locale); any other is text, as in Products({key}) of OData.
func (l *lexer) parenthesis() error {
	rest := l.text[l.pos+1:]
	if rest != "" && (strings.IndexByte("/.-*", rest[0]) >= 0 || rest[0] == ':' && l.atSegmentStart()) {
		l.emit(token{kind: tokenOpen, at: l.pos})
		l.pos++
		return nil
	}
	l.parentheses++
	return l.mark('(')
}

func (l *lexer) closeParenthesis() error {
	if l.parentheses == 0 {
		return l.closeGroup()
	}
	l.parentheses--
	return l.mark(')')
}

// mark reads one byte of text.
func (l *lexer) mark(c byte) error {
	l.flushText(string(c), l.pos)
	l.pos++
	return nil
}

// inGroup reports whether an Express 5 group, {/:id}, is open.
func (l *lexer) inGroup() bool {
	open := 0
	for _, t := range l.tokens {
		switch t.kind {
		case tokenOpen:
			open++
		case tokenClose:
			open--
		}
	}
	return open > 0
}

func (l *lexer) closeGroup() error {
	l.emit(token{kind: tokenClose, at: l.pos})
	l.pos++
	return nil
}

// atSegmentStart reports whether nothing of the segment was read yet.
func (l *lexer) atSegmentStart() bool {
	for _, t := range slices.Backward(l.tokens) {
		switch t.kind {
		case tokenOpen, tokenClose:
		case tokenSlash:
			return true
		default:
			return false
		}
	}
	return true
}

// startsColon reports whether the colon at pos opens a parameter. After text
// that ends in a letter or digit, or after a parameter, it is the verb of
// gRPC and OpenAPI (records:batch, {id}:cancel).
func (l *lexer) startsColon() bool {
	if l.pos+1 >= len(l.text) || !isNameStart(l.text[l.pos+1]) && l.text[l.pos+1] != '"' {
		return false
	}
	if l.atSegmentStart() {
		return true
	}
	last := l.tokens[len(l.tokens)-1]
	if last.kind == tokenOpen {
		return true
	}
	if last.kind != tokenText {
		return false
	}
	end := last.text[len(last.text)-1]
	return !segment.IsAlpha(end) && !segment.IsDigit(end) && end != ':'
}

// afterColon reports whether a parameter of the colon kind ends at pos and a
// name follows: some routers take :a:b for two parameters, some for a verb.
func (l *lexer) afterColon() bool {
	last := len(l.tokens) - 1
	return last >= 0 && l.tokens[last].kind == tokenParam && l.text[l.tokens[last].at] == ':' &&
		l.pos+1 < len(l.text) && isNameStart(l.text[l.pos+1])
}

// literal reads text up to the next special byte. Backslash escapes a byte,
// :: is a colon, {{ and }} are braces.
func (l *lexer) literal() error {
	start := l.pos
	var b strings.Builder
	for l.pos < len(l.text) {
		c := l.text[l.pos]
		switch {
		case c == '\\' && l.pos+1 < len(l.text):
			l.pos++
			c = l.text[l.pos]
		case l.pos > start && strings.IndexByte("/{}<>[]()*:?# ", c) >= 0:
			l.flushText(b.String(), start)
			return nil
		case l.pos > start && l.regex && strings.IndexByte("$.+|^", c) >= 0:
			l.flushText(b.String(), start)
			return nil
		case c == ':' && strings.HasPrefix(l.text[l.pos:], "::"):
			l.pos++
		}
		b.WriteByte(c)
		l.pos++
	}
	l.flushText(b.String(), start)
	return nil
}

// flushText emits literal text in its decoded form, the form paths are
// compared in.
func (l *lexer) flushText(text string, at int) {
	decoded := segment.Unescape(make([]byte, 0, len(text)), text)
	l.emit(token{kind: tokenText, text: string(decoded), at: at})
}

// name reads an identifier; hyphens and dots are allowed, for OpenAPI files
// hold such names.
func (l *lexer) name() string {
	start := l.pos
	for l.pos < len(l.text) && isNameByte(l.text[l.pos]) {
		l.pos++
	}
	return l.text[start:l.pos]
}

func isNameStart(c byte) bool { return segment.IsAlpha(c) || c == '_' }
func isNameByte(c byte) bool  { return isNameStart(c) || segment.IsDigit(c) }

// param emits a parameter, or a tail if its constraint lets slashes in.
func (l *lexer) param(name, check string, at, checkAt int) error {
	if name == "" {
		name = anonymous
	}
	if !ValidName(name) {
		return failAt(at, "parameter name %q", name)
	}
	if check == "" {
		l.emit(token{kind: tokenParam, text: name, at: at})
		return nil
	}
	c, err := newConstraint(check)
	if err != nil {
		return failAt(checkAt, "constraint of parameter %q: %v", name, err)
	}
	if c == nil || !c.spans {
		l.emit(token{kind: tokenParam, text: name, check: c, at: at})
		return nil
	}
	least := 1
	if c.match != nil && c.match("") {
		least = 0
	}
	if c.match == nil || c.text == ".*" || c.text == ".+" {
		c = nil
	}
	l.emit(token{kind: tokenTail, text: name, check: c, min: least, at: at})
	return nil
}

// ValidName refuses what would break the normal form.
func ValidName(name string) bool {
	return name != "" && !strings.ContainsAny(name, "{}/?#*<>[]()") && len(name) <= 128
}
