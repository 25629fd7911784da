// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package component

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/bench/internal/goals"
	"github.com/otelcol-correlation/correlationprocessor/bench/peers/run"
	"github.com/otelcol-correlation/correlationprocessor/bench/peers/workload"
)

// whole is all that is measured of the component: the goals and their tables.
type whole struct {
	rounds   int
	sections []*section
	curve    *curve
	points   []Point
}

// section is one table.
type section struct {
	title   string
	targets string
	options
	all results
}

// The targets of the sections; "hash" and "held" are sets.
const (
	tailTargets  = "chain_lean:both,chain_today:both,ours_tail:both,tail_sampling:traces,tail_sampling_cache:traces,tail_sampling_shards:traces,ours_tail:traces"
	routeTargets = "redaction:traces,transform:traces,ours_routes:traces"
)

// The sections' places.
const (
	tails = iota
	twoProducers
	hashes
	routesAlone
	helds
)

// GoalsMain measures all, and prints first whether the goals are met, then the
// tables. That a goal is not met is no error: the machine may be busy.
func GoalsMain(ctx context.Context, args []string, out io.Writer) error {
	w, path, err := parseWhole(args)
	if err != nil {
		return err
	}
	load, done, err := save(workload.Default())
	if err != nil {
		return err
	}
	defer done()
	for range w.rounds {
		for _, s := range w.sections {
			s.run.Load = load.path
			if err := s.once(ctx); err != nil {
				return err
			}
		}
	}
	measured, err := w.curve.all(ctx)
	if err != nil {
		return err
	}
	w.points = measured.Points
	if err := writeJSON(path, measured); err != nil {
		return err
	}
	return w.print(out)
}

func parseWhole(args []string) (w *whole, points string, err error) {
	w = &whole{curve: newCurve()}
	fs := flag.NewFlagSet("goals", flag.ContinueOnError)
	fs.IntVar(&w.rounds, "rounds", 5, "times each peer is measured; the figures are medians")
	warm := fs.Duration("warm", 4*time.Second, "how long each run warms up")
	measure := fs.Duration("measure", 5*time.Second, "how long each run measures")
	hold := fs.Int("hold", 4, "rounds of 15,000 traces to hold; compressed, three at least")
	held := fs.String("traces", "1e3,1e4,1e5,5e5,1e6", "how many traces are to be held along the curve")
	fs.Float64Var(&w.curve.max, "peers-max", 1e6, "the most traces that others than ours are to hold; a million take them some 10 GB")
	fs.StringVar(&points, "points", "", "write the curve's points to this file, for plot")
	if err := fs.Parse(args); err != nil {
		return nil, "", err
	}
	w.curve.rounds, w.curve.run.Measure = w.rounds, *measure
	if err := w.curve.parseHeld(*held); err != nil {
		return nil, "", err
	}
	once := run.Run{Wait: 2 * time.Second, Warm: *warm, Measure: *measure, Producers: 1}
	two, weighed := once, once
	two.Producers, weighed.Held = 2, *hold
	w.sections = []*section{
		tails:        {title: "Tail sampling", targets: tailTargets, options: options{run: once, against: "chain_lean:both"}},
		twoProducers: {title: "Two producers", targets: "ours_tail:both", options: options{run: two, against: "ours_tail:both"}},
		hashes:       {title: "Nothing but a percentage", targets: "hash", options: options{run: once, against: "ours_hash:traces"}},
		routesAlone:  {title: "Routes alone", targets: routeTargets, options: options{run: once, against: "ours_routes:traces"}},
		helds:        {title: "Memory held", targets: "held", options: options{run: weighed, against: tailSampling}},
	}
	for _, s := range w.sections {
		s.all, s.rounds = results{}, 1
		if s.options.targets, err = targets(&s.run, s.targets); err != nil {
			return nil, "", err
		}
	}
	return w, points, nil
}

