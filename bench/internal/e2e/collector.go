// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/bench/internal/peers"
	"github.com/otelcol-correlation/correlationprocessor/bench/peers/pipeline"
)

// collector is a collector's process.
type collector struct {
	cmd      *exec.Cmd
	endpoint string // of its OTLP receiver
	metrics  string // address of its metrics page
	output   bytes.Buffer
	exited   chan error
}

// base is what all configurations have besides their processors.
const base = `
receivers:
  otlp: {protocols: {grpc: {endpoint: %[1]s, max_recv_msg_size_mib: 64}}}
exporters:
  nop:
  otlp_grpc:
    endpoint: %[2]s
    tls: {insecure: true}
    compression: none
    sending_queue:
      queue_size: 1000000
      sizer: items
      block_on_overflow: true
      num_consumers: 2
%[4]sservice:
  telemetry:
    logs: {level: warn}
    metrics: {level: normal, readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: %[3]d}}}}]}
  pipelines:
`

// batching stands in the exporter's sending queue.
const batching = `      batch: {min_size: 2048, max_size: 8192, flush_timeout: 200ms}
`

// config writes the configuration around a peer's processors.
func config(t Target, endpoint, sink string, metrics int, queue string) string {
	exporter := "otlp_grpc"
	if t.decodes() {
		exporter = "nop"
	}
	var text strings.Builder
	fmt.Fprintf(&text, base, endpoint, sink, metrics, queue)
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

// start starts a collector with the target's processors and waits until it
// listens.
func (l *launch) start(ctx context.Context, t Target, sink string) (*collector, error) {
	text, err := peers.Text(t.processors())
	if err != nil {
		return nil, err
	}
	binary, err := l.binary(t.processors())
	if err != nil {
		return nil, err
	}
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	c := &collector{exited: make(chan error, 1)}
	c.endpoint, c.metrics = fmt.Sprintf("127.0.0.1:%d", ports[0]), fmt.Sprintf("http://127.0.0.1:%d/metrics", ports[1])
	processors, around := filepath.Join(l.dir, "processors.yaml"), filepath.Join(l.dir, "base.yaml")
	err = errors.Join(
		os.WriteFile(processors, []byte(t.without(text)), 0o600),
		os.WriteFile(around, []byte(config(t, c.endpoint, sink, ports[1], l.queue)), 0o600))
	if err != nil {
		return nil, err
	}
	c.cmd = exec.CommandContext(ctx, binary, "--config", processors, "--config", around, "--feature-gates="+l.gates)
	c.cmd.Env = append(os.Environ(), pipeline.EnvWait+"="+l.wait.String(), pipeline.EnvTraces+"=1000000", "GOMAXPROCS=2")
	c.cmd.Stdout, c.cmd.Stderr = &c.output, &c.output
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { c.exited <- c.cmd.Wait() }()
	err = c.ready(ctx)
	return c, err
}

// ready waits until the collector listens.
func (c *collector) ready(ctx context.Context) error {
	for range 600 {
		if conn, err := net.DialTimeout("tcp", c.endpoint, time.Second); err == nil {
			return conn.Close()
		}
		select {
		case err := <-c.exited:
			return fmt.Errorf("collector ended: %w\n%s", err, c.output.String())
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return errors.New("collector does not listen after 30 s")
}

// stop ends the collector as an operator does, and waits for it.
func (c *collector) stop() error {
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case err := <-c.exited:
		if err != nil {
			return fmt.Errorf("collector: %w\n%s", err, c.output.String())
		}
		return nil
	case <-time.After(time.Minute):
		return errors.Join(errors.New("collector does not stop"), c.cmd.Process.Kill())
	}
}

// clockTick is the unit of the times in /proc, fixed by the kernel's interface.
const clockTick = 10 * time.Millisecond

// cpu is the processor time taken so far.
func (c *collector) cpu() (time.Duration, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	// After the name, which may hold spaces, comes field 3; times are 14 and 15.
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * clockTick, errors.Join(err1, err2)
}

// The lines of /proc/PID/status with the memory the process has, and the most
// it had.
const (
	rss     = "VmRSS:"
	peakRSS = "VmHWM:"
)

// memory reads one of these lines, in bytes.
func (c *collector) memory(name string) (int64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(data)) {
		if value, ok := strings.CutPrefix(line, name); ok {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("no %s in /proc/PID/status", name)
}

// freePorts finds ports nobody listens on.
func freePorts(n int) (ports []int, err error) {
	var all []net.Listener
	for range n {
		var l net.Listener
		if l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			break
		}
		all = append(all, l)
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	for _, l := range all { // only when all are found, so that they differ
		err = errors.Join(err, l.Close())
	}
	return ports, err
}
