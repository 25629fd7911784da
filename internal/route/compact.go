// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

// compaction copies nodes to another tree.
type compaction struct {
	from, to *tree
	texts    map[uint32]uint32 // those that were moved
}

// node makes to what n is, and copies what is below it.
func (m *compaction) node(n, to *node) {
	to.guarded = guarded{
		self: to.self, parent: to.parent, next: to.next, name: m.text(n.name), own: m.text(n.own),
		young: n.young, passes: n.passes, compared: n.compared, opened: n.opened, trace: n.trace, latest: n.latest, checked: n.checked, old: n.old,
		typed: n.typed, worded: n.worded, distinct: n.distinct, odd: n.odd,
	}
	to.pure = n.pure
	to.issued.Store(m.text(n.issued.Load()))
	to.tail.Store(m.text(n.tail.Load()))
	to.lastUse.Store(n.lastUse.Load())
	to.marks.Store(n.marks.Load())
	m.to.know(to, m.from.known(n))
	if words := m.from.words[n.self]; words != nil {
		m.to.setWords(to, words)
	}
	for c := range m.from.children(n) {
		d := m.to.make(to, m.from.label(c), c.value, c.class)
		m.to.adopt(to, d)
		m.node(c, d)
	}
}

// text moves a text.
func (m *compaction) text(i uint32) uint32 {
	if i == 0 {
		return 0
	}
	if m.texts[i] == 0 {
		s := m.from.texts.at(i)
		m.texts[i] = m.to.keep(s.text)
		m.to.texts.at(m.texts[i]).route.Store(s.route.Load())
	}
	return m.texts[i]
}
