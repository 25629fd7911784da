// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"bufio"
	"cmp"
	"context"
	_ "embed"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-correlation/correlationprocessor/testkit/scrape"
)

//go:embed routes.txt
var routesText string

// maxPatterns is how many patterns a service may have for each route that a person would
// name.
const maxPatterns = 1.3

// notFound is the pattern of what no route was found for; it is counted by itself.
const notFound = "/{path...}"

// findings are the page.
type findings struct {
	all, kept amount
	metrics   scrape.Metrics
	patterns  map[string]map[string]*usage // by service and pattern
	routes    map[string]int               // by service
	fired     []string
	traces    [3]int // whole, none, split
	compared  int    // logs whose span has a pattern
	faults    []string
}

// usage is how often a pattern was used, with a path of it.
type usage struct {
	items   int
	example string
}

// look judges what came of the run.
func (z *zoo) look(ctx context.Context) (f *findings, err error) {
	f = &findings{all: z.all.counts(), kept: z.kept.counts(), patterns: map[string]map[string]*usage{}, routes: namedRoutes()}
	if f.metrics, err = scrape.Fetch(ctx, z.collector.Endpoints.MetricsURL()); err != nil {
		return nil, err
	}
	if f.fired, err = z.prometheus.Fired(ctx); err != nil {
		return nil, err
	}
	for _, alert := range f.fired {
		f.fault("alert %s fired", alert)
	}
	f.countTraces(z.all.items(), z.kept.items())
	f.comparePatterns(z.kept.items())
	f.countPatterns(z.kept.items())
	return f, nil
}

func (f *findings) fault(format string, args ...any) {
	f.faults = append(f.faults, fmt.Sprintf(format, args...))
}

// namedRoutes counts the routes that a person would name, by service.
func namedRoutes() map[string]int {
	out := map[string]int{}
	for line := range strings.Lines(routesText) {
		if service, route, ok := strings.Cut(strings.TrimSpace(line), " "); ok && strings.HasPrefix(route, "/") {
			out[service]++
		}
	}
	return out
}

// anID is what may be the trace id in a line, here always in hexadecimal notation.
var anID = regexp.MustCompile(`\b[0-9a-f]{32}\b`)

// traceOf is the trace of a log, whose id may be in its text alone, among those that came.
func traceOf(it *item, came map[pcommon.TraceID]amount) (id pcommon.TraceID) {
	for _, found := range anID.FindAllString(it.text, -1) {
		if _, _ = hex.Decode(id[:], []byte(found)); came[id].spans > 0 {
			return id
		}
	}
	return it.trace
}

// countTraces compares what came with what was kept, by trace.
func (f *findings) countTraces(all, kept []item) {
	came, left := map[pcommon.TraceID]amount{}, map[pcommon.TraceID]amount{}
	for _, it := range all {
		if n := came[it.trace]; !it.log {
			n.spans++
			came[it.trace] = n
		}
	}
	for _, it := range all {
		if it.log {
			id := traceOf(&it, came)
			if n, ok := came[id]; ok {
				n.logs++
				came[id] = n
			}
		}
	}
	for _, it := range kept {
		n := left[it.trace]
		if it.log {
			n.logs++
		} else {
			n.spans++
		}
		left[it.trace] = n
	}
	for id, in := range came {
		switch out := left[id]; out {
		case in:
			f.traces[0]++
		case amount{}:
			f.traces[1]++
		default:
			if f.traces[2]++; f.traces[2] <= 5 {
				f.fault("trace %s was split: %+v came, %+v left", id, in, out)
			}
		}
	}
	if f.traces[2] > 5 {
		f.fault("%d traces were split in all", f.traces[2])
	}
}

// spanKey is a span of a trace.
type spanKey struct {
	trace pcommon.TraceID
	span  pcommon.SpanID
}

