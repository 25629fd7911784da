// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import "github.com/otelcol-correlation/correlationprocessor/internal/route/template"

// budget is the hard cap on the patterns of a service. It counts distinct
// texts handed out, not nodes: when the tree is reshaped, texts that are no
// longer made still stand in dashboards, so they hold their place until they
// are forgotten.
type budget struct {
	texts map[string]uint32 // in the tree
	max   int
	// prefixes is how many overflow patterns were made.
	prefixes int
}

// overflowPattern is what is left when not even a prefix has a place.
const overflowPattern = "/{" + template.AnonymousTail + "...}"

// tails is how many places are kept for overflow patterns, one of them for the
// last resort: an eighth.
func (b *budget) tails() int { return max(b.max/8, 1) }

// take returns the tree's copy of text, or 0 if there is no place for it.
func (l *learner) take(text string, reserve int) uint32 {
	b := &l.budget
	if i := b.texts[text]; i != 0 {
		return i
	}
	if len(b.texts) >= b.max-reserve {
		return 0
	}
	i := l.keep(text)
	b.texts[l.text(i)] = i
	return i
}

// issue gives the node its pattern.
func (l *learner) issue(n *node) (string, bool) {
	if i := n.issued.Load(); i != 0 {
		return l.text(i), true
	}
	i := n.own
	if i == 0 {
		text := l.prefix(n)
		if text == "" {
			text = "/"
		}
		if i = l.take(text, l.budget.tails()-1); i == 0 {
			l.spent.Store(true)
			return "", false
		}
	}
	n.issued.Store(i)
	return l.text(i), true
}

// issueTail gives the overflow pattern for n, or for what lies below it: the
// nearest one there is above, else a new one for the prefix, else the last
// resort. While places are plenty the prefix is the longest; once half of them
// are gone it is the first segment, so that every part of a site gets one.
func (l *learner) issueTail(n *node, whole bool) string {
	n.mark(markCut)
	if whole && n.parent != 0 {
		n = l.at(n.parent) // n itself is what has no place
	}
	if tail := l.nearestTail(n); tail != overflowPattern {
		return tail
	}
	if l.budget.prefixes*2 >= l.budget.tails() {
		for n.depth > 1 {
			n = l.at(n.parent)
		}
	}
	if n.parent == 0 {
		return overflowPattern
	}
	i := l.take(l.prefix(n)+overflowPattern, 0)
	if i == 0 {
		return overflowPattern
	}
	l.budget.prefixes++
	n.tail.Store(i)
	return l.text(i)
}

// forgetPatterns makes n and all below it spell their patterns anew.
func (l *learner) forgetPatterns(n *node) {
	n.issued.Store(0)
	n.tail.Store(0)
	for c := range l.children(n) {
		l.forgetPatterns(c)
	}
}
