// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"strings"
	"sync"
	"sync/atomic"

	"github.com/otelcol-correlation/correlationprocessor/internal/route/segment"
)

// learner turns paths into patterns by the shape of their segments and by what
// the traffic of one service shows. Its tree never holds more than maxNodes
// nodes and never hands out more than its budget of patterns.
//
// Readers walk the published tree; the embedded one is the same, for the
// holder of the lock.
type learner struct {
	published atomic.Pointer[tree]
	// clock is the number of rotations so far and, in the lower bits, of windows
	// that were opened since; see window.go.
	clock atomic.Uint32
	// full: no node may be made any more; spent: no pattern may be handed out
	// any more. Readers that see them need not ask.
	full, spent atomic.Bool
	// placeholders: the service sent an http.route with a placeholder.
	placeholders atomic.Bool

	mu sync.Mutex
	*tree
	nodes    int // that stand, but for the root
	maxNodes int
	below    map[string]state  // what stands below a label elsewhere
	names    map[string]string // what a framework calls the values behind a label
	reshaped bool              // nodes were cut off during the walk
	still    bool              // nodes must not be cut off
	told     bool              // the item's http.route says which segments are values
	pressed  bool              // room was short at the last rotation
	learn    bool              // evidence may reshape the tree
	lessons  uint64            // items that were learned from; a tree at rest learns from none
	trace    uint32            // the trace of the item that is learned from, 0 if unknown
	prunes   pruneLimit
	budget   budget
	read     int64    // bytes of the http.routes that were read
	account  *account // of all services
	reported int64    // to the account
	closed   bool     // the service was forgotten
}

// maxLabels bounds the memory of below.
const maxLabels = 1024

func newLearner(maxPatterns int, learn bool, in *account) *learner {
	l := &learner{
		account:  in,
		learn:    learn,
		maxNodes: 4*maxPatterns + 64,
		below:    map[string]state{},
		names:    map[string]string{},
		prunes:   newPruneLimit(4*maxPatterns + 64),
		budget:   budget{max: max(maxPatterns, 1), account: in},
	}
	l.plant(newTree(ample(0)))
	l.root.pure = !learn
	l.budget.reset(l.tree, nil)
	l.report()
	return l
}

// plant publishes t as the tree.
func (l *learner) plant(t *tree) {
	l.tree = t
	l.published.Store(t)
}

// lesson takes the lock, to learn from an item; nil stands for one that is no
// evidence. It ends with rest.
func (l *learner) lesson(q *Request) {
	l.mu.Lock()
	l.trace = 0
	if q != nil {
		l.trace = q.fold()
	}
	l.lessons++
	if l.room() < maxReshapes*l.nodes+minRoom || int(l.used) > 2*l.nodes+minRoom {
		l.renew(l.nodes)
	}
}

// rest ends what lesson began.
func (l *learner) rest() {
	l.report()
	l.mu.Unlock()
}

// maxReshapes bounds how often one path is walked anew because the tree
// changed under it; the last walk changes nothing but what it adds.
const maxReshapes = 4

// makeNode adds a child, for values first seen in a class, or returns nil if
// the tree is full.
func (l *learner) makeNode(n *node, label string, value bool, of segment.Class) *node {
	if l.nodes >= l.maxNodes || l.account.full() {
		l.full.Store(true)
		return nil
	}
	if l.room() == 0 {
		return nil // for this item; see lesson
	}
	l.nodes++
	c := l.make(n, label, value, of)
	if !value {
		c.mark(wording(n, label))
	}
	if s := l.below[label]; !value && s != stateOpen {
		l.know(c, &plain[s])
	}
	c.lastUse.Store(l.clock.Load())
	l.adopt(n, c)
	return c
}

// minRoom is room for the nodes that the walks of an item add; grafting adds no
// more than stand, each time the tree is reshaped.
const minRoom = segment.MaxSegments * (maxReshapes + 1)

// ample is room for a tree of so many nodes to become three times as many
// before it is copied. The room takes a tenth of the memory that the nodes take.
func ample(nodes int) int { return 16 * (nodes + minRoom) }

// renew copies the tree, without what was cut off and what is named no more, to
// one with ample room for so many nodes.
func (l *learner) renew(nodes int) {
	m := compaction{from: l.tree, to: newTree(ample(nodes)), texts: map[uint32]uint32{}}
	texts := make(map[string]uint32, len(l.budget.texts))
	for _, i := range l.budget.texts {
		i = m.text(i)
		texts[m.to.text(i)] = i
	}
	l.budget.texts = texts
	m.node(m.from.root, m.to.root)
	l.plant(m.to)
}

// learnLabel remembers what stands below a label, for where the label appears again.
func (l *learner) learnLabel(n *node, s state) {
	label := l.label(n)
	if n.value || label == "" {
		return
	}
	if _, ok := l.below[label]; ok || len(l.below) < maxLabels && !l.account.full() {
		l.below[strings.Clone(label)] = min(s, stateWords) // the tree's own would keep a block of texts
	}
}

// count notes a visit of c, a child of n, by the trace of the item. It reports whether
// it settled c.
func (l *learner) count(n, c *node) bool {
	first := c.marks.Load()&visitsMask == 0
	if c.settled() {
		return false
	}
	if !n.visited(c, l.trace, uint32(l.hash(c))) {
		return c.settled()
	}
	c.count()
	count(&n.passes)
	switch {
	case first:
		count(&n.young)
		c.mark(markOnce)
	case c.has(markOnce):
		n.young -= min(n.young, 1)
		c.unmark(markOnce)
	}
	return c.settled()
}

// bytes is about the memory the learner takes.
func (l *learner) bytes() int64 {
	return l.tree.bytes() + l.read + int64(len(l.below))*belowBytes + int64(len(l.budget.texts))*placeBytes +
		int64(len(l.prunes.times))*pruneBytes
}

// report brings the account up to date.
func (l *learner) report() {
	if l.closed {
		return
	}
	now := l.bytes()
	l.account.used.Add(now - l.reported)
	l.reported = now
}

// close takes the learner off the account: nobody uses it any more.
func (l *learner) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.account.used.Add(-l.reported)
}

// relieve lets the learner go on that found the account full.
func (l *learner) relieve() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.full.Store(l.nodes >= l.maxNodes)
	l.spent.Store(false)
}
