// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package stage

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/testkit/scrape"
)

const (
	// startLimit is how long a process may take to come up.
	startLimit = 30 * time.Second
	// stopGrace is how long a process may take to go down.
	stopGrace = 20 * time.Second
	// poll is how often a state is looked at that nobody announces.
	poll = 200 * time.Millisecond
)

// collector is the collector under test with the addresses it was given.
type collector struct {
	*process
	otlp    string // host:port, gRPC
	health  string // URL
	metrics string // URL
}

// startCollector runs the binary with the config on free loopback ports, which
// it passes in the variables that the quickstart config reads.
func startCollector(binary, config, backend, logFiles string) (*collector, error) {
	ports, err := freePorts(4)
	if err != nil {
		return nil, err
	}
	grpc, http, health, metrics := ports[0], ports[1], ports[2], ports[3]
	p, err := launch("collector", binary, []string{"--config", config}, []string{
		"OTLP_GRPC_ENDPOINT=127.0.0.1:" + grpc,
		"OTLP_HTTP_ENDPOINT=127.0.0.1:" + http,
		"HEALTH_ENDPOINT=127.0.0.1:" + health,
		"METRICS_HOST=127.0.0.1",
		"METRICS_PORT=" + metrics,
		"OTEL_BACKEND_ENDPOINT=" + backend,
		"LOG_FILES=" + logFiles,
	})
	if err != nil {
		return nil, err
	}
	return &collector{
		process: p,
		otlp:    "127.0.0.1:" + grpc,
		health:  "http://127.0.0.1:" + health + "/",
		metrics: "http://127.0.0.1:" + metrics + "/metrics",
	}, nil
}

// freePorts finds ports that nobody listens on. All are held until the last is
// found, so they differ.
func freePorts(n int) ([]string, error) {
	var held []net.Listener
	defer func() {
		for _, listener := range held {
			_ = listener.Close()
		}
	}()
	var ports []string
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		held = append(held, listener)
		_, port, err := net.SplitHostPort(listener.Addr().String())
		if err != nil {
			return nil, err
		}
		ports = append(ports, port)
	}
	return ports, nil
}

// awaitHealthy returns when the health check answers, or with the reason why it
// never will.
func (c *collector) awaitHealthy(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		if c.healthy(ctx) {
			return nil
		}
		select {
		case <-c.exited:
			return errors.Join(errors.New("the collector did not start"), c.failure())
		case <-ctx.Done():
			return fmt.Errorf("the collector is not healthy: %w%s", context.Cause(ctx), c.output.quote())
		case <-time.After(poll):
		}
	}
}

func (c *collector) healthy(ctx context.Context) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.health, http.NoBody)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer func() { _ = response.Body.Close() }()
	return response.StatusCode == http.StatusOK
}

// record writes the metrics page to a file in the folder once a second, until ctx
// ends. A page that cannot be had is left out: the collector may be about to stop.
func (c *collector) record(ctx context.Context, folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for n := 0; ; n++ {
		if page, err := scrape.Page(ctx, c.metrics); err == nil {
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
