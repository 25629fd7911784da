// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package component measures processors by themselves. Each run is a process of
// its own, so that no peer's heap is another's.
package component

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/bench/internal/peers"
	"github.com/otelcol-correlation/correlationprocessor/bench/peers/run"
	"github.com/otelcol-correlation/correlationprocessor/bench/peers/workload"
)

// Target is a peer with the signals it is sent.
type Target struct{ Peer, Signals string }

func (t Target) String() string { return t.Peer + ":" + t.Signals }

func (t Target) floor() Target { return Target{peers.FloorOf(t.Peer), t.Signals} }

// The targets measured by name of the set.
var sets = map[string]string{
	"held":   "tail_sampling:traces ours_tail:traces ours_tail:both ours_tail_packed:traces ours_tail_packed:both",
	"core":   "tail_sampling:traces chain_lean:both ours_tail:traces ours_tail:both",
	"tails":  "tail_sampling:traces tail_sampling_cache:traces tail_sampling_shards:traces groupbytrace:traces chain_lean:both chain_today:both tail_sampling_rules:traces ours_tail:traces ours_tail:both ours_all:both ours_rules:traces ours_rules:both",
	"hash":   "probabilistic_hash_seed:traces probabilistic_hash_seed:logs probabilistic_equalizing:traces probabilistic_equalizing:logs probabilistic_proportional:traces probabilistic_proportional:logs ours_hash:traces ours_hash:logs",
	"all":    "tails hash routes",
	"routes": "redaction:traces redaction:logs transform:traces transform:logs filter:traces filter:logs ours_routes:traces ours_routes:logs",
}

// options are the command's flags.
type options struct {
	run     run.Run
	targets []Target
	rounds  int
	against string
	json    string
}

// Main compares processors and prints a table.
func Main(ctx context.Context, args []string, out io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	w, done, err := save(workload.Default())
	if err != nil {
		return err
	}
	defer done()
	o.run.Load = w.path
	all, err := o.measure(ctx)
	if err != nil {
		return err
	}
	if err := writeJSON(o.json, all); err != nil {
		return err
	}
	if err := printVersions(out, o.targets); err != nil {
		return err
	}
	return o.print(out, all)
}

// printVersions says what the programs of the targets are built with.
func printVersions(out io.Writer, targets ...[]Target) error {
	var names []string
	for _, t := range slices.Concat(targets...) {
		names = append(names, t.Peer)
	}
	line, err := peers.Versions(names, peers.Program)
	fmt.Fprintf(out, "%s\n\n", line)
	return err
}

// saved is a workload in a file, for the runs to read.
type saved struct {
	*workload.Workload
	path string
}

// save makes a workload and writes it to a file that done removes.
func save(spec workload.Spec) (w saved, done func(), err error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return w, nil, err
	}
	done = func() { _ = os.RemoveAll(dir) }
	w.path = filepath.Join(dir, "workload")
	if w.Workload, err = workload.New(spec); err == nil {
		err = w.Save(w.path)
	}
	if err != nil {
		done()
	}
	return w, done, err
}

// writeJSON writes to a file, if one is asked for.
func writeJSON(path string, v any) error {
	if path == "" {
		return nil
	}
	data, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}

