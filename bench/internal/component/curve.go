// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package component

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/bench/internal/peers"
	"github.com/otelcol-correlation/correlationprocessor/bench/internal/report"
	"github.com/otelcol-correlation/correlationprocessor/bench/peers/run"
	"github.com/otelcol-correlation/correlationprocessor/bench/peers/workload"
)

// Point is what a peer costs while it holds so many traces.
type Point struct {
	Peer   string
	Traces float64 // held at once: their rate times the wait
	CPU    float64 // ns for a span, above decoding
	GC     float64 // share of the CPU
	Live   float64 // bytes of heap after a collection, without what the floor has
	Rate   float64 // spans per second
}

// Measured is the points, with the versions of the Collector they hold for.
type Measured struct {
	Versions string
	Points   []Point
}

// curve measures cost against traces held: traces come at one rate and wait
// the longer the more are to be held.
type curve struct {
	run    run.Run
	peers  []string
	rounds int
	rate   float64 // traces per second
	spans  float64 // of a trace
	max    float64 // traces, of peers other than ours
	// held are the numbers of traces to hold. A peer that decides once a second
	// cannot hold few at this rate and starts at a second's worth.
	held []float64
}

func newCurve() *curve {
	return &curve{run: run.Run{Signals: "traces", Producers: 1}, peers: []string{"ours_tail", "tail_sampling"}, rate: 40_000}
}

func (c *curve) parseHeld(list string) error {
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return err
		}
		c.held = append(c.held, n)
	}
	return nil
}

// CurveMain measures and writes the points.
func CurveMain(ctx context.Context, args []string, out io.Writer) error {
	c := newCurve()
	fs := flag.NewFlagSet("curve", flag.ContinueOnError)
	names := fs.String("peers", strings.Join(c.peers, ","), "peers")
	fs.IntVar(&c.rounds, "rounds", 3, "times each point is measured; the figures are medians")
	fs.Float64Var(&c.rate, "rate", c.rate, "traces per second")
	fs.Float64Var(&c.max, "peers-max", 1e6, "the most traces that others than ours are to hold; a million take them some 10 GB")
	fs.DurationVar(&c.run.Measure, "measure", 10*time.Second, "how long each run measures at least")
	held := fs.String("traces", "1e3,1e4,1e5,5e5,1e6", "how many traces are to be held")
	fs.StringVar(&c.run.Profile, "profile", "", "write profiles of the latest run with this prefix")
	path := fs.String("json", "", "write the points to this file")
	if err := fs.Parse(args); err != nil {
		return err
	}
	c.peers = strings.Split(*names, ",")
	if err := c.parseHeld(*held); err != nil {
		return err
	}
	measured, err := c.all(ctx)
	if err != nil {
		return err
	}
	if err := writeJSON(*path, measured); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s\n\n", measured.Versions)
	return printPoints(out, measured.Points)
}

// all makes the traffic and measures every point.
func (c *curve) all(ctx context.Context) (m Measured, err error) {
	if m.Versions, err = peers.Versions(c.peers, peers.Program); err != nil {
		return m, err
	}
	spec := workload.Default()
	spec.Traces, spec.MeanSpans, spec.MeanLogs = 60_000, 2, 0
	w, done, err := save(spec)
	if err != nil {
		return m, err
	}
	defer done()
	c.run.Load, c.spans = w.path, float64(w.Spans)/float64(spec.Traces)
	m.Points, err = c.measure(ctx)
	return m, err
}

func (c *curve) measure(ctx context.Context) ([]Point, error) {
	all := map[Point][]Point{} // by peer and traces
	for round := range c.rounds {
		for _, peer := range c.peers {
			floor, err := c.at(ctx, peers.FloorOf(peer), time.Second)
			if err != nil {
				return nil, err
			}
			for _, traces := range c.held {
				wait := time.Duration(traces / c.rate * float64(time.Second))
				if !peers.Ours(peer) && (wait < time.Second || traces > c.max) {
					continue
				}
				res, err := c.at(ctx, peer, wait)
				if err != nil {
					return nil, fmt.Errorf("%s with %.0f traces: %w", peer, traces, err)
				}
				key := Point{Peer: peer, Traces: traces}
				p := Point{
					Peer: peer, Traces: wait.Seconds() * res.Rate / c.spans, CPU: res.CPU - floor.CPU,
					GC: res.GC, Live: res.Live - floor.Live, Rate: res.Rate,
				}
				all[key] = append(all[key], p)
				fmt.Fprintf(os.Stderr, "round %d/%d %+v (%d cycles)\n", round+1, c.rounds, p, res.Cycles)
			}
		}
	}
	return medians(all), nil
}

// medians are the points that took the middle one of the costs.
func medians(all map[Point][]Point) []Point {
	var points []Point
	for _, list := range all {
		slices.SortFunc(list, func(a, b Point) int { return cmp.Compare(a.CPU, b.CPU) })
		points = append(points, list[len(list)/2])
	}
	slices.SortFunc(points, func(a, b Point) int {
		return cmp.Or(cmp.Compare(a.Peer, b.Peer), cmp.Compare(a.Traces, b.Traces))
	})
	return points
}

// at runs a peer with a wait.
func (c *curve) at(ctx context.Context, peer string, wait time.Duration) (*run.Result, error) {
	r := c.run
	r.Peer, r.Wait, r.Rate = peer, wait, c.rate*c.spans
	r.Traces = int(4*c.rate*wait.Seconds()) + run.MaxTraces
	r.Warm = wait + wait/4 + 3*time.Second
	return apart(ctx, &r)
}

func printPoints(out io.Writer, points []Point) error {
	w := report.Table(out, "peer", "traces held", "us/span above decode", "GC %", "live MB", "kspan/s")
	for _, p := range points {
		fmt.Fprintf(w, "| %s\t| %.0f\t| %.2f\t| %.1f\t| %.0f\t| %.0f\t|\n", p.Peer, p.Traces, p.CPU/1e3, 100*p.GC, p.Live/1e6, p.Rate/1e3)
	}
	return w.Flush()
}
