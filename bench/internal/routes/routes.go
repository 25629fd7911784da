// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package routes measures what it takes to find the route pattern of a path:
// our table beside the library that redaction's url_sanitizer uses and the
// list of regular expressions that people write for transform.
package routes

import (
	"context"
	"flag"
	"fmt"
	"io"
	"regexp"
	"runtime"
	"slices"

	"github.com/grafana/clusterurl/pkg/clusterurl"

	"github.com/otelcol-correlation/correlationprocessor/bench/internal/report"
	"github.com/otelcol-correlation/correlationprocessor/bench/peers/meter"
	"github.com/otelcol-correlation/correlationprocessor/bench/peers/workload"
	"github.com/otelcol-correlation/correlationprocessor/internal/route"
)

// finder finds the pattern of a path of a service.
type finder struct {
	name string
	find func(p *workload.Path) string
}

// expressions are those of the transform peer's configuration.
var expressions = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile("/[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"), "/{uuid}"},
	{regexp.MustCompile("/[0-9]{4}-[0-9]{2}-[0-9]{2}"), "/{date}"},
	{regexp.MustCompile("/[0-9a-fA-F]{16,}"), "/{hex}"},
	{regexp.MustCompile("/[0-9]+"), "/{int}"},
}

func byExpressions(p *workload.Path) string {
	path := p.Path
	for _, e := range expressions {
		path = e.pattern.ReplaceAllString(path, e.with)
	}
	return path
}

func newFinders(paths []workload.Path) ([]finder, error) {
	inferring, err := newTable(nil)
	if err != nil {
		return nil, err
	}
	declared, err := newTable(paths)
	if err != nil {
		return nil, err
	}
	classifier, err := clusterurl.NewClusterURLClassifier(clusterurl.DefaultConfig())
	if err != nil {
		return nil, err
	}
	return []finder{
		{"regular expressions", byExpressions},
		{"clusterurl", func(p *workload.Path) string { return classifier.ClusterURL(p.Path) }},
		{"ours, inferred", by(inferring)},
		{"ours, declared", by(declared)},
	}, nil
}

// newTable returns a table that learns, with the routes of the paths declared.
func newTable(paths []workload.Path) (*route.Table, error) {
	templates := map[string][]string{}
	for _, p := range paths {
		if !slices.Contains(templates[p.Service], p.Template) {
			templates[p.Service] = append(templates[p.Service], p.Template)
		}
	}
	return route.New(route.Options{Services: templates, MaxRoutes: 1000, MaxServices: 100, Learn: true})
}

func by(t *route.Table) func(p *workload.Path) string {
	return func(p *workload.Path) string {
		return t.Service(p.Service).Match(route.Request{Method: p.Method, Path: p.Path}).Pattern
	}
}

// figures are what one pass over the paths took, for each path.
type figures struct{ ns, bytes, allocs float64 }

// pass finds the pattern of every path.
func (f *finder) pass(paths []workload.Path) (figures, error) {
	runtime.GC()
	before, err := meter.Read(0)
	if err != nil {
		return figures{}, err
	}
	for i := range paths {
		runtime.KeepAlive(f.find(&paths[i]))
	}
	after, err := meter.Read(int64(len(paths)))
	used := after.Sub(before)
	n := float64(used.Items)
	return figures{float64(used.CPU) / n, float64(used.Bytes) / n, float64(used.Allocs) / n}, err
}

// Main measures and prints a table.
func Main(ctx context.Context, args []string, out io.Writer) error {
	fs := flag.NewFlagSet("route", flag.ContinueOnError)
	rounds := fs.Int("rounds", 5, "times each is measured; the figures are medians")
	n := fs.Int("paths", 200_000, "paths in a round; each round has paths of its own, of the same routes")
	if err := fs.Parse(args); err != nil {
		return err
	}
	finders, err := newFinders(workload.Paths(1, 0, 10_000))
	if err != nil {
		return err
	}
	all := make([][]figures, len(finders))
	for round := range *rounds + 1 {
		paths := workload.Paths(1, uint64(round), *n)
		for i := range finders {
			if err := ctx.Err(); err != nil {
				return err
			}
			f, err := finders[i].pass(paths)
			if err != nil {
				return err
			}
			if round > 0 { // the first one warms up
				all[i] = append(all[i], f)
			}
		}
	}
	return printTable(out, finders, all, workload.Paths(1, 1, *n))
}

func printTable(out io.Writer, finders []finder, all [][]figures, paths []workload.Path) error {
	base := report.MedianOf(all[0], func(f figures) float64 { return f.ns })
	w := report.Table(out, "by", "CPU of "+finders[0].name, "ns/path", "B/path", "allocs/path", fmt.Sprintf("patterns for %d paths", len(paths)))
	for i, f := range finders {
		ns := report.MedianOf(all[i], func(f figures) float64 { return f.ns })
		fmt.Fprintf(w, "| %s\t| %.2f\t| %.0f\t| %.0f\t| %.2f\t| %d\t|\n", f.name, ns/base, ns,
			report.MedianOf(all[i], func(f figures) float64 { return f.bytes }),
			report.MedianOf(all[i], func(f figures) float64 { return f.allocs }), f.patterns(paths))
	}
	return w.Flush()
}

// patterns counts the patterns the paths get: what bounds a backend's series.
func (f *finder) patterns(paths []workload.Path) int {
	seen := map[string]bool{}
	for i := range paths {
		seen[paths[i].Service+" "+f.find(&paths[i])] = true
	}
	return len(seen)
}
