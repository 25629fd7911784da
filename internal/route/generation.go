// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import "github.com/otelcol-correlation/correlationprocessor/internal/route/template"

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
	defer l.rest()
	now := l.generation() + 1
	l.clock.Store(now << windowBits)
	keep := uint32(lifetime)
	if 2*l.nodes > l.maxNodes || 2*len(l.budget.texts) > l.budget.max || l.account.full() {
		keep = pressedLifetime
	}
	if now <= keep {
		return
	}
	l.pressed = keep == pressedLifetime
	l.forget(l.root, (now-keep)<<windowBits)
	l.full.Store(l.nodes >= l.maxNodes)
	l.spent.Store(false)
	l.budget.reset(l.tree, learned)
	l.prunes.relax()
	l.renew(l.nodes)
}

// forget drops the subtrees last used before a time of the clock. An alias is used
// whenever the values are; it is only dropped where room is short.
func (l *learner) forget(n *node, before uint32) {
	unused := func(c *node) bool { return c.lastUse.Load() < before && (l.pressed || !c.has(markAlias)) }
	for _, c := range l.abandon(n, unused) {
		l.nodes -= l.size(c)
	}
	for c := range l.children(n) {
		l.forget(c, before)
	}
}
