// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/route/segment"
)

const (
	// fewAlike children with the same below them are values, however often each is
	// asked for.
	fewAlike = 4
	// sameLabels below nearly all of them are more than chance.
	sameLabels = 2
	// fewPasses is up to when a place is compared whenever something is new. From
	// then on it has to grow, for the comparison takes longer and longer.
	fewPasses = 64 * settledVisits
)

// unite turns literal children of n into values that have the same below them as
// nearly all others, and nothing of their own: members of a collection, the projects
// of a registry, however few and however often each is asked for. Endpoints share some
// of what is below them; each has something of its own.
func (l *learner) unite(n *node) {
	if l.still || !l.learn {
		return
	}
	wild, members := l.node(n.wild.Load()), map[*node]bool(nil)
	alike := l.mayBeAlike(n)
	joining := wild != nil && l.known(n).state >= stateWords && l.any(n, func(c *node) bool { return l.mayJoin(n, c) })
	if !alike && !joining || !n.mayCompare() {
		return
	}
	if alike {
		members = l.alike(n)
	}
	if len(members) > 0 {
		n.mark(markUnited)
	} else if joining {
		members = l.joining(n, wild)
	}
	dropped := l.abandon(n, func(c *node) bool { return members[c] && l.prunes.allow(l.spot(c)) })
	if len(dropped) == 0 {
		return
	}
	l.know(n, l.known(n).in(max(l.known(n).state, stateWords)))
	if wild = l.makeValues(n, dropped); wild == nil {
		return
	}
	for _, c := range dropped {
		if label := l.label(c); l.score(n, n.read(label), "")+valueNextScore <= 0 {
			l.makeAlias(n, label)
		}
	}
}

// mayCompare reports whether the children of n are to be compared now, and notes that
// they are.
func (n *node) mayCompare() bool {
	if n.passes > fewPasses && 4*uint32(n.passes) < 5*uint32(n.compared) {
		return false
	}
	n.compared = n.passes
	return true
}

// uniteAbove compares the places above n, which got a new child.
func (l *learner) uniteAbove(n *node) {
	for range deepLikeness {
		if n.parent == 0 || l.reshaped {
			return
		}
		above := l.at(n.parent)
		if n.value || n.mayHold() {
			l.unite(above)
		}
		n = above
	}
}

// mayHold reports a literal that may as well be a value, with something below it.
func (n *node) mayHold() bool {
	return n.youngest != 0 && n.isLiteral() && n.has(markWord) && !n.has(markCertain)
}

// mayBeAlike reports whether n may have members of a collection among its children,
// by what is known without comparing them: enough were used often enough, and at least
// half are no words as people name endpoints.
func (t *tree) mayBeAlike(n *node) bool {
	parents, names, visits := 0, 0, uint32(0)
	for c := range t.children(n) {
		if !c.mayHold() {
			continue
		}
		parents++
		visits += c.visits()
		if !c.has(markWordy) {
			names++
		}
	}
	return parents >= fewAlike && 2*names >= parents && visits >= fewAlike*settledVisits
}

// alike returns children that are members of a collection, or nil.
func (t *tree) alike(n *node) map[*node]bool {
	parents := 0
	for c := range t.children(n) {
		if c.mayHold() && t.hasBelow(c, deepLikeness, func(string) bool { return true }) {
			parents++
		}
	}
	labels, have := t.labelsBelow(n, deepLikeness)
	for level := range deepLikeness {
		if members := t.share(labels, have, level, parents); len(members) >= fewAlike {
			return members
		}
	}
	return nil
}

// share returns the children that share what nearly all parents have so many levels
// down, unless there is much that only one has, or too few requests to tell.
func (t *tree) share(labels []string, have map[string]map[*node]bool, level, parents int) map[*node]bool {
	times, core, own := map[*node]int{}, 0, 0
	for _, label := range labels {
		switch count := len(have[label]); {
		case depthOf(label) != level:
		case 4*count >= 3*parents:
			core++
			for c := range have[label] {
				times[c]++
			}
		case count == 1:
			own++
		}
	}
	if core < sameLabels || 2*own > core {
		return nil
	}
	members, visits := map[*node]bool{}, uint32(0)
	for c, shared := range times {
		if 2*shared >= core && c.mayHold() {
			members[c] = true
			visits += c.visits()
		}
	}
	if visits < fewAlike*settledVisits {
		return nil
	}
	return members
}

// depthOf a label of likeness.
func depthOf(label string) int { return len(label) - len(strings.TrimLeft(label, "/")) }

// joining returns the literal children of n, whose values are names, that have some labels
// below them, so many levels down, and none that the values have not.
func (t *tree) joining(n, wild *node) map[*node]bool {
	known, members := map[string]bool{}, map[*node]bool{}
	t.hasBelow(wild, deepLikeness, func(label string) bool {
		known[label] = true
		return false
	})
	for c := range t.children(n) {
		if t.mayJoin(n, c) && t.addsNothing(c, known) {
			members[c] = true
		}
	}
	return members
}

// mayJoin reports whether a literal child of n may become one of its values. Where these
// were not united, a plural is rather a collection of its own, and another word as people
// name endpoints must be well used, so that what is below it has come.
func (t *tree) mayJoin(n, c *node) bool {
	return c.mayHold() && (n.has(markUnited) || !segment.IsPlural(t.label(c)) && (c.settled() || !c.has(markWordy)))
}

// addsNothing reports whether labels below c, so many levels down, are all known.
func (t *tree) addsNothing(c *node, known map[string]bool) bool {
	var shared, own [deepLikeness]map[string]bool
	t.hasBelow(c, deepLikeness, func(label string) bool {
		of := &own[depthOf(label)]
		if known[label] {
			of = &shared[depthOf(label)]
		}
		if *of == nil {
			*of = map[string]bool{}
		}
		(*of)[label] = true
		return false
	})
	for level := range deepLikeness {
		if len(shared[level]) >= sameLabels && len(own[level]) == 0 {
			return true
		}
	}
	return false
}