func parse(args []string) (*options, error) {
	o := &options{run: run.Run{Producers: 1}}
	fs := flag.NewFlagSet("component", flag.ContinueOnError)
	names := fs.String("peers", "core", "targets as peer:signals with signals traces, logs or both, or names of sets: core, tails, hash, routes, held, all")
	fs.IntVar(&o.rounds, "rounds", 5, "times each peer is measured; the figures are medians")
	fs.DurationVar(&o.run.Wait, "wait", 2*time.Second, "how long traces wait for their verdict")
	fs.DurationVar(&o.run.Warm, "warm", 4*time.Second, "how long each run warms up")
	fs.DurationVar(&o.run.Measure, "measure", 5*time.Second, "how long each run measures")
	fs.IntVar(&o.run.Producers, "producers", 1, "goroutines that send")
	fs.Float64Var(&o.run.Rate, "rate", 0, "items per second; 0 is as fast as the peer takes them")
	fs.IntVar(&o.run.Held, "hold", 0, "weigh what the peers hold after so many rounds of 15,000 traces, instead of the steady state")
	fs.StringVar(&o.run.Profile, "profile", "", "write profiles of each peer with this prefix")
	fs.StringVar(&o.against, "against", "", "the target the ratios are to; chain_lean:both by default, tail_sampling:traces with -hold")
	fs.StringVar(&o.json, "json", "", "write all results to this file")
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if o.run.Held > 0 {
		o.against = cmp.Or(o.against, tailSampling)
	}
	o.against = cmp.Or(o.against, "chain_lean:both")
	var err error
	o.targets, err = targets(&o.run, *names)
	return o, err
}

// targets reads targets; their floors come with them, except where all that is
// measured is what they hold.
func targets(r *run.Run, names string) ([]Target, error) {
	all, err := parseTargets(names)
	if r.Held > 0 {
		all = slices.DeleteFunc(all, func(t Target) bool { return peers.IsFloor(t.Peer) })
	}
	return all, err
}

// parseTargets reads targets and puts the floor of each before them.
func parseTargets(text string) ([]Target, error) {
	var out []Target
	seen := map[Target]bool{}
	for _, name := range expand(strings.Split(text, ",")) {
		peer, signals, ok := strings.Cut(name, ":")
		if !ok || !peers.Exists(peer) {
			return nil, fmt.Errorf("no target %q; want peer:signals with peer one of %s", name, strings.Join(peers.Names(), ", "))
		}
		t := Target{peer, signals}
		for _, t := range []Target{t.floor(), t} {
			if !seen[t] {
				seen[t] = true
				out = append(out, t)
			}
		}
	}
	return out, nil
}

// expand puts the targets of sets in the place of their names.
func expand(names []string) []string {
	var out []string
	for _, name := range names {
		if list, ok := sets[name]; ok {
			out = append(out, expand(strings.Fields(list))...)
		} else {
			out = append(out, name)
		}
	}
	return out
}

// measure runs all targets in turn, as many times as there are rounds.
func (o *options) measure(ctx context.Context) (results, error) {
	all := results{}
	for round := range o.rounds {
		for _, t := range o.targets {
			r := o.run
			r.Peer, r.Signals = t.Peer, t.Signals
			if r.Profile != "" {
				r.Profile += "." + t.Peer + "." + t.Signals
			}
			res, err := apart(ctx, &r)
			if err != nil {
				return nil, fmt.Errorf("%v: %w", t, err)
			}
			all[t.String()] = append(all[t.String()], *res)
			fmt.Fprintf(os.Stderr, "round %d/%d %-32s %7.0f ns/item, %4.1f%% GC, %3d cycles, %.0f items/s, held %.0f B/trace, %d of %d spans and %d of %d logs out\n",
				round+1, o.rounds, t, res.CPU, 100*res.GC, res.Cycles, res.Rate, res.HeldBytes, res.SpansOut, res.SpansIn, res.LogsOut, res.LogsIn)
		}
	}
	return all, nil
}

// apart carries the run out in a process of its own.
func apart(ctx context.Context, r *run.Run) (*run.Result, error) {
	cmd, err := command(ctx, r)
	if err != nil {
		return nil, err
	}
	cmd.Stderr = os.Stderr
	stdout, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	res := new(run.Result)
	return res, json.Unmarshal(stdout, res)
}

// command starts the peer's program for the run, under another one if it is given.
func command(ctx context.Context, r *run.Run, under ...string) (*exec.Cmd, error) {
	arg, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	program, err := peers.Program(r.Peer)
	if err != nil {
		return nil, err
	}
	under = append(under, program, run.Command, string(arg))
	return exec.CommandContext(ctx, under[0], under[1:]...), nil
}
