// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	// workers bounds the requests in flight.
	workers = 32
	// requestTimeout is far above the slowest answer of the demo.
	requestTimeout = 15 * time.Second
	// slow is what counts as slow in the summary.
	slow = 300 * time.Millisecond
)

// Targets are the base URLs of the services, by Target.
type Targets [3]string

// Driver sends a plan to the services.
type Driver struct {
	Targets Targets
	// Duration is the time over which the plan is spread evenly. Services that
	// cannot keep up stretch it.
	Duration time.Duration
	// Progress, if set, is called after each answer, from several goroutines
	// but never at the same time.
	Progress func(Summary)
}

// Run sends every request of the plan once. A request that gets no answer at
// all ends the run, for the demo's services always answer.
func (d Driver) Run(ctx context.Context, plan []Request) (Summary, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	client := &http.Client{Timeout: requestTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: workers}}
	defer client.CloseIdleConnections()
	score := &scoreboard{progress: d.Progress}
	queue := make(chan Request)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for request := range queue {
				if err := d.send(ctx, client, request, score); err != nil {
					stop(err)
				}
			}
		})
	}
	d.feed(ctx, plan, queue)
	group.Wait()
	return score.total, context.Cause(ctx)
}

// feed hands out the plan at an even pace and closes the queue.
func (d Driver) feed(ctx context.Context, plan []Request, queue chan<- Request) {
	defer close(queue)
	start := time.Now()
	for i, request := range plan {
		due := start.Add(d.Duration * time.Duration(i) / time.Duration(len(plan)))
		select {
		case <-time.After(time.Until(due)):
		case <-ctx.Done():
			return
		}
		select {
		case queue <- request:
		case <-ctx.Done():
			return
		}
	}
}

func (d Driver) send(ctx context.Context, client *http.Client, r Request, score *scoreboard) error {
	request, err := http.NewRequestWithContext(ctx, r.Method, d.Targets[r.Target]+r.Path, strings.NewReader(r.Body))
	if err != nil {
		return err
	}
	if r.Body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if r.Debug {
		request.Header.Set("X-Sample-Debug", "true")
	}
	start := time.Now()
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("no answer: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return fmt.Errorf("no answer to %s %s: %w", r.Method, r.Path, err)
	}
	score.add(response.StatusCode, time.Since(start))
	return nil
}
