// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"slices"
	"strings"
)

// reconsider looks at the literal children of n again after it got a new one,
// and turns those that are values into one.
func (l *learner) reconsider(n *node) {
	count := n.literals()
	if l.still || !l.learn || count < fewChildren || count < n.checked+n.checked/4 {
		return
	}
	n.checked = count
	if n.sharesStructure(count) || n.keepsComing(count) {
		l.collapse(n, func(*node) bool { return true })
	} else if kin := n.kin(); kin != nil {
		l.collapse(n, func(c *node) bool { return kin[c] })
	}
}

// novelty is the Good-Turing chance that the next child is a new one.
func (n *node) novelty() float64 {
	return float64(n.young) / float64(max(n.passes, 1))
}

// sharesStructure: members of a collection have the same things below them,
// endpoints do not.
func (n *node) sharesStructure(count int) bool {
	slugs := n.slugs(count)
	if !slugs && (count < 12 || n.place == placeValue || n.place == placeRoot) || n.novelty() < 0.15 {
		return false
	}
	seen, parents, sharing := n.labelsBelow(), 0, 0
	for _, c := range n.order {
		if c.value || !slices.ContainsFunc(c.order, (*node).telling) {
			continue
		}
		parents++
		if slices.ContainsFunc(c.order, func(g *node) bool { return g.telling() && seen[g.label] > 1 }) {
			sharing++
		}
	}
	return parents*2 >= count && sharing*4 >= parents*3
}

// labelsBelow counts the labels two levels down.
func (n *node) labelsBelow() map[string]int {
	seen := map[string]int{}
	for _, c := range n.order {
		if c.value {
			continue
		}
		for _, g := range c.order {
			if g.telling() {
				seen[g.label]++
			}
		}
	}
	return seen
}

// telling reports a node whose label can tell what its parent is: versions and
// values stand everywhere.
func (n *node) telling() bool { return !n.value && !isVersion(n.label) }

// slugs reports whether most literal children look made up; where literals
// are likelier, more of them have to.
func (n *node) slugs(count int) bool {
	families := map[string]int{}
	if n.place != placeCollection {
		for _, c := range n.order {
			families[family(c.label)]++
		}
	}
	slugs := 0
	for _, c := range n.order {
		if !c.value && !c.wordy() && families[family(c.label)] < familySize {
			slugs++
		}
	}
	if n.place == placeCollection {
		return slugs*2 >= count
	}
	return slugs*10 >= count*7
}

// family returns the first of several words: endpoints come in families
// (frontend_errors, frontend_latency). It is empty for numbered names.
func family(label string) string {
	end := strings.IndexAny(label, "-_.")
	if end <= 0 || isDigit(label[len(label)-1]) {
		return label
	}
	return label[:end]
}

// familySize siblings with the same first word are a family.
const familySize = 3

// wordy reports a label as people name endpoints.
func (n *node) wordy() bool {
	w := readWording(n.label)
	return w.pieces == w.known && !w.digits || w.dots || w.leading || isPlural(n.label)
}

const (
	// fewChildren are too few to say anything of.
	fewChildren = 4
	// fewKin made up names with the same below them are values.
	fewKin = 4
	// fewSlugs made up names, most of them new, are values.
	fewSlugs = 8
	// manyMembers of a collection are values however they are worded.
	manyMembers = 32
	// manyEndpoints is more than the endpoints an API has beside each other.
	manyEndpoints = 200
)

// keepsComing: leaves that are mostly new are values.
func (n *node) keepsComing(count int) bool {
	least := manyEndpoints
	switch {
	case n.slugs(count):
		least = fewSlugs
	case n.place == placeCollection:
		least = manyMembers
	}
	return count >= least && n.novelty() >= 0.5
}

// kin returns made up names that all have the same label below them, one that
// the other children have not: the tenants of /acme/billing and /globex/billing
// beside the endpoints of the root. Most of them must have come once only.
func (n *node) kin() map[*node]bool {
	below := map[string][]*node{}
	for _, c := range n.order {
		if c.value {
			continue
		}
		for _, g := range c.order {
			if g.telling() {
				below[g.label] = append(below[g.label], c)
			}
		}
	}
	for _, g := range n.labelsInOrder() {
		group := below[g]
		young, slugs := 0, 0
		for _, c := range group {
			if c.visits.Load() == 1 {
				young++
			}
			if !c.wordy() && !c.certain.Load() {
				slugs++
			}
		}
		if slugs*4 >= len(group)*3 && slugs >= fewKin && 2*young >= len(group) {
			set := map[*node]bool{}
			for _, c := range group {
				set[c] = true
			}
			return set
		}
	}
	return nil
}

// labelsInOrder lists the labels two levels down as they came, so that the
// outcome does not hang on the order of a map.
func (n *node) labelsInOrder() []string {
	var labels []string
	for _, c := range n.order {
		for _, g := range c.order {
			if !c.value && g.telling() && !slices.Contains(labels, g.label) {
				labels = append(labels, g.label)
			}
		}
	}
	return labels
}

// collapse turns the literal children of n that are to be into values, but
// for those that would come back as literals at once.
func (l *learner) collapse(n *node, is func(*node) bool) {
	old, p := n.known(), *n.known()
	p.state = stateWords
	n.profile.Store(&p)
	dropped := n.abandon(func(c *node) bool {
		return !c.value && !c.certain.Load() && is(c) && n.takesForValue(c) && l.cuts.allow(c)
	})
	if len(dropped) == 0 {
		n.profile.Store(old)
		return
	}
	l.learnLabel(n, stateWords)
	wild := n.wild.Load()
	if wild == nil {
		wild = l.makeNode(n, "", true, classWord)
	}
	for _, c := range dropped {
		l.cuts.note(c)
		l.nodes -= c.size()
		if wild != nil {
			l.graft(wild, c)
		}
	}
	l.full.Store(false)
	n.young, n.passes, n.checked = 0, 0, 0
	l.reshaped = true
}

// takesForValue reports whether n takes the label of its literal child c for a
// value, once it has no child of that label: at least if what stands below c
// stands below the values too.
func (n *node) takesForValue(c *node) bool {
	r := n.read(c.label)
	if r.class != classWord {
		return !r.class.literal()
	}
	score := n.score(r, "")
	switch {
	case slices.ContainsFunc(c.order, func(g *node) bool { return !g.value }):
		score += sameNextScore
	case len(c.order) > 0 && c.issued.Load() == nil:
		score += valueNextScore
	}
	return score > 0
}
