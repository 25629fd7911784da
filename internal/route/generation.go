// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import "strings"

// lifetime is how many generations an unused pattern lives while there is
// room; under pressure it is pressedLifetime.
const (
	lifetime        = 144
	pressedLifetime = 6
)

// rotate starts a new generation and forgets what was not used for long. The
// texts of learned stay in the budget.
func (l *learner) rotate(learned []*Template) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.generation.Add(1)
	keep := uint32(lifetime)
	if 2*l.nodes > l.maxNodes || 2*len(l.budget.texts) > l.budget.max {
		keep = pressedLifetime
	}
	if now <= keep {
		return
	}
	l.forget(&l.root, now-keep)
	l.full.Store(l.nodes >= l.maxNodes)
	l.spent.Store(false)
	l.budget.reset(&l.root, learned)
	l.cuts.relax()
}

// forget drops the subtrees last used before a generation.
func (l *learner) forget(n *node, before uint32) {
	for _, c := range n.abandon(func(c *node) bool { return c.lastUse.Load() < before }) {
		l.nodes -= c.size()
	}
	for _, c := range n.order {
		l.forget(c, before)
	}
}

// reset keeps the places of the texts the tree still gives out.
func (b *budget) reset(root *node, learned []*Template) {
	b.prefixes = 0
	texts := map[string]*string{overflowPattern: b.texts[overflowPattern]}
	var walk func(*node)
	walk = func(n *node) {
		n.cut.Store(false)
		if n.tail.Load() != nil {
			b.prefixes++
		}
		for _, p := range []*string{n.issued.Load(), n.tail.Load()} {
			if p != nil {
				texts[*p] = p
			}
		}
		for _, c := range n.order {
			walk(c)
		}
	}
	walk(root)
	for _, t := range learned {
		if p := b.texts[strings.TrimSuffix(t.pattern, "/")]; p != nil {
			texts[*p] = p
		}
	}
	b.texts = texts
}

// patterns counts the texts handed out; the last resort counts once used.
func (l *learner) patterns() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.budget.texts) - 1
}
