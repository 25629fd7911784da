// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import "github.com/otelcol-correlation/correlationprocessor/internal/route/segment"

// profile is what is known of the values at a position. Readers see it through
// an atomic pointer; it is replaced, never changed.
type profile struct {
	state state
	// shaped tells that the values of plain shapes had something in common.
	shaped bool
	length int           // of all of them, or 0 if they differ
	kinds  segment.Kinds // of bytes in them
	prefix string        // up to the first mark, "" if they differ or have none
}

// plain are the profiles of positions whose values have no shape in common.
var plain = [...]profile{{state: stateOpen}, {state: stateLeaning}, {state: stateLiteral}, {state: stateWords}, {state: stateMany}}

// in returns the profile with another state.
func (p *profile) in(s state) *profile {
	if !p.shaped {
		return &plain[s]
	}
	q := *p
	q.state = s
	return &q
}

// fits reports whether a word is of the values' own shape: of their length and
// kinds of letters, or behind their prefix. Random text without a digit by
// chance looks like a word, but for that.
func (p *profile) fits(head string, w segment.Wording) bool {
	if !p.shaped {
		return false
	}
	if p.prefix != "" && len(head) > len(p.prefix) && head[:len(p.prefix)] == p.prefix {
		return true
	}
	if p.length != len(head) || len(head) < 5 || w.Known == w.Pieces {
		return false
	}
	kinds := segment.Scan(head)
	return kinds&^p.kinds == 0 && kinds.Letters() == p.kinds.Letters()
}

// with returns the profile with one more value of a plain shape in it, or p
// itself if that tells nothing new.
func (p *profile) with(head string) *profile {
	kinds := segment.Scan(head[:min(len(head), segment.MaxClassified)])
	if !p.shaped {
		return &profile{state: p.state, shaped: true, length: len(head), kinds: kinds, prefix: clonePrefix(head)}
	}
	length, prefix := p.length, p.prefix
	if length != len(head) {
		length = 0
	}
	if prefix != "" && prefixOf(head) != prefix {
		prefix = ""
	}
	if kinds|p.kinds == p.kinds && length == p.length && prefix == p.prefix {
		return p
	}
	return &profile{state: p.state, shaped: true, length: length, kinds: kinds | p.kinds, prefix: prefix}
}

// prefixOf returns the letters in front of the first underscore or hyphen,
// with it: ch_ of ch_1NirD8.
func prefixOf(s string) string {
	for i := range min(len(s), 16) {
		switch c := s[i]; {
		case c == '_' || c == '-':
			return s[:i+1]
		case !segment.IsAlpha(c):
			return ""
		}
	}
	return ""
}

func clonePrefix(s string) string { return string([]byte(prefixOf(s))) }
