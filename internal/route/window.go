// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

// A window is a stretch of a place's life in which the number of its literal
// children doubles. It tells a population that moves on, in which values come for
// a while and never again, from endpoints, of which the oldest come all the time:
// however often each value comes while it comes, and whatever came at the start.

const (
	// windowBits of the clock count windows, the others generations.
	windowBits = 12
	// firstWindow is how many literal children there are when the first one begins.
	firstWindow = 8
)

// generation is the number of rotations so far.
func (l *learner) generation() uint32 { return l.clock.Load() >> windowBits }

// openWindow begins a window at n, which has so many literal children. What is
// used from now on is marked with a later time, but for the last of very many
// windows between two rotations.
func (l *learner) openWindow(n *node, count uint16) {
	if now := l.clock.Load(); (now+1)>>windowBits == now>>windowBits {
		l.clock.Store(now + 1)
	}
	n.opened, n.old = l.clock.Load(), count
}

// retired reports a child that was not used since the window began.
func (n *node) retired(c *node) bool { return n.old >= firstWindow && c.lastUse.Load() < n.opened }

// movesOn reports whether the literal children of n retire while others come: of
// those from before the window hardly one was used in it. If the new ones come
// more than once, as values do that are looked up again and again, the old ones
// may take a larger part.
func (t *tree) movesOn(n *node) bool {
	if n.old < firstWindow {
		return false
	}
	seen, old, alive, fresh, again := uint16(0), 0, 0, 0, 0
	for c := range t.children(n) {
		if !c.isLiteral() {
			continue
		}
		if seen++; seen <= n.old {
			old++
			if !n.retired(c) {
				alive++
			}
			continue
		}
		fresh++
		if !c.has(markOnce) {
			again++
		}
	}
	return 2*fresh >= old && 4*alive*fresh <= old*(fresh+again)
}
