// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

// Command zoo runs real programs before the processor, as people run them, and sees that
// it tells the truth about them: no trace is split, span and log of a request have one
// pattern, routes have few, and no alert fires, for nothing is wrong with them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// options are the command line.
type options struct {
	collector, prometheus string // their binaries
	bin                   string // where programs are put that are built
	rules                 string // the folder of the published rules
	programs              []string
	duration              time.Duration
	seed                  uint64
	rate                  float64 // visits a second, of each program
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "routers" {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		if err := serveRouters(ctx, os.Args[2:]); err != nil {
			log.Fatal(err)
		}
		stop()
		return
	}
	var o options
	flag.StringVar(&o.collector, "collector", "build/otelcol-correlation/otelcol", "the collector's binary")
	flag.StringVar(&o.prometheus, "prometheus", "build/tools/prometheus3", "the Prometheus server's binary")
	flag.StringVar(&o.bin, "bin", "build/servers", "where the programs are, or go")
	flag.StringVar(&o.rules, "rules", "observability/prometheus", "the folder with rules.yaml and alerts.yaml")
	programs := flag.String("programs", strings.Join(known, " "), "which programs to run")
	flag.DurationVar(&o.duration, "duration", 2*time.Minute, "of the load; at least a minute")
	flag.Uint64Var(&o.seed, "seed", 1, "fixes what is asked for")
	flag.Float64Var(&o.rate, "rate", 25, "requests a second to each program")
	flag.Parse()
	o.programs = strings.Fields(*programs)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := o.run(ctx); err != nil {
		log.Fatal(err) //nolint:gocritic // nothing is left to stop
	}
}

func (o *options) run(ctx context.Context) error {
	if o.duration < time.Minute {
		return fmt.Errorf("-duration must be at least 1m, got %s", o.duration)
	}
	for _, name := range o.programs {
		if !slices.Contains(known, name) {
			return fmt.Errorf("-programs: %q is none of %s", name, strings.Join(known, ", "))
		}
	}
	z, err := open(ctx, o)
	if err == nil {
		err = z.play(ctx)
	}
	var found *findings
	if err == nil {
		found, err = z.look(ctx)
	}
	if err := errors.Join(err, z.close()); err != nil {
		return err
	}
	found.print(os.Stdout)
	if len(found.faults) > 0 {
		return fmt.Errorf("%d things are wrong, see the end of the page", len(found.faults))
	}
	return nil
}
