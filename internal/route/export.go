// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/otelcol-correlation/correlationprocessor/internal/route/segment"
	"github.com/otelcol-correlation/correlationprocessor/internal/route/template"
)

// saved is the stored form of a node.
type saved struct {
	Label    string  `json:"l,omitempty"`
	Value    bool    `json:"v,omitempty"`
	Class    string  `json:"c,omitempty"` // of a value: the name of its class
	Name     string  `json:"n,omitempty"`
	Own      string  `json:"o,omitempty"` // the framework's spelling
	State    uint8   `json:"s,omitempty"`
	Certain  bool    `json:"x,omitempty"`
	Alias    bool    `json:"a,omitempty"`
	Whole    bool    `json:"w,omitempty"`
	Known    bool    `json:"e,omitempty"`
	United   bool    `json:"u,omitempty"`
	Issued   bool    `json:"i,omitempty"`
	Children []saved `json:"k,omitempty"`
}

// savedTable is the stored form of a table.
type savedTable struct {
	Version  int              `json:"version"`
	Services map[string]saved `json:"services"`
}

// savedVersion is the version of the format. Another one is refused, not
// guessed at: what was learned can be learned again.
const savedVersion = 1

// Export returns what was learned, for Import of a later table.
func (t *Table) Export() []byte {
	out := savedTable{Version: savedVersion, Services: map[string]saved{}}
	for name, s := range *t.services.Load() {
		if tree := s.learner.save(); len(tree.Children) > 0 {
			out.Services[name] = tree
		}
	}
	data, err := json.Marshal(out)
	if err != nil {
		panic(err) // strings, numbers and maps of them always marshal
	}
	return data
}

func (l *learner) save() saved {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tree.save(l.root)
}

func (t *tree) save(n *node) saved {
	s := saved{
		Label: t.label(n), Value: n.value, Certain: n.has(markCertain), Alias: n.has(markAlias), Whole: n.has(markWhole), Known: n.has(markKnown),
		State: uint8(t.known(n).state), United: n.has(markUnited), Issued: n.issued.Load() != 0,
	}
	if n.value {
		s.Class = n.class.String()
	}
	if n.name != 0 {
		s.Name = t.text(n.name)
	}
	if n.own != 0 {
		s.Own = t.text(n.own)
	}
	for c := range t.children(n) {
		s.Children = append(s.Children, t.save(c))
	}
	return s
}

// Import adds what Export gave to what was learned since. It keeps to the limits
// of this table and leaves out the rest. The error tells that the data cannot be
// read, or that its version is another one.
func (t *Table) Import(data []byte) error {
	var in savedTable
	if err := json.Unmarshal(data, &in); err != nil {
		return fmt.Errorf("learned routes: %w", err)
	}
	if in.Version != savedVersion {
		return fmt.Errorf("learned routes: version %d is not %d", in.Version, savedVersion)
	}
	names := make([]string, 0, len(in.Services))
	for name := range in.Services {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if s := t.Service(name); s != t.overflow {
			s.learner.restore(in.Services[name])
		}
	}
	return nil
}

func (l *learner) restore(tree saved) {
	l.mu.Lock()
	defer l.rest()
	l.renew(min(l.nodes+tree.size(), l.maxNodes))
	l.restoreNode(l.root, tree)
}

// restoreNode gives n what was saved of it, and makes its children.
func (l *learner) restoreNode(n *node, s saved) {
	if st := state(s.State); st <= stateMany && st > l.known(n).state {
		l.know(n, l.known(n).in(st))
		l.learnLabel(n, st)
	}
	for mark, is := range map[uint32]bool{markWhole: s.Whole, markUnited: s.United} {
		if is {
			n.mark(mark)
		}
	}
	if n.parent != 0 && s.Issued {
		l.restorePattern(n, s.Own)
	}
	for _, k := range s.Children {
		if !k.valid() || n.depth >= segment.MaxSegments {
			continue
		}
		c := l.restoreChild(n, k)
		if c == nil {
			return
		}
		l.restoreNode(c, k)
	}
}

// restoreChild returns the child that was saved, made if there is none, or nil if
// there is no room.
func (l *learner) restoreChild(n *node, k saved) *node {
	class := segment.ClassOf(k.Class)
	if c := l.twin(n, k.Label, k.Value, class); c != nil {
		return c
	}
	c := l.makeNode(n, k.Label, k.Value, class)
	if c == nil {
		return nil
	}
	for mark, is := range map[uint32]bool{markCertain: k.Certain, markKnown: k.Known, markAlias: k.Alias && !k.Value} {
		if is {
			c.mark(mark)
		}
	}
	c.setVisits(settledVisits)
	if k.Value && template.ValidName(k.Name) {
		c.name = l.keep(k.Name)
	}
	return c
}

// size counts the node and those below it.
func (s saved) size() int {
	total := 1
	for _, k := range s.Children {
		total += k.size()
	}
	return total
}

// valid refuses labels that no path could have made.
func (s saved) valid() bool {
	return len(s.Label) <= segment.MaxLiteral && (s.Value || s.Label != "") && !hasSlash(s.Label)
}

func hasSlash(s string) bool {
	for i := range len(s) {
		if s[i] == '/' || s[i] == '?' || s[i] == '#' {
			return true
		}
	}
	return false
}

// restorePattern hands out the node's pattern again, in a framework's spelling
// if it had one.
func (l *learner) restorePattern(n *node, own string) {
	if own != "" && own[0] == '/' && len(own) <= segment.MaxPathBytes {
		if i := l.budget.take(l.tree, own, l.budget.tails()-1); i != 0 {
			n.own = i
			n.mark(markTaught)
		}
	}
	l.issue(n)
}