// once measures each target once more.
func (s *section) once(ctx context.Context) error {
	more, err := s.measure(ctx)
	for name, list := range more {
		s.all[name] = append(s.all[name], list...)
	}
	return err
}

func (w *whole) print(out io.Writer) error {
	var all [][]Target
	for _, s := range w.sections {
		all = append(all, s.options.targets)
	}
	if err := printVersions(out, all...); err != nil {
		return err
	}
	if err := goals.Print(out, w.goals()); err != nil {
		return err
	}
	for _, s := range w.sections {
		fmt.Fprintf(out, "\n### %s\n\n", s.title)
		if err := s.print(out, s.all); err != nil {
			return err
		}
	}
	fmt.Fprint(out, "\n### Against the traces held\n\n")
	return printPoints(out, w.points)
}

const tailSampling = "tail_sampling:traces"

// goals compares medians of what was measured.
func (w *whole) goals() []goals.Goal {
	tail, route, held := w.sections[tails].all, w.sections[routesAlone].all, w.sections[helds].all
	of := func(r results, f figure, a string, b ...string) float64 {
		return goals.Ratio(r.middle(f, a), r.middle(f, b...))
	}
	const ours, oursTraces, lean = "ours_tail:both", "ours_tail:traces", "chain_lean:both"
	return []goals.Goal{
		goals.AtMost("CPU/item above decode, both signals, of chain_lean's", of(tail, cpuAbove, ours, lean), 1./4),
		goals.AtMost("CPU/item above decode, both signals, of chain_today's", of(tail, cpuAbove, ours, "chain_today:both"), 1./10),
		goals.AtMost("CPU/span above decode, of tail_sampling's (its three variants)", of(tail, cpuAbove, oursTraces, tailSampling, "tail_sampling_cache:traces", "tail_sampling_shards:traces"), 1./4),
		goals.AtMost("bytes allocated an item, of chain_lean's", of(tail, bytesAbove, ours, lean), 0.6),
		goals.AtMost("allocations an item, of chain_lean's", of(tail, allocsAbove, ours, lean), 0.12),
		goals.AtMost("GC's share of the CPU, %", 100*tail.middle(gcShare, ours), 8),
		goals.AtMost("heap/trace held, spans, of tail_sampling's", of(held, heldBytes, oursTraces, tailSampling), 0.38),
		goals.AtMost("heap/trace held, spans and logs, of tail_sampling's spans", of(held, heldBytes, ours, tailSampling), 0.55),
		goals.AtMost("heap/trace held, spans compressed, of tail_sampling's", of(held, heldBytes, "ours_tail_packed:traces", tailSampling), 0.12),
		goals.AtMost("heap/trace held, spans and logs compressed, of tail_sampling's spans", of(held, heldBytes, "ours_tail_packed:both", tailSampling), 0.18),
		goals.AtMost("CPU/span from the fewest to the most traces held, off its middle, ±%", 100*spread(w.points, "ours_tail"), 15),
		goals.AtLeast("throughput of two producers, of one's", goals.Ratio(w.sections[twoProducers].all.middle(itemRate, ours), tail.middle(itemRate, ours)), 1.6),
		goals.AtLeast("redaction's CPU/span, of ours for routes alone", of(route, cpuAbove, "redaction:traces", "ours_routes:traces"), 3),
		goals.AtLeast("transform's CPU/span, of ours for routes alone", of(route, cpuAbove, "transform:traces", "ours_routes:traces"), 5),
	}
}

// spread is how far the costs of a peer's points lie off the middle between the
// least and the most; not a number without two points.
func spread(points []Point, peer string) float64 {
	var costs []float64
	for _, p := range points {
		if p.Peer == peer {
			costs = append(costs, p.CPU)
		}
	}
	if len(costs) < 2 {
		return math.NaN()
	}
	least, most := slices.Min(costs), slices.Max(costs)
	return (most - least) / (most + least)
}
