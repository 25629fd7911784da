// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"strconv"
	"strings"
	"sync/atomic"
	"unsafe"

	"github.com/otelcol-correlation/correlationprocessor/internal/route/segment"
)

// tree holds the nodes of one service and what they name by index. Nothing in
// it is ever used again for something else, so that readers may stand on what
// was cut off; the learner copies it when too much of that has gathered.
type tree struct {
	// chunks hold the nodes, found by their index. There are as many as the tree
	// may ever have, so that a step is a shift and a load; see renew.
	chunks   []*[chunkLength]node
	labels   []*[chunkLength]string // of the nodes; see label
	used     uint32
	slots    arena[atomic.Uint64] // tables of children
	texts    arena[spelling]
	profiles arena[atomic.Pointer[profile]]
	block    *strings.Builder // of texts; it never grows, so its bytes stay
	root     *node
	words    map[uint32][]candidate // some of those taken for values, by node

	candidates int   // in words
	allocated  int64 // bytes of nodes and texts
}

// spelling is a text that was handed out as a pattern, or a parameter's name.
type spelling struct {
	text  string
	route atomic.Pointer[framework] // an http.route that this is the pattern of
}

const (
	// chunkLength nodes fill a page.
	chunkLength = 32
	// chunkBytes is what they take, with the room for their labels.
	chunkBytes = chunkLength * int64(unsafe.Sizeof(node{})+unsafe.Sizeof(""))
)

// newTree makes a tree with a root and room for as many nodes more.
func newTree(nodes int) *tree {
	chunks := 1 + (nodes+1)/chunkLength
	t := &tree{
		chunks: make([]*[chunkLength]node, chunks),
		labels: make([]*[chunkLength]string, chunks),
		words:  map[uint32][]candidate{},
	}
	t.allocated = int64(chunks) * int64(unsafe.Sizeof(t.chunks[0])+unsafe.Sizeof(t.labels[0]))
	t.root = t.add("")
	return t
}

// room tells how many nodes can be added.
func (t *tree) room() int { return len(t.chunks)*chunkLength - 1 - int(t.used) }

// at returns the node of an index. A reader that loads the index atomically sees
// a complete node.
func (t *tree) at(i uint32) *node { return &t.chunks[i/chunkLength][i%chunkLength] }

// add appends a node. The caller has made sure that there is room.
func (t *tree) add(label string) *node {
	t.used++
	i := t.used / chunkLength
	if t.chunks[i] == nil {
		t.chunks[i], t.labels[i] = new([chunkLength]node), new([chunkLength]string)
		t.allocated += chunkBytes
	}
	t.labels[i][t.used%chunkLength] = t.copy(label)
	n := t.at(t.used)
	n.self = t.used
	return n
}

// node is at, or nil for the index 0.
func (t *tree) node(i uint32) *node {
	if i == 0 {
		return nil
	}
	return t.at(i)
}

// text returns the text of an index.
func (t *tree) text(i uint32) string { return t.texts.at(i).text }

// keep adds a copy of a text and returns its index.
func (t *tree) keep(text string) uint32 {
	i, s := t.texts.add()
	s.text = t.copy(text)
	return i
}

// copy copies a text. The copies lie side by side in blocks, for the garbage
// collector's sake.
func (t *tree) copy(text string) string {
	if t.block == nil || t.block.Cap()-t.block.Len() < len(text) {
		t.block = &strings.Builder{}
		t.block.Grow(max(blockLength, len(text)))
		t.allocated += int64(max(blockLength, len(text)))
	}
	start := t.block.Len()
	t.block.WriteString(text)
	return t.block.String()[start:]
}

// blockLength is the usual length of a block of texts.
const blockLength = 2 << 10

// known returns what is known of the values among the children.
func (t *tree) known(n *node) *profile {
	if i := n.profile.Load(); i != 0 {
		return t.profiles.at(i).Load()
	}
	return &plain[stateOpen]
}

// know replaces it.
func (t *tree) know(n *node, p *profile) {
	i := n.profile.Load()
	switch {
	case i != 0:
		t.profiles.at(i).Store(p)
	case p != &plain[stateOpen]:
		i, at := t.profiles.add()
		at.Store(p)
		n.profile.Store(i)
	}
}

// setWords replaces the candidates of a node.
func (t *tree) setWords(n *node, words []candidate) {
	t.candidates += len(words) - len(t.words[n.self])
	if len(words) == 0 {
		delete(t.words, n.self)
		return
	}
	t.words[n.self] = words
}

// label returns the literal text; of a value, the text behind it (.png, :cancel).
func (t *tree) label(n *node) string { return t.labels[n.self/chunkLength][n.self%chunkLength] }

// segment returns the node's own piece of the pattern. Placeholders of one
// name are numbered from the second on, so that a pattern reads as a template.
func (t *tree) segment(n *node) string {
	if !n.value {
		return t.label(n)
	}
	name, earlier := t.placeholder(n), 1
	for p := t.node(n.parent); p != nil; p = t.node(p.parent) {
		if p.value && t.placeholder(p) == name {
			earlier++
		}
	}
	if earlier > 1 {
		name += strconv.Itoa(earlier)
	}
	return "{" + name + "}" + t.label(n)
}

// placeholder returns the name of a value.
func (t *tree) placeholder(n *node) string {
	if n.name != 0 {
		return t.text(n.name)
	}
	return n.class.Placeholder()
}

// prefix returns the pattern from the root to the node.
func (t *tree) prefix(n *node) string {
	if n.parent == 0 {
		return ""
	}
	before := t.prefix(t.at(n.parent))
	if !t.isKey(n) {
		before += "/"
	}
	return before + t.segment(n)
}

// isKey reports a key, which stands right behind its name.
func (t *tree) isKey(n *node) bool { return n.value && t.at(n.parent).place == segment.PlaceKey }

// make adds a child of n, for values first seen in a class.
func (t *tree) make(n *node, label string, value bool, of segment.Class) *node {
	c := t.add(label)
	x := segment.ReadKey(label)
	c.Ends, c.length = x.Ends, x.Length()
	c.value, c.class, c.place, c.pure, c.depth = value, of, segment.PlaceValue, n.pure, n.depth+1
	if c.pure && value {
		c.key = of.Named()
	}
	if strings.HasPrefix(label, "api") {
		c.mark(markAPI)
	}
	if !value {
		c.place = segment.PlaceAfter(n.place, label)
	}
	return c
}

// touch marks the node and those above as used now.
func (t *tree) touch(n *node, now uint32) {
	for ; n != nil && n.lastUse.Load() != now; n = t.node(n.parent) {
		n.lastUse.Store(now)
	}
}
