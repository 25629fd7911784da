// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/bench/internal/peers"
	"github.com/otelcol-correlation/correlationprocessor/bench/peers/pipeline"
	"github.com/otelcol-correlation/correlationprocessor/testkit/collector"
)

// base is what all configurations have besides their processors. The addresses
// are in the environment.
const base = `
receivers:
  otlp: {protocols: {grpc: {endpoint: "${env:OTLP_GRPC_ENDPOINT}", max_recv_msg_size_mib: 64}}}
exporters:
  nop:
  otlp_grpc:
    endpoint: ${env:OTEL_BACKEND_ENDPOINT}
    tls: {insecure: true}
    compression: none
    sending_queue:
      queue_size: ${env:BENCH_QUEUE}
      sizer: items
      block_on_overflow: true
      num_consumers: 2
%sservice:
  telemetry:
    logs: {level: warn}
    metrics: {level: normal, readers: [{pull: {exporter: {prometheus: {host: "${env:METRICS_HOST}", port: "${env:METRICS_PORT}"}}}}]}
  pipelines:
`

// batching stands in the exporter's sending queue.
const batching = `      batch: {min_size: 2048, max_size: 8192, flush_timeout: 200ms}
`

// config writes the configuration around a peer's processors.
func config(t Target, queue string) string {
	exporter := "otlp_grpc"
	if t.decodes() {
		exporter = "nop"
	}
	var text strings.Builder
	fmt.Fprintf(&text, base, queue)
	for _, signal := range []string{"traces", "logs"} {
		if t.takes(signal) {
			fmt.Fprintf(&text, "    %s: {receivers: [otlp], exporters: [%s]}\n", signal, exporter)
		}
	}
	return text.String()
}

// launch says how collectors are started.
type launch struct {
	ours  string // the executable with our processor
	peers string // the one with the others
	dir   string // for their configurations
	wait  time.Duration
	gates string // feature gates, as the collector's flag takes them; may be empty
	items int    // the exporter's sending queue takes; 0 for a million
	queue string // what else stands in the exporter's sending queue
}

// flags adds the flags for the executables.
func (l *launch) flags(fs *flag.FlagSet) {
	fs.StringVar(&l.ours, "collector", "../build/otelcol-bench/otelcol-bench", "the collector built from builder-config.yaml")
	fs.StringVar(&l.peers, "peers-collector", "../build/otelcol-bench-peers/otelcol-bench-peers", "the collector built from peers/builder-config.yaml")
}

// binary is the executable with a peer's processors.
func (l *launch) binary(peer string) (string, error) {
	path := l.peers
	if peers.Ours(peer) {
		path = l.ours
	}
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("no collector, see README.md: %w", err)
	}
	return path, nil
}

// versions says which versions of the Collector the targets' executables are
// built with.
func (l *launch) versions(targets ...Target) (string, error) {
	var names []string
	for _, t := range targets {
		names = append(names, t.processors())
	}
	return peers.Versions(names, l.binary)
}

// stopLimit is how long a collector may take to deliver what it holds and end.
const stopLimit = time.Minute

// envQueue is how many items the exporter's sending queue takes.
const envQueue = "BENCH_QUEUE"

// start starts a collector with the target's processors and waits until it
// listens.
func (l *launch) start(ctx context.Context, t Target, sink string) (*collector.Collector, error) {
	text, err := peers.Text(t.processors())
	if err != nil {
		return nil, err
	}
	binary, err := l.binary(t.processors())
	if err != nil {
		return nil, err
	}
	endpoints, err := collector.NewEndpoints(sink)
	if err != nil {
		return nil, err
	}
	endpoints.Health = "" // these collectors have no such extension
	held := filepath.Join(l.dir, "held")
	if err := os.RemoveAll(held); err != nil { // by the last one
		return nil, err
	}
	processors, around := filepath.Join(l.dir, "processors.yaml"), filepath.Join(l.dir, "base.yaml")
	err = errors.Join(
		os.WriteFile(processors, []byte(t.without(text)), 0o600),
		os.WriteFile(around, []byte(config(t, l.queue)), 0o600))
	if err != nil {
		return nil, err
	}
	return collector.Start(ctx, collector.Options{
		Binary: binary, Configs: []string{processors, around}, Args: []string{"--feature-gates=" + l.gates},
		Endpoints: endpoints,
		Env:       []string{pipeline.EnvDirectory + "=" + held, pipeline.EnvWait + "=" + l.wait.String(), pipeline.EnvTraces + "=1000000", "GOMAXPROCS=2", envQueue + "=" + strconv.Itoa(cmp.Or(l.items, 1_000_000))},
	})
}
