// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/route/template"
)

// WriteYAML writes what was learned as templates, in the shape of the config's
// routes block, for somebody to read, correct and paste. Services and templates
// are sorted. Overflow patterns are left out: a tail is no route.
func (t *Table) WriteYAML(w io.Writer) error {
	var b strings.Builder
	b.WriteString("routes:\n  services:")
	services := *t.services.Load()
	names := make([]string, 0, len(services))
	for name := range services {
		names = append(names, name)
	}
	slices.Sort(names)
	empty := true
	for _, name := range names {
		templates := services[name].learner.templates()
		if len(templates) == 0 {
			continue
		}
		empty = false
		b.WriteString("\n    " + strconv.Quote(name) + ":\n      templates:")
		for _, text := range templates {
			b.WriteString("\n        - " + strconv.Quote(text))
		}
	}
	if empty {
		b.WriteString(" {}")
	}
	b.WriteByte('\n')
	_, err := io.WriteString(w, b.String())
	return err
}

// templates lists the learned patterns as templates, sorted. Literal text is
// escaped, so that reading a template gives back what was learned.
func (l *learner) templates() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	var walk func(*node, string)
	walk = func(n *node, prefix string) {
		if n.issued.Load() != 0 && n.parent != 0 {
			out = append(out, prefix)
		}
		for c := range l.children(n) {
			before := prefix
			if !l.isKey(c) {
				before += "/"
			}
			walk(c, before+l.templateSegment(c))
		}
	}
	walk(l.root, "")
	slices.Sort(out)
	return slices.Compact(out)
}

// templateSegment is segment with its literal text escaped.
func (t *tree) templateSegment(n *node) string {
	s := t.segment(n)
	if !n.value {
		return template.Escape(s)
	}
	label := t.label(n)
	return s[:len(s)-len(label)] + template.Escape(label)
}
