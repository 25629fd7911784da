// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

// likeness counts below how many literal children of a node a label stands.
// Labels of deeper levels have as many slashes in front.
type likeness map[string]int

// deepLikeness is how many levels down children are compared. What stands further
// down tells less: endpoints have comments and files below them as well.
const deepLikeness = 3

func (t *tree) likeness(n *node) likeness {
	seen := likeness{}
	_, have := t.labelsBelow(n, deepLikeness)
	for label, children := range have {
		seen[label] = len(children)
	}
	return seen
}

// labelsBelow lists the labels so many levels below the literal children of n in the order they
// were made, so that no outcome depends on the order of a map, and the children
// that have each of them.
func (t *tree) labelsBelow(n *node, levels int) (labels []string, have map[string]map[*node]bool) {
	have = map[string]map[*node]bool{}
	for c := range t.children(n) {
		if !c.isLiteral() {
			continue
		}
		t.hasBelow(c, levels, func(label string) bool {
			if have[label] == nil {
				labels, have[label] = append(labels, label), map[*node]bool{}
			}
			have[label][c] = true
			return false
		})
	}
	return labels, have
}

// isLike reports whether something stands below c, so many levels down, that
// stands below other children as well.
func (t *tree) isLike(c *node, seen likeness, levels int) bool {
	return t.hasBelow(c, levels, func(label string) bool { return seen[label] > 1 })
}

// hasBelow reports whether is holds for a label that can tell something, at most
// so many levels below c.
func (t *tree) hasBelow(c *node, levels int, is func(label string) bool) bool {
	return t.hasBelowAt(c, "", levels, is)
}

func (t *tree) hasBelowAt(c *node, prefix string, levels int, is func(label string) bool) bool {
	return t.any(c, func(g *node) bool {
		return t.telling(g) && is(prefix+t.label(g)) || levels > 1 && t.hasBelowAt(g, prefix+"/", levels-1, is)
	})
}
