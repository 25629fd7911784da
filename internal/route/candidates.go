// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"slices"
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/route/segment"
)

const (
	// maxCandidates words are remembered of those taken for values.
	maxCandidates = 24
	// againShare is how often each of a few words must have arrived, and
	// againMore how many hits there must be beyond that.
	againShare, againMore = 3, 3
	// heavyWords hits tell whether one word outweighs the others.
	heavyWords = 12
	// heavyAction hits make an action a literal, heavyKnown hits another known
	// word, if it is at least one of heavyShare.
	heavyAction, heavyActionShare = 3, 16
	heavyKnown, heavyShare        = 6, 10
)

// noteCandidate counts a word that is taken for a value, and makes it a literal if it
// arrives too often for one value of many. It reports whether it is a new one.
func (l *learner) noteCandidate(n *node, c segment.Reading, w segment.Wording, passed bool) (fresh bool) {
	words := l.words[n.self]
	i := slices.IndexFunc(words, func(s candidate) bool { return s.word == c.Head })
	if fresh = i < 0; fresh {
		count(&n.distinct)
		if words, i = l.newCandidate(words, c.Head); i < 0 {
			return fresh
		}
		l.setWords(n, words)
	}
	s := &words[i]
	if s.trace != 0 && s.trace == l.trace {
		return fresh
	}
	s.trace = l.trace
	count(&n.worded)
	count(&s.hits)
	s.passed, s.told = s.passed || passed, s.told || l.told
	if (c.Suffix == "" || c.Suffix[0] == '.') && s.heavy(w, int(n.worded)) {
		l.promote(n, i, c.Suffix)
	}
	return fresh
}

// newCandidate makes room for a word, at the cost of the rarest one. It returns the
// word's place, or -1 if there is no room at all.
func (l *learner) newCandidate(words []candidate, word string) ([]candidate, int) {
	if len(words) < maxCandidates && !l.account.full() {
		return append(words, candidate{word: strings.Clone(word)}), len(words)
	}
	if len(words) == 0 {
		return nil, -1
	}
	rarest := 0
	for i := range words {
		if words[i].hits < words[rarest].hits {
			rarest = i
		}
	}
	words[rarest] = candidate{word: strings.Clone(word)}
	return words, rarest
}

// heavy reports a word with nothing behind it that arrived more often than names
// do: the more it reads like an endpoint, the less often it has to.
func (s candidate) heavy(w segment.Wording, all int) bool {
	hits := int(s.hits)
	switch {
	case s.told || w.Digits:
		return false
	case w.Acts() && !s.passed:
		return hits >= heavyAction && hits*heavyActionShare >= all
	case w.Known == w.Pieces:
		return hits >= heavyKnown && hits*heavyShare >= all
	}
	return !s.passed && all >= heavyWords && 2*hits > all
}

// comeAgain reports whether the words at n are always the same few, and
// nothing lies behind them. Numbered names are of a population, however small.
func (t *tree) comeAgain(n *node) bool {
	words := t.words[n.self]
	if wild := t.node(n.wild.Load()); wild != nil && wild.name != 0 {
		return false // a framework names them
	}
	if len(words) == 0 || int(n.distinct) > len(words) || int(n.worded) < againShare*len(words)+againMore {
		return false
	}
	return !slices.ContainsFunc(words, func(s candidate) bool { return s.passed || segment.IsDigit(s.word[len(s.word)-1]) })
}

// promoteAll makes literals of all words that were taken for values.
func (l *learner) promoteAll(n *node, suffix string) {
	for len(l.words[n.self]) > 0 {
		l.promote(n, 0, suffix)
	}
	n.worded, n.distinct = 0, 0
}

// promote makes a literal of word i.
func (l *learner) promote(n *node, i int, suffix string) {
	words := l.words[n.self]
	s := words[i]
	l.setWords(n, slices.Delete(words, i, i+1))
	n.worded -= min(n.worded, s.hits)
	n.distinct--
	if l.literalChild(n, s.word+suffix) == nil {
		if c := l.makeNode(n, s.word+suffix, false, 0); c != nil {
			c.setVisits(settledVisits)
		}
	}
}
