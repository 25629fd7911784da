// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/route/segment"
)

// constraint narrows the values of a parameter. The zero pointer takes any.
type constraint struct {
	text  string // how it was written, its identity
	match func(string) bool
	// spans: values may hold slashes, so the parameter is a tail.
	spans bool
}

// String returns the constraint's identity, "" for none.
func (c *constraint) String() string {
	if c == nil {
		return ""
	}
	return ":" + c.text
}

func (c *constraint) allows(value string) bool {
	return c == nil || c.match == nil || c.match(value)
}

// valueTypes are the type names of the routers' converters. An entry of nil
// takes any value: the router checks more than a path can tell.
var valueTypes = map[string]func(string) bool{
	"int": segment.IsSignedInt, "integer": segment.IsSignedInt, "long": segment.IsSignedInt,
	"float": isFloat, "double": isFloat, "decimal": isFloat, "number": isFloat,
	"guid": segment.IsUUID, "uuid": segment.IsUUID,
	"alpha": func(s string) bool { return segment.All(s, segment.IsAlpha) },
	"bool":  func(s string) bool { return strings.EqualFold(s, "true") || strings.EqualFold(s, "false") },
	"slug": func(s string) bool {
		return segment.All(s, func(c byte) bool { return segment.IsAlpha(c) || segment.IsDigit(c) || c == '-' || c == '_' })
	},
	"str": nil, "string": nil, "default": nil, "required": nil, "datetime": nil, "file": nil, "nonfile": nil,
}

func isFloat(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil && segment.All(s, func(c byte) bool { return segment.IsDigit(c) || c == '.' || c == '-' || c == '+' })
}

// pathTypes are the converters whose values may hold slashes.
var pathTypes = map[string]bool{"path": true}

// newConstraint reads a type name, an ASP.NET chain of them (int:min(1)) or a
// regular expression. A nil constraint means any value.
func newConstraint(text string) (*constraint, error) {
	if pathTypes[text] {
		return &constraint{text: text, spans: true}, nil
	}
	if choices, ok := strings.CutPrefix(text, "any("); ok && strings.HasSuffix(choices, ")") {
		return newChoice(text, strings.TrimSuffix(choices, ")")), nil
	}
	if check, ok := typed(text); ok {
		if check == nil {
			return nil, nil
		}
		return &constraint{text: text, match: check}, nil
	}
	return newRegexConstraint(text)
}

// typed resolves a chain of type names with or without arguments. Arguments
// are bounds on the value (min, length …); they narrow what the router takes,
// not what it is, so they are let pass. regex(…) is left to the caller.
func typed(text string) (check func(string) bool, ok bool) {
	for _, word := range splitOutside(text, ':', ';') {
		name, args, called := strings.Cut(word, "(")
		if called && !bounds[name] || !called && args != "" {
			return nil, false
		}
		found, known := valueTypes[name]
		if !known && !bounds[name] {
			return nil, false
		}
		if check == nil {
			check = found
		}
	}
	return check, true
}

// bounds are the constraints with arguments.
var bounds = map[string]bool{
	"min": true, "max": true, "range": true, "length": true, "minlength": true, "maxlength": true,
	"minLen": true, "maxLen": true, "len": true, "betweenLen": true, "datetime": true,
}

// splitOutside cuts text at either separator, but not inside parentheses.
func splitOutside(text string, a, b byte) []string {
	var out []string
	depth, start := 0, 0
	for i := range len(text) {
		switch c := text[i]; {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case depth == 0 && (c == a || c == b):
			out = append(out, text[start:i])
			start = i + 1
		}
	}
	return append(out, text[start:])
}

// newChoice takes the listed words only.
func newChoice(text, list string) *constraint {
	words := map[string]bool{}
	for word := range strings.SplitSeq(list, ",") {
		words[strings.Trim(word, " '\"")] = true
	}
	return &constraint{text: text, match: func(s string) bool { return words[s] }}
}

func newRegexConstraint(text string) (*constraint, error) {
	source := text
	if inner, ok := strings.CutPrefix(text, "regex("); ok && strings.HasSuffix(inner, ")") {
		source = strings.Trim(strings.TrimSuffix(inner, ")"), "'\"")
	}
	source = strings.TrimSuffix(strings.TrimPrefix(source, "^"), "$")
	re, err := regexp.Compile("^(?:" + source + ")$")
	if err != nil {
		return nil, err
	}
	return &constraint{text: source, match: re.MatchString, spans: re.MatchString("a/b")}, nil
}
