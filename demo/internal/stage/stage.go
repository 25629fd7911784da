// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

// Package stage puts the demo on: a sink, a collector before it, three services
// before that, and visitors.
package stage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/demo/internal/load"
	"github.com/otelcol-correlation/correlationprocessor/demo/internal/report"
	"github.com/otelcol-correlation/correlationprocessor/demo/internal/sink"
	"github.com/otelcol-correlation/correlationprocessor/testkit/collector"
)

// failedGrace is how long a process may take to go down after a failure.
const failedGrace = time.Second

// Options say what to put on.
type Options struct {
	Collector string // path of the collector's binary
	Config    string // path of its config
	Pages     string // folder for its metrics pages; "" writes none
	Metrics   string // where it shows them, host:port; "" for a free port
	Seed      uint64
	Requests  int
	Duration  time.Duration // of the load
	Progress  *Progress
}

// stage holds whatever must be taken down again.
type stage struct {
	options   Options
	dir       string
	witness   *sink.Sink // sees what the services send
	backend   *sink.Sink // sees what the collector passes on
	collector *collector.Collector
	services  services
}

// Run puts the demo on and judges it. The findings are complete if the error is
// nil; they may still list problems. Whatever happens, nothing is left running
// and nothing left on disk.
func Run(ctx context.Context, o Options) (findings report.Findings, err error) {
	s := &stage{options: o}
	defer func() { err = errors.Join(err, s.takeDown()) }()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if err := s.build(ctx, cancel); err != nil {
		return findings, err
	}
	stopRecording := s.record(ctx)
	headline, err := s.play(ctx)
	if err != nil {
		return findings, errors.Join(because(ctx, err), stopRecording())
	}
	evidence, err := s.collect(ctx)
	err = errors.Join(err, stopRecording())
	if err != nil {
		return findings, err
	}
	evidence.Headline = headline
	return report.Judge(evidence), nil
}

// causeGrace is how long a failure waits for the end of a process that may be
// behind it: what fails for want of the process is seen before the end itself.
const causeGrace = time.Second

// because returns the end of a process that ctx tells of, or else err.
func because(ctx context.Context, err error) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(causeGrace):
		return err
	}
}

// record writes down the collector's metrics pages, if that is wanted, until the
// function it returns is called.
func (s *stage) record(ctx context.Context) (stop func() error) {
	if s.options.Pages == "" {
		return func() error { return nil }
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- recordPages(ctx, s.collector.Endpoints.MetricsURL(), s.options.Pages) }()
	return func() error {
		cancel()
		return <-done
	}
}

func (s *stage) logFile() string { return filepath.Join(s.dir, "orders.log") }

// build starts everything, the receiving end first. A collector that ends
// before it is told to cancels the run.
func (s *stage) build(ctx context.Context, cancel context.CancelCauseFunc) (err error) {
	if s.dir, err = os.MkdirTemp("", "otel-demo-"); err != nil {
		return err
	}
	if s.backend, err = sink.Start(); err != nil {
		return err
	}
	if s.witness, err = sink.Start(); err != nil {
		return err
	}
	s.options.Progress.Step("starting the collector with %s", s.options.Config)
	s.collector, err = startCollector(ctx, s.options, s.backend.Addr(), filepath.Join(s.dir, "*.log"))
	if err != nil {
		return err
	}
	go func() {
		<-s.collector.Exited()
		cancel(errors.Join(errors.New("the collector ended in the middle of the demo"), s.collector.Failure()))
	}()
	s.options.Progress.Step("starting the services")
	if s.services.binary, err = self(); err != nil {
		return err
	}
	s.services.common = commonArguments(s.options.Seed, s.collector.Endpoints.GRPC, s.witness.Addr())
	return s.services.start(ctx, s.logFile())
}

// play lets the visitors in and closes the shop after them.
func (s *stage) play(ctx context.Context) (headline string, err error) {
	o := s.options
	o.Progress.Step("sending %d requests over %s", o.Requests, o.Duration)
	start := time.Now()
	driver := load.Driver{Targets: s.services.targets, Duration: o.Duration, Progress: func(soFar load.Summary) {
		o.Progress.Update("%d of %d: %s", soFar.Answers(), o.Requests, soFar)
	}}
	summary, err := driver.Run(ctx, load.Plan(o.Seed, o.Requests))
	if err != nil {
		return "", err
	}
	headline = fmt.Sprintf("%d requests of seed %d in %s: %s",
		summary.Answers(), o.Seed, time.Since(start).Round(100*time.Millisecond), summary)
	o.Progress.Step("stopping the services")
	return headline, s.services.stop()
}

// takeDown stops what still runs, which is nothing after a run that went well.
// After one that did not, nobody needs the last telemetry nor how a process ends.
func (s *stage) takeDown() error {
	s.options.Progress.Close()
	for _, p := range s.services.running {
		_ = p.Stop(failedGrace)
	}
	if s.collector != nil {
		_ = s.collector.Stop(failedGrace)
	}
	for _, started := range []*sink.Sink{s.witness, s.backend} {
		if started != nil {
			started.Close()
		}
	}
	if s.dir == "" {
		return nil
	}
	return os.RemoveAll(s.dir)
}
