// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/bench/internal/goals"
	"github.com/otelcol-correlation/correlationprocessor/bench/internal/report"
)

// The targets of the goals.
var (
	oursBoth   = Target{"ours_tail", "both"}
	oursTraces = Target{"ours_tail", "traces"}
	lean       = Target{"chain_lean", "both"}
	today      = Target{"chain_today", "both"}
	tail       = Target{"tail_sampling", "traces"}
	floor      = Target{decode, "both"}

	fullSpeed = []Target{
		floor,
		{decodePeers, "both"},
		{"nop", "both"},
		lean, today, oursBoth,
		{decode, "traces"},
		{decodePeers, "traces"},
		tail, oursTraces,
	}
	equalRate = []Target{tail, oursTraces}
)

// GoalsMain compares collectors at full speed for their CPU, and at one rate for
// their memory; it prints first whether the goals are met, then the tables. That
// a goal is not met is no error: the machine may be busy.
func GoalsMain(ctx context.Context, args []string, out io.Writer) error {
	fast := &bench{launch: launch{queue: batching}, senders: 4, shape: "default", targets: fullSpeed, against: lean.String()}
	paced := &bench{launch: launch{queue: batching}, senders: 4, shape: "default", targets: equalRate, against: tail.String()}
	fs := flag.NewFlagSet("e2e-goals", flag.ContinueOnError)
	fast.flags(fs)
	fs.IntVar(&fast.rounds, "rounds", 5, "times each is measured; the figures are medians")
	fs.DurationVar(&fast.measure, "measure", 10*time.Second, "how long each run measures")
	fs.DurationVar(&fast.warm, "warm", 8*time.Second, "how long each run at full speed warms up")
	fs.DurationVar(&fast.wait, "wait", 2*time.Second, "how long traces wait for their verdict at full speed")
	fs.Float64Var(&paced.rate, "rate", 40_000, "spans per second where memory is compared; all must manage it")
	fs.DurationVar(&paced.wait, "rate-wait", 10*time.Second, "how long traces wait for their verdict there; the warm-up is twice as long")
	if err := fs.Parse(args); err != nil {
		return err
	}
	paced.ours, paced.peers = fast.ours, fast.peers
	paced.rounds, paced.measure, paced.warm = fast.rounds, fast.measure, 2*paced.wait
	versions, err := fast.versions(fullSpeed...)
	if err != nil {
		return err
	}
	atFullSpeed, err := fast.all(ctx)
	if err != nil {
		return err
	}
	atOneRate, err := paced.all(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s\n\n", versions)
	return printBoth(out, fast, paced, atFullSpeed, atOneRate)
}

// printBoth prints the goals, then the tables of both comparisons.
func printBoth(out io.Writer, fast, paced *bench, atFullSpeed, atOneRate map[Target][]figures) error {
	if err := goals.Print(out, e2eGoals(atFullSpeed, atOneRate)); err != nil {
		return err
	}
	fmt.Fprint(out, "\n### At full speed\n\n")
	if err := fast.report(out, atFullSpeed); err != nil {
		return err
	}
	fmt.Fprintf(out, "\n### At %.0f spans a second, held %v\n\n", paced.rate, paced.wait)
	return paced.report(out, atOneRate)
}

// e2eGoals compares medians of what was measured.
func e2eGoals(fast, paced map[Target][]figures) []goals.Goal {
	ratio := func(all map[Target][]figures, of func(figures) float64, a, b Target) float64 {
		return goals.Ratio(report.MedianOf(all[a], of), report.MedianOf(all[b], of))
	}
	var faults float64
	for _, all := range []map[Target][]figures{fast, paced} {
		for _, t := range []Target{oursBoth, oursTraces} {
			for _, f := range all[t] {
				faults += float64(f.lost) + float64(f.fault.LostFailed+f.fault.Incomplete+f.fault.Apart)
			}
		}
	}
	return []goals.Goal{
		goals.AtLeast("items per CPU second, of chain_lean's", ratio(fast, cpuOf, lean, oursBoth), 3),
		goals.AtLeast("items per CPU second, of chain_today's", ratio(fast, cpuOf, today, oursBoth), 6),
		goals.AtMost("CPU/item, of a collector's that only decodes", ratio(fast, cpuOf, oursBoth, floor), 1.8),
		goals.AtMost("peak RSS at an equal rate, of tail_sampling's", ratio(paced, peakOf, oursTraces, tail), 0.4),
		goals.AtMost("failed traces lost, traces incomplete, logs apart from their trace", faults, 0),
	}
}
