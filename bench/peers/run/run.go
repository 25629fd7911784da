// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package run measures one pipeline in this process: batches are decoded from
// their bytes and handed to the first processor; what comes out is counted.
package run

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/bench/peers/meter"
	"github.com/otelcol-correlation/correlationprocessor/bench/peers/pipeline"
	"github.com/otelcol-correlation/correlationprocessor/bench/peers/workload"
)

// Run says what one process measures.
type Run struct {
	Peer      string
	Signals   string // traces, logs or both
	Load      string // the workload's file
	Wait      time.Duration
	Warm      time.Duration // before the measurement
	Measure   time.Duration
	Producers int
	Rate      float64 // items per second; 0: no limit
	Held      int     // rounds to hold and weigh; 0: measure the steady state
	Batches   int     // to take while somebody counts instructions; 0: measure
	Traces    int     // what peers that want to know are told; 0: enough
	Profile   string  // prefix of the profiles to write; empty: none
}

// Result is what a run found out, per item where not said otherwise.
type Result struct {
	Peer     string
	Items    int64   // measured
	CPU      float64 // ns, decoding included
	GC       float64 // share of the CPU
	Bytes    float64
	Allocs   float64
	Rate     float64 // items per second
	Peak     float64 // bytes the runtime had from the system, of the process
	Live     float64 // bytes of heap after a collection
	Cycles   uint64
	SpansIn  int64
	SpansOut int64
	LogsIn   int64
	LogsOut  int64
	// Of a run that holds:
	HeldBytes   float64 // for a trace
	HeldObjects float64 // for a trace
}

// ballast stands for what a collector has on its heap besides; without it the
// collector would run a hundred times a second for peers that hold nothing.
const ballast = 64 << 20

// MaxTraces is what peers that want to know are told; more than are ever held.
const MaxTraces = 200_000

// The peer that is to hold all packed has room for roomShare of what it is sent.
// It packs from nine sixteenths of its room on and decides early beyond it; all packed, it
// takes some three tenths.
const roomShare = 0.45

// Do carries a run out.
func (p *Program) Do(ctx context.Context, r *Run) (*Result, error) {
	if r.Batches > 0 {
		return new(Result), p.counted(ctx, r)
	}
	load, err := workload.Load(r.Load)
	if err != nil {
		return nil, err
	}
	heavy := make([]byte, ballast)
	defer runtime.KeepAlive(heavy)
	debug.FreeOSMemory()
	wait := r.Wait
	if r.Held > 0 {
		wait = time.Hour // nothing is decided
	}
	traces := max(r.Traces, MaxTraces, 2*r.Held*load.Spec.Traces)
	d := &Driver{Load: load, Producers: r.Producers, Wait: wait, Rate: r.Rate, Rounds: r.Held}
	if err := pipeline.Setenv(wait, traces, roomShare*r.Sent(load)*float64(max(1, r.Held))); err != nil {
		return nil, err
	}
	if d.Peer, err = p.Build(ctx, r); err != nil {
		return nil, err
	}
	res, err := p.measure(ctx, r, d)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Peer, err)
	}
	res.Peer = r.Peer
	res.SpansIn, res.LogsIn = d.spans.Load(), d.logs.Load()
	res.SpansOut, res.LogsOut = d.Peer.Out.Spans.Load(), d.Peer.Out.Logs.Load()
	return res, nil
}

func (p *Program) measure(ctx context.Context, r *Run, d *Driver) (*Result, error) {
	if r.Held == 0 {
		return r.steady(ctx, d)
	}
	res, err := r.held(ctx, d)
	if err == nil && p.Check != nil {
		err = p.Check(ctx, r, d)
	}
	runtime.KeepAlive(d.Peer)
	return res, err
}

// Sent is the bytes of a round's batches that the peer takes.
func (r *Run) Sent(load *workload.Workload) (bytes float64) {
	for i := range load.Batches {
		b := &load.Batches[i]
		if r.Signals == "both" || b.Logs == (r.Signals == "logs") {
			bytes += float64(len(b.Data))
		}
	}
	return bytes
}

// steady measures while traces come and go.
func (r *Run) steady(ctx context.Context, d *Driver) (*Result, error) {
	failed := make(chan error, 1)
	go func() { failed <- d.Run(ctx) }()
	time.Sleep(r.Warm)
	profile, err := meter.StartProfile()
	if err != nil {
		return nil, err
	}
	began, before := time.Now(), d.Items()
	m := meter.Start(d.Items)
	for !r.enough(time.Since(began), m.Cycles()) {
		time.Sleep(50 * time.Millisecond)
	}
	items, took := d.Items()-before, time.Since(began)
	used, peak, err := m.Stop()
	if err != nil {
		return nil, err
	}
	data, gcShare, err := profile.Stop()
	if err != nil {
		return nil, err
	}
	if err := r.writeProfiles(data); err != nil {
		return nil, err
	}
	d.stop.Store(true)
	if err := <-failed; err != nil {
		return nil, err
	}
	n := float64(used.Items)
	return &Result{
		Items: used.Items, CPU: float64(used.CPU) / n, GC: gcShare,
		Bytes: float64(used.Bytes) / n, Allocs: float64(used.Allocs) / n,
		Rate: float64(items) / took.Seconds(), Peak: float64(peak), Live: float64(meter.Live()), Cycles: used.Cycles,
	}, nil
}

// A measurement has at least minCycles cycles of the garbage collector, unless
// it would take maxMeasure times as long as was asked for. It needs the ends of
// two, and on a busy machine waits for them as long as longest.
const (
	minCycles   = 8
	maxMeasure  = 4
	leastCycles = 2
	longest     = time.Minute
)

// enough reports whether a measurement may end.
func (r *Run) enough(took time.Duration, cycles uint64) bool {
	switch {
	case took < r.Measure:
		return false
	case cycles < leastCycles:
		return took >= longest
	}
	return cycles >= minCycles || took >= maxMeasure*r.Measure
}

// writeProfiles writes the CPU profile of the measurement, and one of what the
// process has allocated from its start.
func (r *Run) writeProfiles(cpu []byte) error {
	if r.Profile == "" {
		return nil
	}
	if err := os.WriteFile(r.Profile+".cpu.pprof", cpu, 0o644); err != nil {
		return err
	}
	mem, err := os.Create(r.Profile + ".mem.pprof")
	if err != nil {
		return err
	}
	if err := pprof.Lookup("allocs").WriteTo(mem, 0); err != nil {
		_ = mem.Close()
		return err
	}
	return mem.Close()
}

// held fills the peer with traces that nobody decides, and weighs them.
func (r *Run) held(ctx context.Context, d *Driver) (*Result, error) {
	bytes, objects := meter.Held()
	if err := d.Run(ctx); err != nil {
		return nil, err
	}
	traces := float64(r.Held * d.Load.Spec.Traces)
	for last := uint64(0); ; {
		time.Sleep(time.Second) // what is still in the peer's queues
		nowBytes, nowObjects := meter.Held()
		if last != 0 && settled(last, nowBytes) {
			return &Result{
				HeldBytes:   (float64(nowBytes) - float64(bytes)) / traces,
				HeldObjects: (float64(nowObjects) - float64(objects)) / traces,
			}, nil
		}
		last = nowBytes
	}
}

// settled reports whether a heap grew by less than a two-hundredth. A peer that
// decides once a second makes room for what may come then, also with nothing to
// decide: up to a five-hundredth of what it holds.
func settled(last, now uint64) bool { return now <= last+last/200 }
