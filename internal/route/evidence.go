// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"slices"
	"strings"
)

const (
	// someWords distinct words taken for values make a position one of words.
	someWords = 4
	// manyWords of them leave no doubt.
	manyWords = 16
	// someTyped values of a plain shape, and hardly a word, make it a typed one.
	someTyped = 6
	// typedShare is how many typed values outweigh a word.
	typedShare = 8
	// againShare is how often each of a few words must have come, and
	// againMore how many hits there must be beyond that.
	againShare, againMore = 3, 3
	// maxSuspects words are remembered of those taken for values.
	maxSuspects = 24
	// heavyWords hits tell whether one word outweighs the others.
	heavyWords = 12
	// heavyAction hits make an action a literal, heavyKnown hits another known
	// word, if it is at least one of heavyShare.
	heavyAction, heavyActionShare = 3, 16
	heavyKnown, heavyShare        = 6, 10
	// keptVisits make a literal one that came again.
	keptVisits = 4
)

// profile takes the value c at n into account; passed tells that the path goes
// on behind it.
func (l *learner) profile(n *node, c cut, passed bool) {
	p := n.known()
	if c.class != classWord {
		n.typed++
		if c.class == classToken || c.class == classHex || c.class == classInt {
			p = p.with(c.head)
		}
	} else if w := readWording(c.head); !p.fits(c.head, w) {
		l.suspect(n, c, w, passed)
	}
	old := n.known()
	if s := n.verdict(p.state); s != p.state {
		q := *p
		q.state = s
		p = &q
		l.learnLabel(n, s)
	}
	if old == p {
		return
	}
	n.profile.Store(p)
	if p.state == stateLiteral && old.state != stateLiteral {
		l.promoteAll(n, c.suffix)
	}
	if old.state != p.state {
		l.rejudge(n)
	}
}

// verdict weighs words against values of a plain shape, and whether the words
// are always the same.
func (n *node) verdict(old state) state {
	switch {
	case n.distinct >= manyWords:
		return stateMany
	case n.comeAgain():
		return stateLiteral
	case old >= stateWords:
		return old
	case n.distinct >= someWords && n.worded*typedShare > n.typed:
		return stateWords
	case n.typed >= someTyped && n.worded*typedShare <= n.typed:
		return stateLiteral
	case n.typed >= 2 && n.worded == 0 && old == stateOpen:
		return stateLeaning
	}
	return old
}

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

// learnLabel remembers what stands below a label, for where it comes again.
func (l *learner) learnLabel(n *node, s state) {
	if n.value || n.label == "" {
		return
	}
	if _, ok := l.labels[n.label]; ok || len(l.labels) < maxLabels {
		l.labels[n.label] = min(s, stateWords)
	}
}

// reconsider looks at the literal children of n again after it got a new one,
// and turns those that are values into one.
func (l *learner) reconsider(n *node) {
	count := n.literals()
	if l.still || !l.learn || count < fewChildren || count < n.checked+n.checked/4 {
		return
	}
	n.checked = count
	if n.sharesStructure(count) || n.keepsComing(count) {
		l.collapse(n, func(c *node) bool { return true })
	} else if kin := n.kin(); kin != nil {
		l.collapse(n, func(c *node) bool { return kin[c] })
	}
}

// rejudge looks again at the literal children of n, after something was
// learned of its values, and turns those into values that turn out to be such.
func (l *learner) rejudge(n *node) {
	wild := n.wild.Load()
	if wild == nil || l.still || !l.learn {
		return
	}
	dropped := n.abandon(func(c *node) bool { return !c.value && n.misjudged(c, wild) })
	for _, c := range dropped {
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
	if c.certain {
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
			if !c.wordy() && !c.certain {
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

// collapse turns the literal children of n that are to be into values.
func (l *learner) collapse(n *node, is func(*node) bool) {
	dropped := n.abandon(func(c *node) bool {
		return !c.value && !c.certain && classify(c.label, true) == classWord && is(c)
	})
	if len(dropped) == 0 {
		return
	}
	p := *n.known()
	p.state = stateWords
	n.profile.Store(&p)
	l.learnLabel(n, stateWords)
	wild := n.wild.Load()
	if wild == nil {
		wild = l.makeNode(n, "", true, classWord)
	}
	for _, c := range dropped {
		l.nodes -= c.size()
		if wild != nil {
			l.graft(wild, c)
		}
	}
	l.full.Store(false)
	n.young, n.passes, n.checked = 0, 0, 0
	l.reshaped = true
}
