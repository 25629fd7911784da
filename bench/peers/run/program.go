// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"go.opentelemetry.io/collector/processor"

	"github.com/otelcol-correlation/correlationprocessor/bench/peers/pipeline"
	"github.com/otelcol-correlation/correlationprocessor/bench/peers/workload"
)

// Program is what one executable can measure. There are two: ours and the
// peers' are built with different versions of the Collector.
type Program struct {
	Configs   pipeline.Set
	Factories func() []processor.Factory
	// Check looks at a peer that holds all it was sent, and fails if what was
	// weighed is not what the run is to weigh; nil if there is nothing to look at.
	Check func(ctx context.Context, r *Run, d *Driver) error
}

// Command is the name of the command that carries one run out.
const Command = "component-run"

// Main carries out the run its argument describes in JSON and prints the result
// in JSON.
func (p *Program) Main(ctx context.Context, args []string, out io.Writer) error {
	var r Run
	if len(args) != 1 {
		return errors.New("want one argument")
	}
	if err := json.Unmarshal([]byte(args[0]), &r); err != nil {
		return err
	}
	res, err := p.Do(ctx, &r)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(res)
}

// Build builds the peer of a run, with the signals of the run only.
func (p *Program) Build(ctx context.Context, r *Run) (*pipeline.Pipelines, error) {
	c, err := p.Configs.Read(ctx, r.Peer)
	if err != nil {
		return nil, err
	}
	for signal, other := range map[string]string{"traces": "logs", "logs": "traces"} {
		if r.Signals == signal {
			delete(c.Service.Pipelines, other)
		}
	}
	return c.Build(ctx, p.Factories())
}

// counted sends batches into a peer and ends it, which decides all it holds. It
// does nothing besides: that would be counted, too.
func (p *Program) counted(ctx context.Context, r *Run) error {
	load, err := workload.Load(r.Load)
	if err != nil {
		return err
	}
	if err := pipeline.Setenv(time.Hour, MaxTraces, 0); err != nil {
		return err
	}
	peer, err := p.Build(ctx, r)
	if err != nil {
		return err
	}
	all := producer{Driver: &Driver{Load: load, Peer: peer, Producers: 1}}
	if err := all.send(ctx, load.Batches[:r.Batches], 0, 0); err != nil {
		return err
	}
	if err := peer.Shutdown(ctx); err != nil {
		return err
	}
	if peer.Out.Spans.Load() == 0 || peer.Out.Logs.Load() == 0 {
		return fmt.Errorf("%s: nothing came out", r.Peer)
	}
	return nil
}
