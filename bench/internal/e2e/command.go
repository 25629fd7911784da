// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/bench/internal/peers"
	"github.com/otelcol-correlation/correlationprocessor/bench/internal/report"
	"github.com/otelcol-correlation/correlationprocessor/bench/peers/workload"
	"github.com/otelcol-correlation/correlationprocessor/testkit/collector"
)

// bench is one comparison.
type bench struct {
	launch
	targets []Target
	rounds  int
	against string
	warm    time.Duration
	measure time.Duration
	senders int
	rate    float64
	shape   string // of the traffic, by name

	load  *workload.Workload
	truth *truth
}

// figures are what one run found out.
type figures struct {
	cpu   float64 // ns of the collector for an item
	rate  float64 // items per second
	peak  float64 // bytes, RSS
	lost  int64   // items that should have come out and did not, where all should
	fault Faults
}

// Main compares collectors and prints a table.
func Main(ctx context.Context, args []string, out io.Writer) error {
	b, err := parse(args)
	if err != nil {
		return err
	}
	versions, err := b.versions(b.targets...)
	if err != nil {
		return err
	}
	all, err := b.all(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s\n\n", versions)
	return b.report(out, all)
}

// all measures every target in turn, as many times as there are rounds.
func (b *bench) all(ctx context.Context) (map[Target][]figures, error) {
	var err error
	if b.dir, err = os.MkdirTemp("", "bench-e2e"); err != nil {
		return nil, err
	}
	defer os.RemoveAll(b.dir)
	if b.load, err = workload.New(workload.Shapes()[b.shape]); err != nil {
		return nil, err
	}
	if b.truth, err = newTruth(b.load, everything); err != nil {
		return nil, err
	}
	all := map[Target][]figures{}
	for round := range b.rounds {
		for _, t := range b.targets {
			f, err := b.run(ctx, t)
			if err != nil {
				return nil, fmt.Errorf("%v: %w", t, err)
			}
			all[t] = append(all[t], *f)
			fmt.Fprintf(os.Stderr, "round %d/%d %-28s %6.0f ns/item, %.0f items/s, %.0f MB, lost %d, %+v\n",
				round+1, b.rounds, t, f.cpu, f.rate, f.peak/1e6, f.lost, f.fault)
		}
	}
	return all, nil
}

func parse(args []string) (*bench, error) {
	b := &bench{launch: launch{queue: batching}}
	fs := flag.NewFlagSet("e2e", flag.ContinueOnError)
	b.flags(fs)
	names := fs.String("peers", "decode:both,decode_peers:both,nop:both,chain_lean:both,ours_tail:both,decode:traces,decode_peers:traces,tail_sampling:traces,ours_tail:traces", "targets as peer:signals")
	fs.IntVar(&b.rounds, "rounds", 5, "times each is measured; the figures are medians")
	fs.StringVar(&b.against, "against", "chain_lean:both", "the target the ratios are to")
	fs.DurationVar(&b.wait, "wait", 2*time.Second, "how long traces wait for their verdict")
	fs.DurationVar(&b.warm, "warm", 8*time.Second, "how long each run warms up")
	fs.DurationVar(&b.measure, "measure", 10*time.Second, "how long each run measures")
	fs.IntVar(&b.senders, "senders", 4, "connections that send")
	fs.StringVar(&b.gates, "gates", "", "the collectors' --feature-gates")
	fs.StringVar(&b.shape, "shape", "default", "of the traffic: default, shredded or large")
	fs.Float64Var(&b.rate, "rate", 0, "items per second; 0 is as fast as the collector takes them. Memory is comparable at equal rates only")
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if _, ok := workload.Shapes()[b.shape]; !ok {
		return nil, fmt.Errorf("no shape %q; want one of %s", b.shape, strings.Join(slices.Sorted(maps.Keys(workload.Shapes())), ", "))
	}
	var err error
	b.targets, err = parseTargets(*names)
	return b, err
}

// run measures one collector from its start to its end.
func (b *bench) run(ctx context.Context, t Target) (*figures, error) {
	all := peers.IsFloor(t.processors())
	wants := filter(everything)
	if all {
		wants = nothing
	}
	sink, err := newSink(wants)
	if err != nil {
		return nil, err
	}
	defer sink.Close()
	c, err := b.start(ctx, t, sink.Addr())
	if err != nil {
		return nil, err
	}
	s := &sender{load: b.load, target: t, senders: b.senders, rate: b.rate}
	f, err := b.window(ctx, c, s)
	if err != nil {
		return nil, errors.Join(err, c.Stop(stopLimit))
	}
	sink.quiet(b.wait + 3*time.Second)
	if err := c.Stop(stopLimit); err != nil {
		return nil, err
	}
	if said := c.Output(); said != "" {
		fmt.Fprintf(os.Stderr, "the collector said:\n%s", said)
	}
	if all && !t.decodes() {
		f.lost = s.items() - sink.spans.Load() - sink.logs.Load()
	}
	if !all && t.takes("traces") {
		together := strings.HasPrefix(t.Peer, "ours") && t.takes("logs")
		f.fault = b.truth.judge(sink.traces, s.rounds, together)
	}
	return f, nil
}

// window sends until the measurement is over.
func (b *bench) window(ctx context.Context, c *collector.Collector, s *sender) (*figures, error) {
	ended := make(chan error, 1)
	go func() { ended <- s.run(ctx, c.Endpoints.GRPC) }()
	if err := sleep(b.warm, ended); err != nil {
		return nil, err
	}
	cpu, err1 := c.CPU()
	items, began := s.items(), time.Now()
	if err := sleep(b.measure, ended); err != nil {
		return nil, err
	}
	later, err2 := c.CPU()
	sent, took := float64(s.items()-items), time.Since(began)
	s.stop.Store(true)
	err := <-ended
	peak, err3 := c.PeakRSS()
	f := &figures{cpu: float64(later-cpu) / sent, rate: sent / took.Seconds(), peak: float64(peak)}
	return f, errors.Join(err, err1, err2, err3)
}

// sleep waits, unless the sender fails first.
func sleep(d time.Duration, ended <-chan error) error {
	select {
	case err := <-ended:
		return cmp.Or(err, errors.New("sender ended early"))
	case <-time.After(d):
		return nil
	}
}

func cpuOf(f figures) float64 { return f.cpu }

func peakOf(f figures) float64 { return f.peak }

func (b *bench) report(out io.Writer, all map[Target][]figures) error {
	var base float64
	for t, f := range all {
		if t.String() == b.against {
			base = report.MedianOf(f, cpuOf)
		}
	}
	w := report.Table(out, "collector", "CPU of "+b.against, "us/item", "kitem per CPU s", "kitem/s", "peak RSS MB", "lost", "failed traces lost", "incomplete", "logs apart")
	for _, t := range b.targets {
		var lost int64
		var fault Faults
		for _, f := range all[t] {
			lost += f.lost
			fault = Faults{fault.LostFailed + f.fault.LostFailed, fault.Incomplete + f.fault.Incomplete, fault.Apart + f.fault.Apart}
		}
		cpu := report.MedianOf(all[t], cpuOf)
		fmt.Fprintf(w, "| %s\t| %.2f\t| %.2f\t| %.0f\t| %.0f\t| %.0f\t| %d\t| %d\t| %d\t| %d\t|\n", t, cpu/base, cpu/1e3, 1e6/cpu,
			report.MedianOf(all[t], func(f figures) float64 { return f.rate })/1e3, report.MedianOf(all[t], peakOf)/1e6,
			lost, fault.LostFailed, fault.Incomplete, fault.Apart)
	}
	return w.Flush()
}
