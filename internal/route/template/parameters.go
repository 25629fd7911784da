// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"slices"
	"strings"
)

// readNormal reads the normal form of a path, in which nothing but braces has
// a meaning.
func readNormal(pattern string) *Template {
	t := &Template{pattern: pattern, text: pattern}
	for text := range strings.SplitSeq(strings.Trim(pattern, "/"), "/") {
		var seg Segment
		for text != "" {
			literal, rest, found := strings.Cut(text, "{")
			name, after, closed := strings.Cut(rest, "}")
			if !found || !closed {
				seg.parts = append(seg.parts, part{text: text})
				break
			}
			if literal != "" {
				seg.parts = append(seg.parts, part{text: literal})
			}
			name, seg.tail = strings.CutSuffix(name, "...")
			seg.parts = append(seg.parts, part{name: name})
			text = after
		}
		if len(seg.parts) > 0 {
			t.segs = append(t.segs, seg)
		}
	}
	return t
}

// Fits reports whether the segments of a path are those of a pattern in normal form. A
// tail takes as many as the rest of the pattern leaves, also none.
func Fits(pattern string, segs []string) bool {
	t := readNormal(pattern)
	for i, s := range t.segs {
		rest := len(t.segs) - i - 1
		switch {
		case s.tail && len(segs) >= rest:
			segs = segs[len(segs)-rest:]
		case s.tail, len(segs) == 0, !s.match(segs[0], nil):
			return false
		default:
			segs = segs[1:]
		}
	}
	return len(segs) == 0
}

// Parameters yields the name and value of each parameter of pattern, which must
// be the normal form of a template that matches the segments of a path. It walks
// both from the left; a tail in the middle leaves as many segments as the pattern
// still needs. The values are parts of segs, but for those of tails.
func Parameters(pattern string, segs []string, yield func(name, value string) bool) {
	t := readNormal(pattern)
	for i, s := range t.segs {
		if s.tail {
			end := max(len(segs)-(len(t.segs)-i-1), 0)
			if !yield(s.parts[0].name, strings.Join(segs[:end], "/")) {
				return
			}
			segs = segs[end:]
			continue
		}
		if len(segs) == 0 {
			return
		}
		var values []string
		if !s.match(segs[0], &values) {
			return
		}
		segs = segs[1:]
		names := slices.DeleteFunc(slices.Clone(s.parts), func(p part) bool { return p.name == "" })
		for j, p := range names {
			if !yield(p.name, values[j]) {
				return
			}
		}
	}
}