// comparePatterns sees that, after the warm-up, a log has the pattern of the span that it names, or of the
// server spans of its trace that have its path.
func (f *findings) comparePatterns(kept []item) {
	named, served := map[spanKey]item{}, map[pcommon.TraceID][]item{}
	for _, it := range kept {
		if !it.log && it.pattern != "" {
			named[spanKey{it.trace, it.span}] = it
			if it.server {
				served[it.trace] = append(served[it.trace], it)
			}
		}
	}
	wrong := 0
	for _, it := range kept {
		if !it.log || it.pattern == "" || it.path == "" || !it.warm {
			continue
		}
		of, ok := named[spanKey{it.trace, it.span}]
		if !ok || of.path != "" && of.path != it.path {
			i := slices.IndexFunc(served[it.trace], func(s item) bool { return s.path == it.path })
			if i < 0 {
				continue
			}
			of = served[it.trace][i]
		}
		if f.compared++; of.pattern != it.pattern {
			if wrong++; wrong <= 5 {
				f.fault("a log of %s has the pattern %s, its span in %s %s: %s", it.service, it.pattern, of.service, of.pattern, it.path)
			}
		}
	}
	if wrong > 5 {
		f.fault("%d of %d logs have another pattern than their span", wrong, f.compared)
	}
}

// countPatterns counts those of each service, after the warm-up.
func (f *findings) countPatterns(kept []item) {
	for _, it := range kept {
		if it.pattern == "" || !it.warm || it.log && it.path == "" {
			continue // a log without a path has the pattern of another item
		}
		of := f.patterns[it.service]
		if of == nil {
			of = map[string]*usage{}
			f.patterns[it.service] = of
		}
		if of[it.pattern] == nil {
			of[it.pattern] = &usage{}
		}
		of[it.pattern].items++
		of[it.pattern].example = cmp.Or(of[it.pattern].example, it.path)
	}
	for service, of := range f.patterns {
		n := len(of)
		if of[notFound] != nil {
			n--
		}
		if limit := int(math.Ceil(maxPatterns * float64(f.routes[service]))); n > limit {
			f.fault("%s has %d patterns; a person would name %d routes", service, n, f.routes[service])
		}
	}
	slices.Sort(f.faults)
}

// print writes the page.
func (f *findings) print(to io.Writer) {
	w := bufio.NewWriter(to)
	defer w.Flush()
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	say("ITEMS\n  spans %d in, %d out; logs %d in, %d out", f.all.spans, f.kept.spans, f.all.logs, f.kept.logs)
	say("TRACES\n  %d whole, %d not at all, %d split", f.traces[0], f.traces[1], f.traces[2])
	say("PATTERNS, %d logs compared with their spans", f.compared)
	for _, service := range slices.Sorted(maps.Keys(f.patterns)) {
		of := f.patterns[service]
		say("  %s: %d patterns, %d routes that a person would name", service, len(of), f.routes[service])
		for _, pattern := range slices.Sorted(maps.Keys(of)) {
			say("  %8d  %-45s %s", of[pattern].items, pattern, of[pattern].example)
		}
	}
	for _, table := range []struct {
		title, metric string
		labels        []string
	}{
		{"IDS FOUND", "logs_trace_id_extracted", []string{"source", "format"}},
		{"LOGS WITH IDS", "logs_with_trace_id", []string{"service_name"}},
		{"IDS MISSING", "logs_missing_trace_id", []string{"service_name", "reason"}},
		{"VERDICTS", "decisions", []string{"verdict", "rule", "trigger"}},
	} {
		say(table.title)
		var lines []string
		for _, s := range f.metrics[table.metric] {
			var values []string
			for _, l := range table.labels {
				values = append(values, s.Labels[l])
			}
			lines = append(lines, fmt.Sprintf("  %-30s %8.0f", strings.Join(values, " "), s.Value))
		}
		slices.Sort(lines)
		say("%s", strings.Join(lines, "\n"))
	}
	say("ALERTS\n  %d fired: %s", len(f.fired), strings.Join(f.fired, ", "))
	for _, fault := range f.faults {
		say("WRONG: %s", fault)
	}
}
