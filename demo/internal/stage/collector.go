// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package stage

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/testkit/collector"
	"github.com/otelcol-correlation/correlationprocessor/testkit/scrape"
)

const (
	// startLimit is how long a service may take to come up.
	startLimit = 30 * time.Second
	// stopGrace is how long a process may take to go down.
	stopGrace = 20 * time.Second
	// poll is how often a state is looked at that nobody announces.
	poll = 200 * time.Millisecond
)

// shortWaits are laid over the config: the demo's services send every 200 ms, so nobody
// has to wait for the SDKs' 5 s.
const shortWaits = "yaml:{processors: {correlation: {decision_wait: 5s, decision_wait_after_root: 2s}}}"

// startCollector runs the binary with the config on free loopback ports, which
// it passes in the variables that the quickstart config reads.
func startCollector(ctx context.Context, o Options, backend, logFiles string) (*collector.Collector, error) {
	endpoints, err := collector.NewEndpoints(backend)
	if err != nil {
		return nil, err
	}
	endpoints.Metrics = cmp.Or(o.Metrics, endpoints.Metrics)
	return collector.Start(ctx, collector.Options{
		Binary: o.Collector, Configs: []string{o.Config, shortWaits}, Endpoints: endpoints, Env: []string{"LOG_FILES=" + logFiles},
	})
}

// recordPages writes the metrics page to a file in the folder once a second, until ctx
// ends. A page that cannot be had is left out: the collector may be about to stop.
func recordPages(ctx context.Context, url, folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for n := 0; ; n++ {
		if page, err := scrape.Page(ctx, url); err == nil {
			if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%04d.txt", n)), page, 0o644); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
