// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"maps"
	"slices"

	"github.com/otelcol-correlation/correlationprocessor/demo/internal/sink"
)

// topPatterns is how many patterns the page lists.
const topPatterns = 10

// Routes is what became of the raw paths.
type Routes struct {
	Services []ServiceRoutes
	Top      []Pattern // the most frequent in the output
	// Of the items that came out: spans that tell their path, all logs with a
	// trace id, and how many of either carry a pattern.
	Spans, SpansNamed int
	Logs, LogsNamed   int
	// Logs whose span came out with a pattern, and how many carry the same.
	Joined, Agreed int
}

// ServiceRoutes compares the paths a service sent with the patterns it got.
type ServiceRoutes struct {
	Service  string
	Paths    int // distinct, sent
	Patterns int // the most of what the processor says and what came out
	Bound    int // the most that the service's routes justify
}

// Pattern is a route pattern in the output.
type Pattern struct {
	Pattern string
	Count   int // spans and logs
	Example string
}

func (f *Findings) judgeRoutes(e Evidence) {
	sent, kept := visits(e.Sent), visits(e.Kept)
	f.Routes.Services = serviceRoutes(e, sent, kept)
	f.Routes.Top = rank(kept)
	f.countNamed(e.Kept)
	f.countAgreed(e.Kept)
	for _, s := range f.Routes.Services {
		if s.Patterns > s.Bound {
			f.problem("%s has %d route patterns, its routes justify %d at most", s.Service, s.Patterns, s.Bound)
		}
	}
	if bare := f.Routes.Spans - f.Routes.SpansNamed; bare != 0 {
		f.problem("%d of %d spans with a path came out without a route pattern", bare, f.Routes.Spans)
	}
}

// visit is one item's path and pattern; either may be empty.
type visit struct{ service, path, pattern string }

func visits(r sink.Records) []visit {
	all := make([]visit, 0, len(r.Spans)+len(r.Logs))
	for _, span := range r.Spans {
		all = append(all, visit{span.Service, span.Path, span.Pattern})
	}
	for _, log := range r.Logs {
		all = append(all, visit{log.Service, log.Path, log.Pattern})
	}
	return all
}

func serviceRoutes(e Evidence, sent, kept []visit) []ServiceRoutes {
	paths := distinct(sent, func(v visit) string { return v.path })
	patterns := distinct(kept, func(v visit) string { return v.pattern })
	var services []ServiceRoutes
	for _, service := range slices.Sorted(maps.Keys(paths)) {
		services = append(services, ServiceRoutes{
			Service:  service,
			Paths:    len(paths[service]),
			Patterns: max(len(patterns[service]), int(e.Metrics.Sum("route_patterns", "service_name", service))),
			Bound:    e.Bounds[service],
		})
	}
	return services
}

// distinct collects the non-empty texts of each service.
func distinct(all []visit, text func(visit) string) map[string]map[string]bool {
	found := map[string]map[string]bool{}
	for _, v := range all {
		if text(v) == "" {
			continue
		}
		if found[v.service] == nil {
			found[v.service] = map[string]bool{}
		}
		found[v.service][text(v)] = true
	}
	return found
}

// rank lists the most frequent patterns, each with the first of its paths in
// alphabetical order, so that the same output gives the same page.
func rank(kept []visit) []Pattern {
	byPattern := map[string]*Pattern{}
	for _, v := range kept {
		if v.pattern == "" {
			continue
		}
		p := byPattern[v.pattern]
		if p == nil {
			p = &Pattern{Pattern: v.pattern}
			byPattern[v.pattern] = p
		}
		p.Count++
		if v.path != "" && (p.Example == "" || v.path < p.Example) {
			p.Example = v.path
		}
	}
	ranked := make([]Pattern, 0, len(byPattern))
	for _, p := range byPattern {
		ranked = append(ranked, *p)
	}
	slices.SortFunc(ranked, func(a, b Pattern) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Pattern, b.Pattern))
	})
	return ranked[:min(topPatterns, len(ranked))]
}

func (f *Findings) countNamed(kept sink.Records) {
	for _, span := range kept.Spans {
		if span.Path == "" {
			continue
		}
		f.Routes.Spans++
		if span.Pattern != "" {
			f.Routes.SpansNamed++
		}
	}
	for _, log := range kept.Logs {
		if log.Missing != "" {
			continue
		}
		f.Routes.Logs++
		if log.Pattern != "" {
			f.Routes.LogsNamed++
		}
	}
}

// countAgreed compares each log's pattern with that of the span it was written
// in. They may differ: a log that tells another path than its span is right.
func (f *Findings) countAgreed(kept sink.Records) {
	patterns := map[item]string{}
	for _, span := range kept.Spans {
		patterns[spanItem(span)] = span.Pattern
	}
	for _, log := range kept.Logs {
		pattern := patterns[item{trace: log.Trace, span: log.Span}]
		if pattern == "" {
			continue
		}
		f.Routes.Joined++
		if log.Pattern == pattern {
			f.Routes.Agreed++
		}
	}
}
