// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"fmt"
	"strings"
)

// part is a piece of a segment: literal text, or a parameter if name is set.
type part struct {
	text  string      // decoded literal text
	name  string      // parameter name
	check *constraint // nil: any non-empty value
}

// Segment is one element of a template between slashes. A tail has exactly one
// part, a parameter, and stands for min or more segments of a path.
type Segment struct {
	parts []part
	tail  bool
	min   int
}

// Literal returns the text of a segment that is nothing but text.
func (s Segment) Literal() (string, bool) {
	if len(s.parts) == 1 && s.parts[0].name == "" {
		return s.parts[0].text, true
	}
	return "", false
}

// Parameter returns the name of a segment that is nothing but a parameter and
// stands for one segment of a path.
func (s Segment) Parameter() (string, bool) {
	if len(s.parts) == 1 && !s.tail && s.parts[0].name != "" {
		return s.parts[0].name, true
	}
	return "", false
}

// write appends the segment's normal form.
func (s Segment) write(b *strings.Builder) {
	for _, p := range s.parts {
		switch {
		case p.name == "":
			b.WriteString(p.text)
		case s.tail:
			fmt.Fprintf(b, "{%s...}", p.name)
		default:
			fmt.Fprintf(b, "{%s}", p.name)
		}
	}
}

// shape is the segment's identity without its parameter names: two templates
// of equal shapes match the same paths.
func (s Segment) shape() string {
	var b strings.Builder
	for _, p := range s.parts {
		switch {
		case p.name == "":
			b.WriteString(p.text)
		case s.tail:
			fmt.Fprintf(&b, "{...%d%s}", s.min, p.check.String())
		default:
			fmt.Fprintf(&b, "{%s}", p.check.String())
		}
	}
	return b.String()
}

// strictness orders edges: more literal text first, then more constraints; a
// tail that needs a segment goes before one that does not.
func (s Segment) strictness() int {
	n := 2 * s.min
	for _, p := range s.parts {
		if p.check != nil {
			n++
		}
		n += 16 * len(p.text)
	}
	return n
}
