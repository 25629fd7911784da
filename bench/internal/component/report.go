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
	"text/tabwriter"

	"github.com/otelcol-correlation/correlationprocessor/bench/internal/peers"
)

// results are the results of each target, by round.
type results map[string][]Result

// median of a figure over the rounds, with its smallest and largest value. A
// figure may look at the floor of the same round.
func (r results) median(name string, figure func(res, floor Result) float64) (mid, low, high float64) {
	var values []float64
	for round, res := range r[name] {
		var floor Result
		if floors := r.floor(name); round < len(floors) {
			floor = floors[round]
		}
		values = append(values, figure(res, floor))
	}
	if len(values) == 0 {
		return 0, 0, 0
	}
	slices.Sort(values)
	return values[len(values)/2], values[0], values[len(values)-1]
}

func (r results) floor(name string) []Result {
	return r[peers.Floor+name[slices.Index([]byte(name), ':'):]]
}

func cpuAbove(res, floor Result) float64    { return res.CPU - floor.CPU }
func bytesAbove(res, floor Result) float64  { return res.Bytes - floor.Bytes }
func allocsAbove(res, floor Result) float64 { return res.Allocs - floor.Allocs }
func gcShare(res, _ Result) float64         { return res.GC }
func itemRate(res, _ Result) float64        { return res.Rate }
func peak(res, _ Result) float64            { return res.Peak }
func heldBytes(res, _ Result) float64       { return res.HeldBytes }
func heldObjects(res, _ Result) float64     { return res.HeldObjects }

func (r results) print(out io.Writer, against string) error {
	base, _, _ := r.median(against, cpuAbove)
	w := tabwriter.NewWriter(out, 0, 0, 1, ' ', 0)
	fmt.Fprintf(w, "| peer\t| CPU of %s\t| us/item above decode (spread)\t| B/item\t| allocs/item\t| GC %%\t| kitem/s\t| peak MB\t|\n", against)
	fmt.Fprint(w, "|---\t|---\t|---\t|---\t|---\t|---\t|---\t|---\t|\n")
	for _, name := range slices.Sorted(maps.Keys(r)) {
		r.row(w, name, base)
	}
	return w.Flush()
}

func (r results) row(w io.Writer, name string, base float64) {
	m := func(figure func(res, floor Result) float64) float64 {
		mid, _, _ := r.median(name, figure)
		return mid
	}
	cpu, low, high := r.median(name, cpuAbove)
	if len(name) > 4 && name[:4] == peers.Floor+":" {
		cpu, low, high = r.median(name, func(res, _ Result) float64 { return res.CPU })
		fmt.Fprintf(w, "| %s\t| decode\t| %.2f (%.2f-%.2f)\t| %.0f\t| %.1f\t", name, cpu/1e3, low/1e3, high/1e3,
			m(func(res, _ Result) float64 { return res.Bytes }), m(func(res, _ Result) float64 { return res.Allocs }))
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
	base, _, _ := r.median(against, heldBytes)
	w := tabwriter.NewWriter(out, 0, 0, 1, ' ', 0)
	fmt.Fprintf(w, "| peer\t| holds\t| of %s\t| heap B/trace (spread)\t| objects/trace\t|\n|---\t|---\t|---\t|---\t|---\t|\n", against)
	for _, name := range slices.Sorted(maps.Keys(r)) {
		mid, low, high := r.median(name, heldBytes)
		objects, _, _ := r.median(name, heldObjects)
		_, signals, _ := strings.Cut(name, ":")
		fmt.Fprintf(w, "| %s\t| %s\t| %.3f\t| %.0f (%.0f-%.0f)\t| %.2f\t|\n", name, cmp.Or(heldAs[name], signals), mid/base, mid, low, high, objects)
	}
	return w.Flush()
}
