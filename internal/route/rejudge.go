// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

// rejudge looks again at the literal children of n, after something was
// learned of its values, and turns those into values that turn out to be such.
func (l *learner) rejudge(n *node) {
	wild := n.wild.Load()
	if wild == nil || l.still || !l.learn {
		return
	}
	dropped := n.abandon(func(c *node) bool { return !c.value && n.misjudged(c, wild) && l.cuts.allow(c) })
	for _, c := range dropped {
		l.cuts.note(c)
		l.nodes -= c.size()
		if !c.settled() {
			n.passes -= min(n.passes, c.visits.Load())
		}
		l.graft(wild, c)
		l.reshaped = true
	}
}

// misjudged reports whether the literal child c of n is a value after all, by
// its wording and by what stands below it and below the values.
func (n *node) misjudged(c, wild *node) bool {
	if c.certain.Load() {
		return false
	}
	r := n.read(c.label)
	if r.class != classWord || r.suffix != "" {
		return false
	}
	shared, own := 0, 0
	for _, g := range c.order {
		switch {
		case !g.telling():
		case wild.kid(g.label) != nil:
			shared++
		default:
			own++
		}
	}
	score := n.score(r, "")
	if own == 0 && shared == 0 && c.visits.Load() >= keptVisits {
		score += cameAgainScore
	}
	switch {
	case shared > own:
		score += sameNextScore
	case own > shared:
		score -= sameNextScore
	}
	return score > 0
}

// twin returns the child of n that stands for the same as c, or nil.
func (n *node) twin(c *node) *node {
	if c.value {
		return n.valueKid(c.label, c.class)
	}
	return n.kid(c.label)
}

// graft copies the children of c to those of wild.
func (l *learner) graft(wild, c *node) {
	for _, g := range c.order {
		to := wild.twin(g)
		if to == nil {
			if to = l.makeNode(wild, g.label, g.value, g.class); to == nil {
				return
			}
			to.typed, to.worded, to.distinct, to.words = g.typed, g.worded, g.distinct, g.words
			to.profile.Store(g.profile.Load())
		}
		to.visits.Store(max(to.visits.Load(), g.visits.Load()))
		l.graft(to, g)
	}
}
