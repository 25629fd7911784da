// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"context"
	_ "embed"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/testkit/collector"
	"github.com/otelcol-correlation/correlationprocessor/testkit/process"
	"github.com/otelcol-correlation/correlationprocessor/testkit/prometheus"
	"github.com/otelcol-correlation/correlationprocessor/testkit/scrape"
)

//go:embed collector.yaml
var collectorConfig []byte

const (
	// window is what the ranges of the rules become.
	window = 30 * time.Second
	// warmUp is how long routes are learned before patterns are counted: the first traces
	// that logs can learn from are decided on after decision_wait, 30 seconds.
	warmUp = time.Minute
	// settleLimit is above all waits of the processor and of the SDKs together.
	settleLimit = 90 * time.Second
	stopGrace   = 20 * time.Second
)

// zoo is what runs, and what came of it. Close it.
type zoo struct {
	options    *options
	folder     string
	logs       string // the folder below it that the collector reads
	all, kept  *sink
	collector  *collector.Collector
	prometheus *prometheus.Server
	running    []*process.Process // in the order in which they were started
	at         map[string]string  // addresses of programs
	routersAt  []string
	hotrodAt   []string
}

func (z *zoo) has(program string) bool { return slices.Contains(z.options.programs, program) }

// open starts everything, the receiving ends first.
func open(ctx context.Context, o *options) (z *zoo, err error) {
	z = &zoo{options: o, at: map[string]string{}}
	if z.folder, err = os.MkdirTemp("", "zoo-"); err != nil {
		return z, err
	}
	// Postgres runs as somebody else.
	z.logs = filepath.Join(z.folder, "logs")
	if err := errors.Join(os.Chmod(z.folder, 0o755), os.Mkdir(z.logs, 0o755)); err != nil {
		return z, err
	}
	if z.all, err = listen(); err != nil {
		return z, err
	}
	if z.kept, err = listen(); err != nil {
		return z, err
	}
	if err := z.startCollector(ctx); err != nil {
		return z, err
	}
	err = z.startPrograms(ctx)
	return z, err
}

func (z *zoo) startCollector(ctx context.Context) error {
	config := filepath.Join(z.folder, "collector.yaml")
	if err := os.WriteFile(config, collectorConfig, 0o600); err != nil {
		return err
	}
	endpoints, err := collector.NewEndpoints(z.kept.Addr())
	if err != nil {
		return err
	}
	z.collector, err = collector.Start(ctx, collector.Options{
		Binary: z.options.collector, Configs: []string{config}, Endpoints: endpoints,
		Env: []string{"LOG_FOLDER=" + z.logs, "WITNESS_ENDPOINT=" + z.all.Addr()},
	})
	if err != nil {
		return err
	}
	z.prometheus, err = prometheus.Start(ctx, prometheus.Options{
		Binary: z.options.prometheus, Target: endpoints.Metrics, Window: window,
		Rules: []string{filepath.Join(z.options.rules, "rules.yaml"), filepath.Join(z.options.rules, "alerts.yaml")},
	})
	return err
}

func (z *zoo) startPrograms(ctx context.Context) error {
	free, err := collector.FreeAddresses(len(known) + len(routers) + 4)
	if err != nil {
		return err
	}
	for i, name := range known {
		z.at[name] = free[i]
	}
	z.routersAt, z.hotrodAt = free[len(known):len(known)+len(routers)], free[len(known)+len(routers):]
	database := ""
	if z.has("postgres") {
		database = z.at["postgres"]
	}
	starts := map[string]func() error{
		"postgres": func() error { return z.postgres(ctx, database) },
		"routers":  func() error { return z.routers(ctx, database, z.routersAt) },
		"nginx":    func() error { return z.nginx(ctx, z.at["nginx"], z.routersAt) },
		"registry": func() error { return z.registry(ctx, z.at["registry"]) },
		"hotrod":   func() error { return z.hotrod(ctx, z.hotrodAt) },
		"caddy":    func() error { return z.caddy(ctx, z.at["caddy"], z.at["registry"], z.hotrodAt[0]) },
	}
	for _, name := range known {
		if z.has(name) {
			if err := starts[name](); err != nil {
				return err
			}
		}
	}
	return nil
}

// play sends the load, stops the programs, those in front first, and waits until nothing
// is held any more. The last metrics are those of that moment.
func (z *zoo) play(ctx context.Context) error {
	z.kept.warm = time.Now().Add(max(z.options.duration/4, min(warmUp, z.options.duration/2)))
	if err := z.load(ctx); err != nil {
		return err
	}
	for _, p := range slices.Backward(z.running) {
		_ = p.Stop(stopGrace) // some end with the signal, which is no failure here
	}
	z.running = nil
	for limit := time.Now().Add(settleLimit); time.Now().Before(limit); time.Sleep(time.Second) {
		m, err := scrape.Fetch(ctx, z.collector.Endpoints.MetricsURL())
		if err != nil {
			return err
		}
		if m.Sum("spans_held")+m.Sum("logs_held")+m.Sum("integrity_traces") == 0 && m.Sum("logs_kept") == float64(z.kept.counts().logs) {
			break
		}
	}
	return nil
}

// close ends what runs and removes what was written.
func (z *zoo) close() (err error) {
	for _, p := range slices.Backward(z.running) {
		p.Kill()
	}
	if z.prometheus != nil {
		err = z.prometheus.Stop()
	}
	if z.collector != nil {
		err = errors.Join(err, z.collector.Stop(stopGrace))
	}
	for _, s := range []*sink{z.all, z.kept} {
		if s != nil {
			s.Close()
		}
	}
	return errors.Join(err, os.RemoveAll(z.folder))
}
