// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"math"
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/route/segment"
)

// reconsider looks at the literal children of n again after it got a new one,
// and turns those that are values into one.
func (l *learner) reconsider(n *node) {
	count := l.literals(n)
	checked := uint32(n.checked)
	if l.still || !l.learn || count < fewChildren || count < checked+checked/4 || count > math.MaxUint16 {
		return
	}
	n.checked = uint16(count)
	slugs := l.slugs(n, count)
	if l.sharesStructure(n, count, slugs) {
		n.mark(markUnited)
		l.collapse(n, func(*node) bool { return true })
	} else if l.keepsComing(n, count, slugs) {
		l.collapse(n, func(*node) bool { return true })
	} else if kin := l.kin(n); kin != nil {
		n.mark(markUnited)
		l.collapse(n, func(c *node) bool { return kin[c] })
	} else if count >= max(2*uint32(n.old), firstWindow) {
		l.openWindow(n, uint16(count))
	}
}

// novelty is the chance that the next value is a new one, by Good and Turing, or
// certainty where the values move on.
func (t *tree) novelty(n *node) float64 {
	if t.movesOn(n) {
		return 1
	}
	return float64(n.young) / float64(max(n.passes, 1))
}

// sharesStructure: members of a collection have the same things below them,
// endpoints do not.
func (t *tree) sharesStructure(n *node, count uint32, slugs bool) bool {
	if !slugs && (count < 12 || n.place == segment.PlaceValue || n.place == segment.PlaceRoot) || t.novelty(n) < 0.15 {
		return false
	}
	levels := 1
	if slugs {
		levels = deepLikeness
	}
	seen, parents, sharing := t.likeness(n), uint32(0), uint32(0)
	for c := range t.children(n) {
		if !c.isLiteral() || !t.hasBelow(c, levels, func(string) bool { return true }) {
			continue
		}
		parents++
		if t.isLike(c, seen, levels) {
			sharing++
		}
	}
	return parents*2 >= count && sharing*4 >= parents*3
}

// slugs reports whether most literal children look made up; where literals
// are likelier, more of them have to.
func (t *tree) slugs(n *node, count uint32) bool {
	families := map[string]family{}
	if n.place != segment.PlaceCollection {
		for c := range t.children(n) {
			label := t.label(c)
			f := families[firstWord(label)]
			f.size++
			if strings.Count(label, "-") >= titleHyphens {
				f.titles++
			}
			families[firstWord(label)] = f
		}
	}
	slugs := uint32(0)
	for c := range t.children(n) {
		if c.isLiteral() && !c.has(markWordy) && !families[firstWord(t.label(c))].ofEndpoints() {
			slugs++
		}
	}
	if n.place == segment.PlaceCollection {
		return slugs*2 >= count
	}
	return slugs*10 >= count*7
}

// family are siblings with the same first word.
type family struct{ size, titles int }

const (
	// familySize siblings are a family, more than maxFamily are names that begin alike.
	familySize, maxFamily = 3, 16
	// titleHyphens join the words of a title; endpoints that long are joined by
	// underscores.
	titleHyphens = 2
)

// ofEndpoints: endpoints come in families (frontend_errors, frontend_latency), and so
// do titles (my-first-post, my-second-post), which are longer.
func (f family) ofEndpoints() bool {
	return f.size >= familySize && f.size <= maxFamily && 2*f.titles < f.size
}

// firstWord returns the first of several words; of a numbered name it is the whole.
func firstWord(label string) string {
	end := strings.IndexAny(label, "-_.")
	if end <= 0 || segment.IsDigit(label[len(label)-1]) {
		return label
	}
	return label[:end]
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
	// manyEndpoints is more than the endpoints an API has in one place.
	manyEndpoints = 200
)

// keepsComing: leaves that are mostly new are values.
func (t *tree) keepsComing(n *node, count uint32, slugs bool) bool {
	least := uint32(manyEndpoints)
	switch {
	case slugs:
		least = fewSlugs
	case n.place == segment.PlaceCollection:
		least = manyMembers
	}
	return count >= least && t.novelty(n) >= 0.5
}

// kin returns made up names that all have the same label below them, one that
// the other children have not: the tenants of /acme/billing and /globex/billing
// beside the endpoints of the root. Most of them must have arrived only once.
func (t *tree) kin(n *node) map[*node]bool {
	labels, have := t.labelsBelow(n, 1)
	for _, label := range labels {
		young, slugs := 0, 0
		for c := range have[label] {
			if c.has(markOnce) || n.retired(c) {
				young++
			}
			if !c.has(markWordy) && !c.has(markCertain) {
				slugs++
			}
		}
		if group := len(have[label]); slugs*4 >= group*3 && slugs >= fewKin && 2*young >= group {
			return have[label]
		}
	}
	return nil
}

// collapse turns the literal children of n that are to be into values, but
// for those that would become literals again at once.
func (l *learner) collapse(n *node, is func(*node) bool) {
	old, seen := l.known(n), l.likeness(n)
	l.know(n, old.in(stateWords))
	dropped := l.abandon(n, func(c *node) bool {
		switch {
		case !c.isLiteral() || c.has(markCertain) || !is(c) || !l.takesForValue(n, c, seen) || !l.prunes.allow(l.spot(c)):
			return false
		case l.established(n, c, seen):
			c.mark(markKnown)
			return false
		}
		return true
	})
	if len(dropped) == 0 {
		l.know(n, old)
		return
	}
	l.learnLabel(n, stateWords)
	l.makeValues(n, dropped)
}

// makeValues puts what is below children that were cut off below the child for values,
// and returns it, or nil if there is no room for one.
func (l *learner) makeValues(n *node, dropped []*node) *node {
	wild := l.node(n.wild.Load())
	if wild == nil {
		wild = l.makeNode(n, "", true, segment.Word)
	}
	for _, c := range dropped {
		l.prunes.note(l.spot(c))
		l.nodes -= l.size(c)
		if wild != nil {
			l.graft(wild, c)
		}
	}
	l.full.Store(false)
	n.young, n.passes, n.compared, n.checked, n.old = 0, 0, 0, 0, 0
	l.reshaped = true
	return wild
}

// takesForValue reports whether n takes the label of its literal child c for a
// value, once it has no child of that label: at least if what stands below c
// stands below others too.
func (t *tree) takesForValue(n, c *node, seen likeness) bool {
	r := n.read(t.label(c))
	if r.Class != segment.Word {
		return !r.Class.Literal()
	}
	score := t.score(n, r, "")
	switch {
	case t.isLike(c, seen, 1) || !c.has(markWordy) && t.isLike(c, seen, deepLikeness):
		score += sameNextScore
	case c.youngest != 0 && c.issued.Load() == 0:
		score += valueNextScore
	}
	return score > 0
}

// established reports a literal child of n that was there before the strangers
// around it: many requests used it while most of the others came once, or it leads
// to endpoints of its own.
func (t *tree) established(n, c *node, seen likeness) bool {
	if t.isLike(c, seen, deepLikeness) {
		return false
	}
	return c.has(markKnown) || t.leads(c) || c.settled() && 2*uint32(n.young) > t.literals(n)
}

// leads reports whether c is well used and an endpoint stands below it, behind a
// version at most.
func (t *tree) leads(c *node) bool {
	return c.settled() && t.any(c, func(g *node) bool {
		return g.isLiteral() && (t.telling(g) && g.has(markWordy) || !t.telling(g) && t.any(g, t.telling))
	})
}
