// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/route/segment"
)

// closing returns the offset of the byte that closes the bracket at pos, with
// nesting and backslash escapes, or -1.
func (l *lexer) closing(open, shut byte) int {
	depth := 0
	for i := l.pos; i < len(l.text); i++ {
		switch l.text[i] {
		case '\\':
			i++
		case open:
			depth++
		case shut:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// brace reads {name}, {name:check}, {name...}, {*name}, {name?}, {name=…},
// {$}, an Express 5 group {/:id}, and the escape {{.
func (l *lexer) brace() error {
	at := l.pos
	if strings.HasPrefix(l.text[at:], "{{") {
		l.pos += 2
		end := strings.Index(l.text[l.pos:], "}}")
		if end < 0 {
			return failAt(at, "{{ is not closed")
		}
		l.flushText("{"+l.text[l.pos:l.pos+end]+"}", at)
		l.pos += end + 2
		return nil
	}
	end := l.closing('{', '}')
	if end < 0 {
		return failAt(at, "{ is not closed")
	}
	inner := l.text[at+1 : end]
	if isGroup(inner) {
		l.emit(token{kind: tokenOpen, at: at})
		l.pos++
		return nil
	}
	l.pos = end + 1
	return l.braced(inner, at)
}

// isGroup reports an Express 5 optional group: it starts with a separator or
// a parameter of the colon kind.
func isGroup(inner string) bool {
	return inner != "" && strings.IndexByte("/:.-", inner[0]) >= 0
}

// braced reads what stands between braces.
func (l *lexer) braced(inner string, at int) error {
	switch {
	case inner == "$":
		l.emit(token{kind: tokenEnd, at: at})
		return nil
	case strings.HasSuffix(inner, "..."):
		return l.tail(strings.TrimSuffix(inner, "..."), 0, at)
	case strings.HasPrefix(inner, "*"):
		name, _, _ := strings.Cut(strings.TrimLeft(inner, "*"), ":")
		return l.tail(strings.TrimSuffix(name, "?"), 0, at)
	}
	cut := strings.IndexAny(inner, ":=")
	if cut < 0 {
		name, optional := strings.CutSuffix(inner, "?")
		return l.optional(optional, at, func() error { return l.param(name, "", at, at) })
	}
	name, rest := inner[:cut], inner[cut+1:]
	if inner[cut] == ':' {
		check, optional := strings.CutSuffix(rest, "?")
		if _, known := typed(check); !known {
			check, optional = rest, false // the ? belongs to a regular expression
		}
		if value, _, ok := strings.Cut(check, "="); ok {
			value = strings.TrimSpace(value)
			if _, known := typed(value); known {
				check, optional = value, true
			}
		}
		return l.optional(optional, at, func() error { return l.param(name, check, at, at+1+cut+1) })
	}
	if strings.ContainsAny(rest, "*/") {
		return l.resource(name, rest, at)
	}
	return l.optional(true, at, func() error { return l.param(name, "", at, at) })
}

// resource reads gRPC's {name=shelves/*/books/**}: the literal segments stay,
// stars become parameters.
func (l *lexer) resource(name, pattern string, at int) error {
	segments := strings.Split(pattern, "/")
	stars := strings.Count(pattern, "*") - strings.Count(pattern, "**")
	for i, s := range segments {
		if i > 0 {
			l.emit(token{kind: tokenSlash, at: at})
		}
		switch {
		case s == "**":
			if err := l.tail(name, 0, at); err != nil {
				return err
			}
		case s == "*" && stars == 1:
			if err := l.param(name, "", at, at); err != nil {
				return err
			}
		case s == "*":
			if err := l.param(segment.Singular(previousLiteral(segments, i)), "", at, at); err != nil {
				return err
			}
		case s == "" || strings.Contains(s, "*"):
			return failAt(at, "resource pattern %q", pattern)
		default:
			l.flushText(s, at)
		}
	}
	return nil
}

// previousLiteral returns the literal in front of segment i, to name it by.
func previousLiteral(segments []string, i int) string {
	if i == 0 || strings.Contains(segments[i-1], "*") {
		return anonymous
	}
	return segments[i-1]
}

func (l *lexer) tail(name string, least, at int) error {
	if name == "" {
		name = AnonymousTail
	}
	if !ValidName(name) {
		return failAt(at, "parameter name %q", name)
	}
	l.emit(token{kind: tokenTail, text: name, min: least, at: at})
	return nil
}

// optional wraps what read emits into an optional group, together with the
// slash or dot in front of it: /a/:id? is /a and /a/:id.
func (l *lexer) optional(is bool, at int, read func() error) error {
	if !is {
		return read()
	}
	open := token{kind: tokenOpen, at: at}
	last := len(l.tokens) - 1
	switch {
	case last >= 0 && (l.tokens[last].kind == tokenSlash || l.tokens[last].text == "."):
		l.tokens = append(l.tokens[:last:last], open, l.tokens[last])
	default:
		l.emit(open)
	}
	err := read()
	l.emit(token{kind: tokenClose, at: at})
	return err
}

// angle reads Flask's and Django's <name>, <int:name>, <any(a,b):name>.
func (l *lexer) angle() error {
	at := l.pos
	end := l.closing('<', '>')
	if end < 0 {
		return failAt(at, "< is not closed")
	}
	inner := l.text[at+1 : end]
	l.pos = end + 1
	cut := strings.LastIndexByte(inner, ':')
	if cut < 0 {
		return l.param(inner, "", at, at)
	}
	check := inner[:cut]
	if name, args, ok := strings.Cut(check, "("); ok && valueTypes[name] != nil && strings.HasSuffix(args, ")") {
		check = name // <string(length=2):x>: arguments are bounds
	}
	if strings.HasPrefix(check, "string(") {
		check = "string"
	}
	return l.param(inner[cut+1:], check, at, at+1)
}

// bracket reads Next's [id], [...slug], [[...slug]] and ASP.NET's [controller].
func (l *lexer) bracket() error {
	at := l.pos
	end := l.closing('[', ']')
	if end < 0 {
		return failAt(at, "[ is not closed")
	}
	inner := l.text[at+1 : end]
	l.pos = end + 1
	least := 1
	if strings.HasPrefix(inner, "[") && strings.HasSuffix(inner, "]") {
		inner, least = inner[1:len(inner)-1], 0
	}
	if name, ok := strings.CutPrefix(inner, "..."); ok {
		return l.tail(name, least, at)
	}
	return l.param(inner, "", at, at)
}

// colon reads :name with what may follow: a regular expression in parentheses,
// Fiber's <int>, and the modifiers ? * +.
func (l *lexer) colon() error {
	at := l.pos
	l.pos++
	name := ""
	if l.text[l.pos] == '"' {
		end := strings.IndexByte(l.text[l.pos+1:], '"')
		if end < 0 {
			return failAt(l.pos, "quoted name is not closed")
		}
		name = l.text[l.pos+1 : l.pos+1+end]
		l.pos += end + 2
	} else {
		name = l.name()
	}
	check, checkAt, err := l.colonCheck()
	if err != nil {
		return err
	}
	modifier := byte(0)
	if l.pos < len(l.text) && strings.IndexByte("?*+", l.text[l.pos]) >= 0 {
		modifier = l.text[l.pos]
		l.pos++
	}
	switch modifier {
	case '*':
		return l.tail(name, 0, at)
	case '+':
		return l.tail(name, 1, at)
	}
	return l.optional(modifier == '?', at, func() error { return l.param(name, check, at, checkAt) })
}

// colonCheck reads the constraint behind :name, if there is one.
func (l *lexer) colonCheck() (check string, at int, err error) {
	if l.pos == len(l.text) || l.text[l.pos] != '(' && l.text[l.pos] != '<' {
		return "", l.pos, nil
	}
	if strings.HasPrefix(l.text[l.pos:], "(/") || strings.HasPrefix(l.text[l.pos:], "(.:") {
		return "", l.pos, nil // a Rails optional group
	}
	shut := byte(')')
	if l.text[l.pos] == '<' {
		shut = '>'
	}
	end := l.closing(l.text[l.pos], shut)
	if end < 0 {
		return "", 0, failAt(l.pos, "constraint is not closed")
	}
	check, at = l.text[l.pos+1:end], l.pos+1
	l.pos = end + 1
	return check, at, nil
}

// star reads *, **, *name and Fiber's +. Without a name and not at the end it
// stands for one segment, as in gRPC and Spring; at the end for the rest.
func (l *lexer) star() error {
	at := l.pos
	least := 0
	if l.text[l.pos] == '+' {
		least = 1
	}
	double := strings.HasPrefix(l.text[l.pos:], "**")
	for l.pos < len(l.text) && l.text[l.pos] == l.text[at] {
		l.pos++
	}
	name := l.name()
	if !l.atSegmentStart() {
		return l.param(name, "", at, at) // /files/*.html
	}
	rest := l.text[l.pos:]
	if rest != "" && rest[0] != '/' && rest[0] != ')' && rest[0] != '}' {
		return l.param(name, "", at, at)
	}
	if name == "" && !double && least == 0 && strings.Trim(rest, "/") != "" {
		return l.param("", "", at, at)
	}
	return l.tail(name, least, at)
}

// regexElement reads what is special in a Django re_path: (?P<name>…), the
// final $, and escapes. Whatever else could vary is refused, not guessed.
func (l *lexer) regexElement(c byte) (done bool, err error) {
	at := l.pos
	switch c {
	case '(':
		end := l.closing('(', ')')
		inner, ok := "", false
		if end > 0 {
			inner, ok = strings.CutPrefix(l.text[at+1:end], "?P<")
		}
		name, check, found := strings.Cut(inner, ">")
		if !ok || !found {
			return true, failAt(at, "only named groups (?P<name>…) can be read in a regular expression")
		}
		l.pos = end + 1
		return true, l.param(name, check, at, at+4+len(name))
	case '$':
		if l.pos != len(l.text)-1 {
			return true, failAt(at, "$ must come last")
		}
		l.pos++
		return true, nil
	case '.', '+', '*', '?', '|', '[', '{', '<', ':':
		return true, failAt(at, "%q outside a named group", string(c))
	case '\\':
		if at+1 < len(l.text) && segment.IsAlpha(l.text[at+1]) {
			return true, failAt(at, "%q outside a named group", l.text[at:at+2])
		}
		return true, l.literal()
	}
	return false, nil
}
