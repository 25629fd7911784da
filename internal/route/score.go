// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import "github.com/otelcol-correlation/correlationprocessor/internal/route/segment"

// isValue decides a segment that has no literal child at n. It is a pure
// function of the tree's shape and the segments, so that the same path gets
// the same answer until something is learned.
func (t *tree) isValue(n *node, c segment.Reading, next string) bool {
	if c.Class != segment.Word {
		return !c.Class.Literal()
	}
	return t.score(n, c, next) > 0
}

// score sums the evidence that a word is a value (positive) or a literal, in
// about natural log-odds.
func (t *tree) score(n *node, c segment.Reading, next string) float64 {
	w, p := segment.ReadWording(c.Head), t.known(n)
	fits := p.fits(c.Head, w)
	if fits && w.Pieces > w.Known {
		w.Camel, w.Pieces = false, min(w.Pieces, longName) // random letters fall into pieces by chance
	}
	score := wordScore(c.Head, w)
	switch {
	case p.state < stateWords:
		score += placeScore[n.place] + stateScore[p.state]
	case n.place == segment.PlaceCollection:
		score += stateScore[p.state] + membersScore
	case n.place == segment.PlaceRoot:
		score += stateScore[p.state] + placeScore[segment.PlaceRoot]/2
	default:
		score += stateScore[p.state]
	}
	if fits {
		score += fitScore
	}
	if c.Suffix != "" && c.Suffix[0] == ':' && !segment.IsPlural(c.Head) {
		score += verbScore // a verb is for one thing
	}
	return score + t.nextScore(n, c, next)
}

// The weights. Each is about the logarithm of how many times likelier the
// observation is for a value than for a literal. They were set by reasoning
// and then halved and doubled one by one; see docs/routes.md.
var (
	placeScore = [...]float64{segment.PlaceRoot: -2.5, segment.PlaceCollection: 1.5, segment.PlaceLiteral: -1.3, segment.PlaceValue: -2.5, segment.PlaceKey: 2}
	stateScore = [...]float64{stateOpen: 0, stateLeaning: -1.5, stateLiteral: -2.5, stateWords: 2, stateMany: 4.2}
)

const (
	membersScore      = 1.5
	fitScore          = 4.0
	knownScore        = -1.7
	actionScore       = -2.2
	pluralScore       = -0.7
	unknownScore      = 0.7
	digitScore        = 1.5
	knownDigitScore   = 0.0
	leadingScore      = -3.0
	camelScore        = -1.0
	capitalScore      = 1.0
	codeScore         = -2.5
	longScore         = -1.5
	verbScore         = 1.5
	slugScore         = 0.5
	sameNextScore     = 3.0
	arrivedAgainScore = -2.0
	valueNextScore    = -2.2
)

// longName words are more than people give a thing for a name.
const longName = 4

func wordScore(head string, w segment.Wording) float64 {
	score := 0.0
	switch {
	case w.Pieces == w.Known:
		score += knownScore
	case w.Known == 0:
		score += unknownScore
	}
	if segment.IsPlural(head) {
		score += pluralScore
	}
	if w.Acts() {
		score += actionScore
	}
	if w.Digits {
		if w.Pieces == w.Known {
			score += knownDigitScore
		} else {
			score += digitScore
		}
	}
	if w.Leading {
		score += leadingScore
	}
	if w.Camel {
		score += camelScore
	}
	if w.Capital {
		score += capitalScore
	}
	if w.Marks && w.Pieces > w.Known {
		score += slugScore
	}
	if segment.IsCode(head) {
		score += codeScore
	}
	if w.Pieces > longName {
		score += longScore
	}
	return score
}

// nextScore: what follows a value elsewhere speaks for a value; a value right
// behind speaks for a literal.
func (t *tree) nextScore(n *node, c segment.Reading, next string) float64 {
	if next == "" {
		return 0
	}
	if wild := t.valueChild(n, c.Suffix, c.Class); !n.pure && wild != nil && t.literalChild(wild, next) != nil {
		return sameNextScore
	}
	if segment.IsValue(next) {
		return valueNextScore
	}
	return 0
}
