// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// startTimeout and stopTimeout bound a start and a stop; both take well under a
// second, and a test that waits this long has failed.
const (
	startTimeout = 60 * time.Second
	stopTimeout  = 60 * time.Second
	pollInterval = 20 * time.Millisecond
)

// Collector is a running collector process.
type Collector struct {
	Endpoints Endpoints

	process *exec.Cmd
	output  *output
	exited  chan struct{} // closed when the process has ended
	waitErr error         // how it ended; read after exited
}

// output keeps what a process writes; its readers and writers may run at once.
type output struct {
	mu    sync.Mutex
	bytes bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bytes.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bytes.String()
}

// StartCollector starts the binary with the configs, later ones over earlier
// ones, each a file or a yaml: URI. They get the endpoints and env in their
// environment. It returns once the collector says it is healthy. Stop it.
func StartCollector(binary string, endpoints Endpoints, configs []string, env ...string) (*Collector, error) {
	args := make([]string, 0, len(configs))
	for _, config := range configs {
		args = append(args, "--config="+config)
	}
	c := &Collector{
		Endpoints: endpoints,
		process:   exec.Command(binary, args...),
		output:    &output{},
		exited:    make(chan struct{}),
	}
	c.process.Env = append(append(os.Environ(), endpoints.Env()...), env...)
	c.process.Stdout, c.process.Stderr = c.output, c.output
	if err := c.process.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", binary, err)
	}
	go func() {
		c.waitErr = c.process.Wait()
		close(c.exited)
	}()
	if err := AwaitHealthy(endpoints, c.exited); err != nil {
		c.Kill()
		return nil, fmt.Errorf("%w; it wrote:\n%s", err, c.Output())
	}
	// The collector says it is healthy shortly before it begins to heed
	// SIGTERM, and nothing tells when it has; until then one just kills it.
	time.Sleep(signalGrace)
	return c, nil
}

// signalGrace is long against the few instructions it waits for, on a machine
// that is busy.
const signalGrace = 500 * time.Millisecond

// AwaitHealthy polls the health endpoint until it answers with 200. It gives up
// when exited is closed or startTimeout is over.
func AwaitHealthy(endpoints Endpoints, exited <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for {
		if healthy(ctx, endpoints) {
			return nil
		}
		select {
		case <-exited:
			return errors.New("the collector ended before it was healthy")
		case <-ctx.Done():
			return fmt.Errorf("the collector was not healthy after %v", startTimeout)
		case <-time.After(pollInterval):
		}
	}
}

func healthy(ctx context.Context, endpoints Endpoints) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+endpoints.Health, http.NoBody)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close() // only the status matters
	return response.StatusCode == http.StatusOK
}

// Healthy reports whether the collector still answers on its health endpoint.
func (c *Collector) Healthy() bool {
	return healthy(context.Background(), c.Endpoints)
}

// Output is what the collector has written so far.
func (c *Collector) Output() string {
	return c.output.String()
}

// Terminate sends SIGTERM and does not wait.
func (c *Collector) Terminate() error {
	return c.process.Process.Signal(syscall.SIGTERM)
}

// Stop sends SIGTERM and waits for the end; an exit code other than zero, or no
// end at all, is an error.
func (c *Collector) Stop() error {
	if err := c.Terminate(); err != nil {
		return fmt.Errorf("stop the collector: %w", err)
	}
	return c.Wait()
}

// Wait waits for the end of a collector that was told to stop.
func (c *Collector) Wait() error {
	select {
	case <-c.exited:
		if c.waitErr != nil {
			return fmt.Errorf("the collector ended badly: %w", c.waitErr)
		}
		return nil
	case <-time.After(stopTimeout):
		c.Kill()
		return fmt.Errorf("the collector did not end within %v of SIGTERM", stopTimeout)
	}
}

// Kill ends the process at once. It is harmless after the end.
func (c *Collector) Kill() {
	_ = c.process.Process.Kill() // it may have ended by itself
	<-c.exited
}
