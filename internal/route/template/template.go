// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/otelcol-correlation/correlationprocessor/internal/route/segment"
)

// Template is a route template in normal form. Every syntax is read into the
// same five things: literal, parameter, constrained parameter, partial segment
// and tail. Optional parts are gone: parsing makes one Template of each choice.
type Template struct {
	method  string // empty: any method
	host    string // empty: any host
	segs    []Segment
	pattern string // normal form of the path
	text    string // what the user wrote
}

// Pattern returns the normal form of the path: /users/{id}, /files/{path...}.
func (t *Template) Pattern() string { return t.pattern }

// Segments returns the elements of the path.
func (t *Template) Segments() []Segment { return t.segs }

// Method returns the method the template is bound to, or "" for any.
func (t *Template) Method() string { return t.method }

// String returns what the user wrote.
func (t *Template) String() string { return t.text }

// Tail reports whether the template ends in a parameter for the rest of a path.
func (t *Template) Tail() bool { return len(t.segs) > 0 && t.segs[len(t.segs)-1].tail }

// Varies reports whether a path's text can vary under the template.
func (t *Template) Varies() bool {
	for _, s := range t.segs {
		for _, p := range s.parts {
			if p.name != "" {
				return true
			}
		}
	}
	return false
}

// Shape identifies the requests a template matches.
func (t *Template) Shape() string {
	var b strings.Builder
	b.WriteString(t.method + " " + t.host)
	for _, s := range t.segs {
		b.WriteByte('/')
		b.WriteString(s.shape())
	}
	return b.String()
}

// bound counts the conditions of a template other than its path.
func (t *Template) bound() int {
	n := 0
	if t.host != "" {
		n++
	}
	if t.method != "" {
		n++
	}
	return n
}

// allowsMethod: GET answers HEAD, and an unknown method rules nothing out.
func (t *Template) allowsMethod(method string) bool {
	return t.method == "" || method == "" || t.method == method || t.method == "GET" && method == "HEAD"
}

// invalidUTF8 returns the offset of the first byte of text that is not UTF-8, or
// -1. Telemetry may bring any bytes as a route; those of a template would appear
// in the pattern of paths that are sound.
func invalidUTF8(text string) int {
	for at := 0; at < len(text); {
		r, n := utf8.DecodeRuneInString(text[at:])
		if r == utf8.RuneError && n == 1 {
			return at
		}
		at += n
	}
	return -1
}

// maxTemplateBytes bounds the work for a text that may be sent from outside.
const maxTemplateBytes = 4096

// Parse reads a template in any of the supported syntaxes. A template
// with optional parts yields one result for each combination. The error names
// the byte offset in text.
func Parse(text string) ([]*Template, error) {
	if len(text) > maxTemplateBytes {
		return nil, fmt.Errorf("template %.40q…: at offset %d: longer than %d bytes", text, maxTemplateBytes, maxTemplateBytes)
	}
	if at := invalidUTF8(text); at >= 0 {
		return nil, fmt.Errorf("template %q: at offset %d: invalid UTF-8", text, at)
	}
	method, host, path, base := splitTarget(text)
	tokens, err := lex(path)
	if err != nil {
		return nil, fmt.Errorf("template %q: %w", text, shift(err, base))
	}
	choices, err := expand(tokens)
	if err != nil {
		return nil, fmt.Errorf("template %q: %w", text, shift(err, base))
	}
	// Longer choices first, then those that leave out what stands last, for
	// that is what routers do: /{a?}/{b?} is /{a} when only one is there.
	slices.SortStableFunc(choices, func(a, b []token) int {
		return cmp.Or(len(b)-len(a), slices.CompareFunc(a, b, func(x, y token) int { return x.at - y.at }))
	})
	shapes := map[string]bool{}
	templates := make([]*Template, 0, len(choices))
	for _, choice := range choices {
		segs, slash, err := assemble(choice)
		if err != nil {
			return nil, fmt.Errorf("template %q: %w", text, shift(err, base))
		}
		t := &Template{method: method, host: host, segs: segs, text: text}
		t.pattern = render(segs, slash)
		if shape := t.Shape(); !shapes[shape] {
			shapes[shape] = true
			templates = append(templates, t)
		}
	}
	return templates, nil
}

// render writes the normal form of a path.
func render(segs []Segment, slash bool) string {
	if len(segs) == 0 {
		return "/"
	}
	var b strings.Builder
	for _, s := range segs {
		b.WriteByte('/')
		s.write(&b)
	}
	if slash {
		b.WriteByte('/')
	}
	return b.String()
}

// splitTarget cuts "METHOD host/path" into its pieces; base is where the path
// starts in text. A text that starts with neither a slash nor a host is a path
// without its leading slash, as Django and gRPC write it.
func splitTarget(text string) (method, host, path string, base int) {
	path = text
	if word, rest, ok := strings.Cut(text, " "); ok && isMethod(word) {
		method, path = word, strings.TrimLeft(rest, " \t")
	}
	if slash := strings.IndexByte(path, '/'); slash > 0 && isHost(path[:slash]) {
		host, path = path[:slash], path[slash:]
	}
	if method == "*" || method == "ANY" || method == "ALL" {
		method = ""
	}
	return method, host, path, len(text) - len(path)
}

// isMethod reports whether word is spelled as an HTTP method.
func isMethod(word string) bool {
	for i := range len(word) {
		if !segment.IsUpper(word[i]) {
			return word == "*"
		}
	}
	return word != ""
}

// isHost reports whether word can only be a host name: letters, digits and
// hyphens around at least one dot, or localhost.
func isHost(word string) bool {
	dot := false
	for i := range len(word) {
		switch c := word[i]; {
		case c == '.':
			dot = true
		case !segment.IsAlpha(c) && !segment.IsDigit(c) && c != '-' && c != ':':
			return false
		}
	}
	return dot || word == "localhost"
}
