// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import "github.com/otelcol-correlation/correlationprocessor/internal/route/segment"

const (
	// someWords distinct words taken for values make a position one of words.
	someWords = 4
	// manyWords of them leave no doubt.
	manyWords = 16
	// someTyped values of a plain shape, and hardly a word, make it a typed one.
	someTyped = 6
	// typedShare is how many typed values outweigh a word.
	typedShare = 8
)

// profile takes the value c at n into account; passed tells that the path goes
// on behind it. It reports whether c is new, as far as is known: a word that is
// remembered is not.
func (l *learner) profile(n *node, c segment.Reading, passed bool) (fresh bool) {
	p := l.known(n)
	fresh = true
	if c.Class != segment.Word {
		count(&n.typed)
		if c.Class == segment.Token || c.Class == segment.Hex || c.Class == segment.Int {
			p = p.with(c.Head)
		}
	} else if w := segment.ReadWording(c.Head); !p.fits(c.Head, w) {
		fresh = l.noteCandidate(n, c, w, passed)
	}
	old := l.known(n)
	if s := l.verdict(n, p.state); s != p.state {
		p = p.in(s)
		l.learnLabel(n, s)
	}
	if old == p {
		return fresh
	}
	l.know(n, p)
	if p.state == stateLiteral && old.state != stateLiteral {
		l.promoteAll(n, c.Suffix)
	}
	if old.state != p.state {
		l.mergeMisjudged(n)
	}
	return fresh
}

// verdict weighs words against values of a plain shape, and whether the words
// are always the same.
func (t *tree) verdict(n *node, old state) state {
	switch {
	case n.distinct >= manyWords:
		return stateMany
	case t.comeAgain(n):
		return stateLiteral
	case old >= stateWords:
		return old
	case n.distinct >= someWords && int(n.worded)*typedShare > int(n.typed):
		return stateWords
	case n.typed >= someTyped && int(n.worded)*typedShare <= int(n.typed):
		return stateLiteral
	case n.typed >= 2 && n.worded == 0 && old == stateOpen:
		return stateLeaning
	}
	return old
}
