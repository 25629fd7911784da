// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

// Package collector starts a collector's process on free ports and waits until it
// is ready.
package collector

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/testkit/process"
)

const (
	// startLimit bounds a start, which takes well under a second when nothing is
	// wrong.
	startLimit = 60 * time.Second
	// poll is how often a start is looked at.
	poll = 20 * time.Millisecond
	// signalGrace follows a start. The collector says it is healthy shortly before
	// it begins to heed SIGTERM, and nothing tells when it has; until then SIGTERM
	// just kills it. The grace is long against the few instructions it waits for,
	// on a machine that is busy.
	signalGrace = 500 * time.Millisecond
)

// Collector is a running collector.
type Collector struct {
	*process.Process
	Endpoints Endpoints
}

// Options say how to start a collector.
type Options struct {
	Binary    string
	Configs   []string // files or URIs such as yaml:, later ones over earlier ones
	Args      []string // further arguments
	Endpoints Endpoints
	Env       []string // variables in addition to those of the endpoints
}

// Start starts a collector and returns once it is ready. Stop or Kill it.
func Start(ctx context.Context, o Options) (*Collector, error) {
	args := make([]string, 0, len(o.Configs)+len(o.Args))
	for _, config := range o.Configs {
		args = append(args, "--config", config)
	}
	p, err := process.Start("the collector", o.Binary, append(args, o.Args...), append(o.Endpoints.Env(), o.Env...))
	if err != nil {
		return nil, err
	}
	if err := AwaitReady(ctx, o.Endpoints, p.Exited()); err != nil {
		return nil, explain(err, p)
	}
	time.Sleep(signalGrace)
	return &Collector{Process: p, Endpoints: o.Endpoints}, nil
}

// explain adds to the reason of a failed start what the process did, and ends it.
func explain(reason error, p *process.Process) error {
	select {
	case <-p.Exited():
		return errors.Join(reason, p.Failure())
	default:
		p.Kill()
		return fmt.Errorf("%w%s", reason, p.Quote())
	}
}

// AwaitReady waits until a collector at the endpoints is ready. It gives up when
// exited is closed, the context ends or it takes too long.
func AwaitReady(ctx context.Context, e Endpoints, exited <-chan struct{}) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startLimit, fmt.Errorf("it takes longer than %s", startLimit))
	defer cancel()
	for {
		if e.ready(ctx) {
			return nil
		}
		select {
		case <-exited:
			return errors.New("the collector did not start")
		case <-ctx.Done():
			return fmt.Errorf("the collector is not ready: %w", context.Cause(ctx))
		case <-time.After(poll):
		}
	}
}

// Ready reports whether the collector is, as after its start, ready.
func (c *Collector) Ready(ctx context.Context) bool { return c.Endpoints.ready(ctx) }

// ready asks the health endpoint. A collector without one is ready when it listens.
func (e Endpoints) ready(ctx context.Context) bool {
	if e.Health == "" {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", e.GRPC)
		return err == nil && conn.Close() == nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+e.Health, http.NoBody)
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
