// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package template

import "strings"

const (
	// maxPartial is the longest segment a partial segment is tried on.
	maxPartial = 512
	// maxTries bounds the ways a segment is cut into the parts of a template,
	// so that no path can make the search expensive.
	maxTries = 1000
)

// match reports whether value fits the segment. If values is not nil, it
// receives the values of the parameters in order.
func (s Segment) match(value string, values *[]string) bool {
	if len(s.parts) == 1 {
		p := s.parts[0]
		if p.name == "" {
			return value == p.text
		}
		if value == "" || !p.check.allows(value) {
			return false
		}
		keep(values, value)
		return true
	}
	if len(value) > maxPartial {
		return false
	}
	tries := maxTries
	return matchParts(s.parts, value, values, &tries)
}

func keep(values *[]string, value string) {
	if values != nil {
		*values = append(*values, value)
	}
}

// matchParts cuts value into parts, each parameter as short as possible.
func matchParts(parts []part, value string, values *[]string, tries *int) bool {
	if len(parts) == 0 {
		return value == ""
	}
	p := parts[0]
	if p.name == "" {
		rest, ok := strings.CutPrefix(value, p.text)
		return ok && matchParts(parts[1:], rest, values, tries)
	}
	if len(parts) == 1 {
		if value == "" || !p.check.allows(value) {
			return false
		}
		keep(values, value)
		return true
	}
	for end := 1; end < len(value); end++ {
		at := strings.Index(value[end:], parts[1].text) // text: parameters never touch
		if *tries--; at < 0 || *tries < 0 {
			return false
		}
		end += at
		if matchOne(parts, value, end, values, tries) {
			return true
		}
	}
	return false
}

// matchOne tries the first parameter with value[:end].
func matchOne(parts []part, value string, end int, values *[]string, tries *int) bool {
	if !parts[0].check.allows(value[:end]) {
		return false
	}
	mark := 0
	if values != nil {
		mark = len(*values)
	}
	keep(values, value[:end])
	if matchParts(parts[1:], value[end:], values, tries) {
		return true
	}
	if values != nil {
		*values = (*values)[:mark]
	}
	return false
}
