// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

// reconsider looks at the literal children of n again after it got a new one,
// and collapses those that turn out to be values. It reports whether the tree
// changed.
func (l *learner) reconsider(n *node) bool {
	count := n.literals()
	if count < 6 || count < n.checked+n.checked/4 {
		return false
	}
	n.checked = count
	if !n.sharesStructure(count) && !n.keepsComing(count) {
		return false
	}
	l.collapse(n)
	return true
}

// novelty is the Good-Turing chance that the next child is a new one.
func (n *node) novelty() float64 {
	return float64(n.young) / float64(max(n.passes, 1))
}

// sharesStructure: members of a collection have the same things below them,
// endpoints do not.
func (n *node) sharesStructure(count int) bool {
	if count < 12 && (count < 6 || !n.slugs(count)) || n.novelty() < 0.15 {
		return false
	}
	seen := map[string]int{}
	parents := 0
	for _, c := range n.order {
		if c.value || len(c.order) == 0 {
			continue
		}
		parents++
		for _, g := range c.order {
			seen[g.label]++
		}
	}
	sharing := 0
	for _, c := range n.order {
		if !c.value && c.sharesOne(seen) {
			sharing++
		}
	}
	return parents*2 >= count && sharing*4 >= parents*3
}

func (c *node) sharesOne(seen map[string]int) bool {
	for _, g := range c.order {
		if seen[g.label] > 1 {
			return true
		}
	}
	return false
}

// slugs reports whether most literal children look made up.
func (n *node) slugs(count int) bool {
	slugs := 0
	for _, c := range n.order {
		if !c.value && !c.wordy() {
			slugs++
		}
	}
	return slugs*2 >= count
}

func (c *node) wordy() bool {
	w := readWording(c.label)
	return w.pieces == w.known && !w.digits
}

// keepsComing: leaves that are mostly new are values.
func (n *node) keepsComing(count int) bool {
	least := 32
	if n.slugs(count) {
		least = 10
	}
	return count >= least && n.novelty() >= 0.5
}

// collapse turns the literal children of n into values.
func (l *learner) collapse(n *node) {
	dropped := n.abandon(func(c *node) bool { return !c.value && classify(c.label, true) == classWord })
	if len(dropped) == 0 {
		return
	}
	n.state.Store(uint32(stateWords))
	if !n.value && len(l.labels) < maxLabels {
		l.labels[n.label] = stateWords
	}
	for _, c := range dropped {
		l.nodes -= c.size()
	}
	l.full.Store(false)
	n.young, n.passes = 0, 0
}
