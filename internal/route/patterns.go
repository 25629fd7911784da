// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import "github.com/otelcol-correlation/correlationprocessor/internal/route/segment"

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
		if i = l.budget.take(l.tree, text, l.budget.tails()-1); i == 0 {
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
	i := l.budget.take(l.tree, l.prefix(n)+overflowPattern, 0)
	if i == 0 {
		return overflowPattern
	}
	l.budget.prefixes++
	n.tail.Store(i)
	return l.text(i)
}

// nearestTail returns the overflow pattern of the node or the next one above.
func (t *tree) nearestTail(n *node) string {
	for ; n != nil; n = t.node(n.parent) {
		if i := n.tail.Load(); i != 0 {
			return t.text(i)
		}
	}
	return overflowPattern
}

// forgetPatterns makes n and all below it spell their patterns anew.
func (l *learner) forgetPatterns(n *node) {
	n.issued.Store(0)
	n.tail.Store(0)
	for c := range l.children(n) {
		l.forgetPatterns(c)
	}
}

// rename gives the placeholder the name of a class.
func (l *learner) rename(n *node, to segment.Class) {
	if n.class.Placeholder() != to.Placeholder() {
		n.class = to
		l.forgetPatterns(n)
	}
}

// patterns counts the texts handed out. Once new paths have to share overflow
// patterns every place is in use, or kept for those.
func (l *learner) patterns() int {
	if l.spent.Load() || l.full.Load() {
		return l.budget.max
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.budget.texts) - 1
}
