// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

// budget is the hard cap on the patterns of a service. It counts distinct
// texts handed out, not nodes: when the tree is reshaped, texts that are no
// longer made still stand in dashboards, so they hold their place until they
// are forgotten.
type budget struct {
	texts map[string]*string
	max   int
	tails int // places kept for overflow patterns
	// prefixes is how many of them are taken.
	prefixes int
}

// overflowPattern is what is left when not even a prefix has a place.
const overflowPattern = "/{" + anonymousTail + "...}"

// newBudget: an eighth of the places is kept for overflow patterns, one of
// them for the last resort.
func newBudget(limit int) budget {
	limit = max(limit, 1)
	b := budget{texts: map[string]*string{}, max: limit, tails: max(limit/8, 1)}
	text := overflowPattern
	b.texts[text] = &text
	return b
}

// take returns the shared copy of text, or nil if there is no place for it.
func (b *budget) take(text string, reserve int) *string {
	if p := b.texts[text]; p != nil {
		return p
	}
	if len(b.texts) >= b.max-reserve {
		return nil
	}
	b.texts[text] = &text
	return &text
}

// issue gives the node its pattern.
func (l *learner) issue(n *node) (string, bool) {
	if p := n.issued.Load(); p != nil {
		return *p, true
	}
	if n.own != nil {
		n.issued.Store(n.own)
		return *n.own, true
	}
	text := n.prefix()
	if text == "" {
		text = "/"
	}
	p := l.budget.take(text, l.budget.tails-1)
	if p == nil {
		l.spent.Store(true)
		return "", false
	}
	n.issued.Store(p)
	return *p, true
}

// issueTail gives the overflow pattern for n, or for what lies below it: the
// nearest one there is above, else a new one for the prefix, else the last
// resort. While places are plenty the prefix is the longest; once half of them
// are gone it is the first segment, so that every part of a site gets one.
func (l *learner) issueTail(n *node, whole bool) string {
	n.cut.Store(true)
	if whole && n.parent != nil {
		n = n.parent // n itself is what has no place
	}
	for p := n; p != nil; p = p.parent {
		if t := p.tail.Load(); t != nil {
			return *t
		}
	}
	if l.budget.prefixes*2 >= l.budget.tails {
		for n.depth > 1 {
			n = n.parent
		}
	}
	if n.parent == nil {
		return overflowPattern
	}
	p := l.budget.take(n.prefix()+overflowPattern, 0)
	if p == nil {
		return overflowPattern
	}
	l.budget.prefixes++
	n.tail.Store(p)
	return *p
}

// forgetPatterns makes n and all below it spell their patterns anew.
func (l *learner) forgetPatterns(n *node) {
	n.issued.Store(nil)
	n.tail.Store(nil)
	for _, c := range n.order {
		l.forgetPatterns(c)
	}
}
