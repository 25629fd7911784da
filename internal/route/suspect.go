// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"slices"
	"strings"
)

// suspect counts a word that is taken for a value, and makes it a literal if it
// comes too often for one value of many.
func (l *learner) suspect(n *node, c cut, w wording, passed bool) {
	n.worded++
	i := slices.IndexFunc(n.words, func(s suspect) bool { return s.word == c.head })
	if i < 0 {
		i = n.newSuspect(c.head)
	}
	s := &n.words[i]
	s.hits++
	s.passed = s.passed || passed
	if c.suffix == "" && s.heavy(w, n.worded) {
		l.promote(n, i, c.suffix)
	}
}

// newSuspect makes room for a word, at the cost of the rarest one.
func (n *node) newSuspect(word string) int {
	n.distinct++
	if len(n.words) < maxSuspects {
		n.words = append(n.words, suspect{word: strings.Clone(word)})
		return len(n.words) - 1
	}
	rarest := 0
	for i := range n.words {
		if n.words[i].hits < n.words[rarest].hits {
			rarest = i
		}
	}
	n.words[rarest] = suspect{word: strings.Clone(word)}
	return rarest
}

// heavy reports a word with nothing behind it that came more often than names
// do: the more it reads like an endpoint, the less often it has to.
func (s suspect) heavy(w wording, all int) bool {
	switch {
	case s.passed || w.digits:
		return false
	case w.acts():
		return s.hits >= heavyAction && s.hits*heavyActionShare >= all
	case w.known == w.pieces:
		return s.hits >= heavyKnown && s.hits*heavyShare >= all
	}
	return all >= heavyWords && 2*s.hits > all
}

// comeAgain reports whether the words at n are always the same few, and
// nothing lies behind them. Numbered names are of a population, however small.
func (n *node) comeAgain() bool {
	if len(n.words) == 0 || n.distinct > len(n.words) || n.worded < againShare*len(n.words)+againMore {
		return false
	}
	return !slices.ContainsFunc(n.words, func(s suspect) bool { return s.passed || isDigit(s.word[len(s.word)-1]) })
}

// promoteAll makes literals of all words that were taken for values.
func (l *learner) promoteAll(n *node, suffix string) {
	for len(n.words) > 0 {
		l.promote(n, 0, suffix)
	}
	n.worded, n.distinct = 0, 0
}

// promote makes a literal of word i.
func (l *learner) promote(n *node, i int, suffix string) {
	s := n.words[i]
	n.words = slices.Delete(n.words, i, i+1)
	n.worded -= s.hits
	n.distinct--
	if n.kid(s.word+suffix) == nil {
		if c := l.makeNode(n, s.word+suffix, false, 0); c != nil {
			c.visits.Store(settledVisits)
		}
	}
}
