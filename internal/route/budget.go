// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/route/template"
)

// budget is the hard cap on the patterns of a service. It counts distinct
// texts handed out, not nodes: when the tree is reshaped, texts that are no
// longer made still stand in dashboards, so they hold their place until they
// are forgotten.
type budget struct {
	texts   map[string]uint32 // in the tree
	max     int
	account *account // of all services
	// prefixes is how many overflow patterns were made.
	prefixes int
}

// tails is how many places are kept for overflow patterns, one of them for the last
// resort: a sixteenth, and in small budgets one besides that. With an eighth, a service
// with some more routes than places has 6 % of them merged with others, with a sixteenth
// 2 %. With a third as many places as routes, 5 % of its requests have the last
// resort in place of 1 %.
func (b *budget) tails() int { return max(b.max/16, min(b.max/8, 2), 1) }

// take returns the tree's copy of text, or 0 if there is no place for it. It
// leaves as many places as reserve tells.
func (b *budget) take(t *tree, text string, reserve int) uint32 {
	if i := b.texts[text]; i != 0 {
		return i
	}
	if len(b.texts) >= b.max-reserve || b.account.full() {
		return 0
	}
	i := t.keep(text)
	b.texts[t.text(i)] = i
	return i
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
