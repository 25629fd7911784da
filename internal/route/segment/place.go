// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package segment

import "strings"

// Place is what a segment stands behind: the strongest evidence there is before
// the segment is read.
type Place uint8

const (
	PlaceRoot       Place = iota // start of the path, a version, api
	PlaceCollection              // a plural literal: a member is likely next
	PlaceLiteral                 // another literal
	PlaceValue                   // a value: a literal is likely next
	PlaceKey                     // a name and the mark in front of its key: Products(, hour=
)

// PlaceAfter returns the place of the segments after a literal, which itself
// stands at a place.
func PlaceAfter(place Place, label string) Place {
	switch {
	case label[len(label)-1] == '(' || label[len(label)-1] == '=':
		return PlaceKey
	case classify(label, true) == Version:
		return PlaceRoot
	case place == PlaceRoot && isPrefixWord(label):
		return PlaceRoot
	case IsPlural(label) && !massNouns[strings.ToLower(lastWord(label))]:
		return PlaceCollection
	}
	return PlaceLiteral
}

// isPrefixWord reports words that stand in front of an API's own paths.
func isPrefixWord(label string) bool {
	switch strings.ToLower(label) {
	case "api", "apis", "rest", "rpc", "public", "internal", "admin", "gateway":
		return true
	}
	return false
}

// massNouns end like plurals but name one thing with fixed parts.
var massNouns = func() map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq("settings stats statistics metrics analytics preferences permissions insights options details docs graphics ops sms dns css aws js ios https tls oss news series params credentials diagnostics logistics basics") {
		set[w] = true
	}
	return set
}()

// lastWord returns the last of the words a label is made of.
func lastWord(label string) string {
	for i := len(label) - 1; i > 0; i-- {
		if !IsAlpha(label[i]) {
			return label[i+1:]
		}
		if IsUpper(label[i]) && IsLower(label[i-1]) {
			return label[i:]
		}
	}
	return label
}
