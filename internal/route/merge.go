// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import "github.com/otelcol-correlation/correlationprocessor/internal/route/segment"

// mergeMisjudged looks again at the literal children of n, after something was
// learned of its values, and turns those into values that turn out to be such.
func (l *learner) mergeMisjudged(n *node) {
	wild := l.node(n.wild.Load())
	if wild == nil || l.still || !l.learn {
		return
	}
	dropped := l.abandon(n, func(c *node) bool { return c.isLiteral() && l.misjudged(n, c, wild) && l.prunes.allow(l.spot(c)) })
	for _, c := range dropped {
		l.prunes.note(l.spot(c))
		l.nodes -= l.size(c)
		if !c.settled() {
			n.passes -= min(n.passes, uint16(c.visits()))
		}
		l.graft(wild, c)
		l.reshaped = true
	}
}

// keptVisits make a literal one that arrived again; twice as many count twice.
const keptVisits = 4

// misjudged reports whether the literal child c of n is a value after all, by
// its wording and by what stands below it and below the values.
func (t *tree) misjudged(n, c, wild *node) bool {
	if c.has(markCertain) {
		return false
	}
	r := n.read(t.label(c))
	if r.Class != segment.Word || r.Suffix != "" {
		return false
	}
	shared, own := 0, 0
	for g := range t.children(c) {
		switch {
		case !t.telling(g):
		case t.literalChild(wild, t.label(g)) != nil:
			shared++
		default:
			own++
		}
	}
	if shared <= own && (c.has(markKnown) || shared == 0 && t.leads(c)) {
		return false
	}
	score := t.score(n, r, "")
	if own == 0 && shared == 0 {
		score += arrivedAgainScore * float64(c.visits()/keptVisits)
	}
	switch {
	case shared > own:
		score += sameNextScore
	case own > shared:
		score -= sameNextScore
	}
	return score > 0
}

// graft copies the children of c to those of wild.
func (l *learner) graft(wild, c *node) {
	for g := range l.children(c) {
		label := l.label(g)
		to := l.twin(wild, label, g.value, g.class)
		if to == nil {
			if to = l.makeNode(wild, label, g.value, g.class); to == nil {
				return
			}
			to.mark(g.marks.Load() & (markCertain | markAlias | markWhole | markKnown | markUnited))
			to.typed, to.worded, to.distinct = g.typed, g.worded, g.distinct
			if words := l.words[g.self]; words != nil {
				l.setWords(to, words)
			}
			l.know(to, l.known(g))
		}
		to.setVisits(max(to.visits(), g.visits()))
		l.graft(to, g)
	}
}

// telling reports a node whose label can tell what its parent is: versions and
// values stand everywhere.
func (t *tree) telling(n *node) bool { return n.isLiteral() && !segment.IsVersion(t.label(n)) }
