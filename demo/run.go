// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/demo/internal/load"
	"github.com/otelcol-correlation/correlationprocessor/demo/internal/stage"
)

// spare is what a run may take beyond the time of the load.
const spare = 3 * time.Minute

// visitors are the flags of everything that sends requests.
type visitors struct {
	seed     uint64
	requests int
	duration time.Duration
}

func (v *visitors) register(flags *flag.FlagSet) {
	flags.Uint64Var(&v.seed, "seed", 1, "fixes the requests and all ids")
	flags.IntVar(&v.requests, "requests", 3000, "how many requests to send")
	flags.DurationVar(&v.duration, "duration", 20*time.Second, "time over which to send them")
}

func (v *visitors) check() error {
	if v.requests < 1 {
		return fmt.Errorf("--requests must be at least 1, got %d", v.requests)
	}
	if v.duration < 0 {
		return fmt.Errorf("--duration must not be negative, got %s", v.duration)
	}
	return nil
}

func runDemo(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("run", flag.ExitOnError)
	collector := flags.String("collector", "../build/otelcol-correlation/otelcol", "the collector's binary")
	config := flags.String("config", "../examples/quickstart/config.yaml", "the collector's config")
	pages := flags.String("pages", "", "folder to write the collector's metrics page to, once a second")
	metrics := flags.String("metrics", "", "host:port of the collector's metrics page; a free one by default")
	var v visitors
	v.register(flags)
	_ = flags.Parse(args) // exits on error
	if err := v.check(); err != nil {
		return err
	}
	ctx, orphaned := withParent(ctx)
	defer orphaned()
	ctx, cancel := context.WithTimeout(ctx, v.duration+spare)
	defer cancel()
	findings, err := stage.Run(ctx, stage.Options{
		Collector: *collector,
		Config:    *config,
		Pages:     *pages,
		Metrics:   *metrics,
		Seed:      v.seed,
		Requests:  v.requests,
		Duration:  v.duration,
		Progress:  stage.NewProgress(os.Stderr),
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr)
	if _, err := findings.WriteTo(os.Stdout); err != nil {
		return err
	}
	if n := len(findings.Problems); n > 0 {
		return fmt.Errorf("%d things are wrong, see the end of the page", n)
	}
	return nil
}

func runLoad(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("load", flag.ExitOnError)
	var targets load.Targets
	flags.StringVar(&targets[load.Storefront], "storefront", "", "base URL of the storefront")
	flags.StringVar(&targets[load.Catalog], "catalog", "", "base URL of the catalog")
	flags.StringVar(&targets[load.Orders], "orders", "", "base URL of the orders service")
	var v visitors
	v.register(flags)
	_ = flags.Parse(args) // exits on error
	if err := v.check(); err != nil {
		return err
	}
	progress := stage.NewProgress(os.Stderr)
	defer progress.Close()
	driver := load.Driver{Targets: targets, Duration: v.duration, Progress: func(soFar load.Summary) {
		progress.Update("%d of %d: %s", soFar.Answers(), v.requests, soFar)
	}}
	summary, err := driver.Run(ctx, load.Plan(v.seed, v.requests))
	progress.Step("%s", summary)
	return err
}
