// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package top says where the time of a CPU profile went: by what the work was
// for, and by function.
package top

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/google/pprof/profile"

	"github.com/otelcol-correlation/correlationprocessor/bench/internal/report"
	"github.com/otelcol-correlation/correlationprocessor/bench/peers/meter"
)

// Main prints both tables of a profile that component -profile wrote.
func Main(_ context.Context, args []string, out io.Writer) error {
	fs := flag.NewFlagSet("top", flag.ContinueOnError)
	n := fs.Int("n", 15, "how many functions")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() != 1 {
		return errors.New("want the file of one CPU profile")
	}
	f, err := os.Open(fs.Arg(0))
	if err != nil {
		return err
	}
	defer f.Close()
	p, err := profile.Parse(f)
	if err != nil {
		return fmt.Errorf("%s: %w", fs.Arg(0), err)
	}
	if err := table(out, "spent in", shares(p, area), len(areas)+3); err != nil {
		return err
	}
	fmt.Fprintln(out)
	return table(out, "function", shares(p, function), *n)
}

// function is the one that ran.
func function(s *profile.Sample) string {
	for _, l := range s.Location {
		for _, line := range l.Line {
			return strings.TrimPrefix(line.Function.Name, module+"/")
		}
	}
	return "unknown"
}

const module = "github.com/otelcol-correlation/correlationprocessor"

// areas are told apart by the innermost function with such a name: what the
// runtime does for it is its own.
var areas = []struct{ prefix, name string }{
	{module + "/bench/", "the harness"},
	{module + "/internal/", ""}, // by the name of the package
	{module + ".", "the processor's root package"},
	{"go.opentelemetry.io/collector/pdata/", "pdata"},
	{"go.opentelemetry.io/otel/", "metrics"},
}

func area(s *profile.Sample) string {
	if meter.Collects(s) {
		return "the garbage collector"
	}
	for _, l := range s.Location {
		for _, line := range l.Line {
			if name := areaOf(line.Function.Name); name != "" {
				return name
			}
		}
	}
	return "the runtime, for nobody in particular"
}

func areaOf(function string) string {
	// Every message has methods of these names, and one calls the others.
	if strings.HasSuffix(function, ").UnmarshalProto") || strings.HasSuffix(function, ").MarshalProto") || strings.HasSuffix(function, ").SizeProto") {
		return "decoding and encoding"
	}
	for _, a := range areas {
		if rest, ok := strings.CutPrefix(function, a.prefix); ok {
			if a.name != "" {
				return a.name
			}
			name, _, _ := strings.Cut(rest, ".")
			return "internal/" + name
		}
	}
	return ""
}

// share is a name with its share of the samples.
type share struct {
	name string
	of   float64
}

func shares(p *profile.Profile, of func(*profile.Sample) string) []share {
	sums := map[string]int64{}
	var all int64
	for _, s := range p.Sample {
		sums[of(s)] += s.Value[0]
		all += s.Value[0]
	}
	var out []share
	for name, n := range sums {
		out = append(out, share{name, float64(n) / float64(all)})
	}
	slices.SortFunc(out, func(a, b share) int {
		return cmp.Or(cmp.Compare(b.of, a.of), cmp.Compare(a.name, b.name))
	})
	return out
}

func table(out io.Writer, what string, list []share, n int) error {
	w := report.Table(out, what, "%")
	for _, s := range list[:min(n, len(list))] {
		fmt.Fprintf(w, "| %s\t| %.1f\t|\n", s.name, 100*s.of)
	}
	return w.Flush()
}
