// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package component

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/bench/internal/peers"
	"github.com/otelcol-correlation/correlationprocessor/bench/internal/report"
	"github.com/otelcol-correlation/correlationprocessor/bench/peers/run"
)

// results are the results of each target, by round.
type results map[string][]run.Result

// figure is something to know of a result, beside the floor's of the same round.
type figure func(res, floor run.Result) float64

// values of a figure in all rounds of the targets.
func (r results) values(of figure, names ...string) []float64 {
	var values []float64
	for _, name := range names {
		floors := r.floor(name)
		for round, res := range r[name] {
			var floor run.Result
			if round < len(floors) {
				floor = floors[round]
			}
			values = append(values, of(res, floor))
		}
	}
	return values
}

// middle is the median over all rounds of the targets; 0 if there are none.
func (r results) middle(of figure, names ...string) float64 {
	return report.Median(r.values(of, names...))
}

// median of a figure over the rounds, with its smallest and largest value.
func (r results) median(name string, of figure) (mid, low, high float64) {
	values := r.values(of, name)
	if len(values) == 0 {
		return 0, 0, 0
	}
	return report.Median(values), slices.Min(values), slices.Max(values)
}

func (r results) floor(name string) []run.Result {
	peer, signals, _ := strings.Cut(name, ":")
	return r[peers.FloorOf(peer)+":"+signals]
}

func cpuAbove(res, floor run.Result) float64    { return res.CPU - floor.CPU }
func bytesAbove(res, floor run.Result) float64  { return res.Bytes - floor.Bytes }
func allocsAbove(res, floor run.Result) float64 { return res.Allocs - floor.Allocs }
func gcShare(res, _ run.Result) float64         { return res.GC }
func itemRate(res, _ run.Result) float64        { return res.Rate }
func peak(res, _ run.Result) float64            { return res.Peak }
func heldBytes(res, _ run.Result) float64       { return res.HeldBytes }
func heldObjects(res, _ run.Result) float64     { return res.HeldObjects }

// print prints what was measured: what the peers hold, if that was asked for.
func (o *options) print(out io.Writer, all results) error {
	if o.run.Held > 0 {
		return all.printHeld(out, o.against)
	}
	return all.printSteady(out, o.against)
}

func (r results) printSteady(out io.Writer, against string) error {
	base := r.middle(cpuAbove, against)
	w := report.Table(out, "peer", "CPU of "+against, "us/item above decode (spread)", "B/item", "allocs/item", "GC %", "kitem/s", "peak MB")
	for _, name := range slices.Sorted(maps.Keys(r)) {
		r.row(w, name, base)
	}
	return w.Flush()
}

func (r results) row(w io.Writer, name string, base float64) {
	m := func(of figure) float64 { return r.middle(of, name) }
	cpu, low, high := r.median(name, cpuAbove)
	if peer, _, _ := strings.Cut(name, ":"); peers.IsFloor(peer) {
		cpu, low, high = r.median(name, func(res, _ run.Result) float64 { return res.CPU })
		fmt.Fprintf(w, "| %s\t| decode\t| %.2f (%.2f-%.2f)\t| %.0f\t| %.1f\t", name, cpu/1e3, low/1e3, high/1e3,
			m(func(res, _ run.Result) float64 { return res.Bytes }), m(func(res, _ run.Result) float64 { return res.Allocs }))
	} else {
		fmt.Fprintf(w, "| %s\t| %.2f\t| %.2f (%.2f-%.2f)\t| %.0f\t| %.2f\t", name, cpu/base, cpu/1e3, low/1e3, high/1e3, m(bytesAbove), m(allocsAbove))
	}
	fmt.Fprintf(w, "| %.1f\t| %.0f\t| %.0f\t|\n", 100*m(gcShare), m(itemRate)/1e3, m(peak)/1e6)
}

// heldAs says what a held run weighs.
var heldAs = map[string]string{
	"tail_sampling:traces":    "spans",
	"ours_tail:traces":        "spans",
	"ours_tail:both":          "spans and logs",
	"ours_tail_packed:traces": "spans, with so little room that nearly all is compressed",
	"ours_tail_packed:both":   "spans and logs, with so little room that nearly all is compressed",
}

// printHeld prints the runs that hold: the heap of a trace, whatever of it the
// peer holds.
func (r results) printHeld(out io.Writer, against string) error {
	base := r.middle(heldBytes, against)
	w := report.Table(out, "peer", "holds", "of "+against, "heap B/trace (spread)", "objects/trace")
	for _, name := range slices.Sorted(maps.Keys(r)) {
		mid, low, high := r.median(name, heldBytes)
		_, signals, _ := strings.Cut(name, ":")
		fmt.Fprintf(w, "| %s\t| %s\t| %.3f\t| %.0f (%.0f-%.0f)\t| %.2f\t|\n", name, cmp.Or(heldAs[name], signals), mid/base, mid, low, high, r.middle(heldObjects, name))
	}
	return w.Flush()
}
