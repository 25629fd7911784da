// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/otelcol-correlation/correlationprocessor/internal/route/segment"
)

type tokenKind uint8

const (
	tokenSlash tokenKind = iota
	tokenText
	tokenParam
	tokenTail
	tokenOpen  // start of an optional group
	tokenClose // end of an optional group
	tokenEnd   // {$}: the path ends here
)

// token is one lexical element of a template, the same for all syntaxes.
type token struct {
	kind  tokenKind
	text  string // text, or the parameter's name
	check *constraint
	min   int // tail: fewest segments
	at    int // byte offset in the path
}

// anonymous is the name of a parameter the template gives no name to.
const anonymous = "param"

// AnonymousTail is the name of a tail the template gives no name to.
const AnonymousTail = "path"

// syntaxError is an error with its place.
type syntaxError struct {
	at   int
	text string
}

func (e *syntaxError) Error() string { return fmt.Sprintf("at offset %d: %s", e.at, e.text) }

func failAt(at int, format string, args ...any) error {
	return &syntaxError{at: at, text: fmt.Sprintf(format, args...)}
}

// shift moves the place of a syntax error by base bytes.
func shift(err error, base int) error {
	if place, ok := errors.AsType[*syntaxError](err); ok {
		return &syntaxError{at: place.at + base, text: place.text}
	}
	return err
}

// maxParameters bounds the parameters of a template.
const maxParameters = 32

// maxChoices bounds what optional parts may multiply to: five of them.
const maxChoices = 32

// expand resolves optional groups into all token lists without groups, the
// longest first.
func expand(tokens []token) ([][]token, error) {
	for open, t := range slices.Backward(tokens) {
		if t.kind != tokenOpen {
			continue
		}
		end := open + 1 // innermost: no further open behind, so the first close is ours
		for end < len(tokens) && tokens[end].kind != tokenClose {
			end++
		}
		if end == len(tokens) {
			return nil, failAt(tokens[open].at, "optional part is not closed")
		}
		with, err := expand(join(tokens[:open], tokens[open+1:end], tokens[end+1:]))
		if err != nil {
			return nil, err
		}
		without, err := expand(join(tokens[:open], nil, tokens[end+1:]))
		if err != nil {
			return nil, err
		}
		if len(with)+len(without) > maxChoices {
			return nil, failAt(tokens[open].at, "too many optional parts, more than %d combinations", maxChoices)
		}
		return append(with, without...), nil
	}
	for _, t := range tokens {
		if t.kind == tokenClose {
			return nil, failAt(t.at, "closing an optional part that was not opened")
		}
	}
	return [][]token{tokens}, nil
}

func join(a, b, c []token) []token {
	out := make([]token, 0, len(a)+len(b)+len(c))
	return append(append(append(out, a...), b...), c...)
}

// assemble groups tokens into segments; slash tells of a trailing slash.
func assemble(tokens []token) (segs []Segment, slash bool, err error) {
	names, tails := map[string]bool{}, 0
	var current Segment
	flush := func() {
		slash = len(current.parts) == 0
		if !slash {
			segs = append(segs, current)
		}
		current = Segment{}
	}
	for i, t := range tokens {
		switch t.kind {
		case tokenSlash:
			if i > 0 {
				flush()
			}
			continue
		case tokenEnd:
			if i != len(tokens)-1 {
				return nil, false, failAt(t.at, "{$} must come last")
			}
			continue
		case tokenTail:
			tails++
		}
		if err := current.push(t, names); err != nil {
			return nil, false, err
		}
		if tails > 1 {
			return nil, false, failAt(t.at, "second tail parameter")
		}
		if len(segs) >= segment.MaxSegments {
			return nil, false, failAt(t.at, "more than %d segments", segment.MaxSegments)
		}
	}
	flush()
	return segs, slash && len(segs) > 0, nil
}

// push appends a token to the segment.
func (s *Segment) push(t token, names map[string]bool) error {
	if s.tail || t.kind == tokenTail && len(s.parts) > 0 {
		return failAt(t.at, "a tail parameter must be a whole segment")
	}
	if t.text == anonymous && t.kind == tokenParam {
		for i := 2; names[t.text]; i++ {
			t.text = anonymous + strconv.Itoa(i)
		}
	}
	if t.kind == tokenText {
		if n := len(s.parts); n > 0 && s.parts[n-1].name == "" {
			s.parts[n-1].text += t.text
			return nil
		}
		s.parts = append(s.parts, part{text: t.text})
		return nil
	}
	if names[t.text] {
		return failAt(t.at, "parameter %q is named twice", t.text)
	}
	if len(names) == maxParameters {
		return failAt(t.at, "more than %d parameters", maxParameters)
	}
	if n := len(s.parts); n > 0 && s.parts[n-1].name != "" {
		return failAt(t.at, "parameter %q follows another without text between", t.text)
	}
	names[t.text] = true
	s.parts = append(s.parts, part{name: t.text, check: t.check})
	s.tail, s.min = t.kind == tokenTail, t.min
	return nil
}
