// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/route/template"
)

// lifetime is how many generations an unused pattern lives while there is
// room; under pressure it is pressedLifetime.
const (
	lifetime        = 144
	pressedLifetime = 6
)

// rotate starts a new generation and forgets what was not used for long. The
// texts of learned stay in the budget.
func (l *learner) rotate(learned []*template.Template) {
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
	l.forget(l.root, now-keep)
	l.full.Store(l.nodes >= l.maxNodes)
	l.spent.Store(false)
	l.budget.reset(l.tree, learned)
	l.prunes.relax()
	l.renew(l.nodes)
}

// forget drops the subtrees last used before a generation.
func (l *learner) forget(n *node, before uint32) {
	for _, c := range l.abandon(n, func(c *node) bool { return c.lastUse.Load() < before }) {
		l.nodes -= l.size(c)
	}
	for c := range l.children(n) {
		l.forget(c, before)
	}
}

// reset keeps the places of the texts that the tree still gives out.
func (b *budget) reset(t *tree, learned []*template.Template) {
	b.prefixes = 0
	texts := map[string]uint32{}
	if texts[overflowPattern] = b.texts[overflowPattern]; len(b.texts) == 0 {
		texts[overflowPattern] = t.keep(overflowPattern)
	}
	var walk func(*node)
	walk = func(n *node) {
		n.unmark(markCut)
		if n.tail.Load() != 0 {
			b.prefixes++
		}
		for _, i := range [...]uint32{n.issued.Load(), n.tail.Load()} {
			if i != 0 {
				texts[t.text(i)] = i
			}
		}
		for c := range t.children(n) {
			walk(c)
		}
	}
	walk(t.root)
	for _, l := range learned {
		text := strings.TrimSuffix(l.Pattern(), "/")
		if i := b.texts[text]; i != 0 {
			texts[text] = i
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
