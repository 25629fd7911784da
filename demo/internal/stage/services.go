// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package stage

import (
	"context"
	"errors"
	"os"
	"strconv"

	"github.com/otelcol-correlation/correlationprocessor/demo/internal/catalog"
	"github.com/otelcol-correlation/correlationprocessor/demo/internal/load"
	"github.com/otelcol-correlation/correlationprocessor/demo/internal/orders"
	"github.com/otelcol-correlation/correlationprocessor/demo/internal/storefront"
	"github.com/otelcol-correlation/correlationprocessor/testkit/process"
)

// services are the demo's services, each a process, in the order in which they
// must stop: callers before those they call.
type services struct {
	binary  string   // the demo itself
	common  []string // arguments every service takes
	running []*process.Process
	targets load.Targets
}

// startServices brings all three up. Those that came up stay in the receiver,
// also on error, for the caller to stop.
func (s *services) start(ctx context.Context, logFile string) error {
	catalogURL, err := s.add(ctx, catalog.Name)
	if err != nil {
		return err
	}
	ordersURL, err := s.add(ctx, orders.Name, "--catalog", catalogURL, "--log-file", logFile)
	if err != nil {
		return err
	}
	storefrontURL, err := s.add(ctx, storefront.Name, "--catalog", catalogURL, "--orders", ordersURL)
	if err != nil {
		return err
	}
	s.targets = load.Targets{load.Storefront: storefrontURL, load.Catalog: catalogURL, load.Orders: ordersURL}
	return nil
}

// readyPrefix begins the line in which a service tells its address.
const readyPrefix = "ready "

// add starts one service and waits for its address.
func (s *services) add(ctx context.Context, name string, args ...string) (url string, err error) {
	p, err := process.Start(name, s.binary, append(append([]string{name}, s.common...), args...), nil)
	if err != nil {
		return "", err
	}
	s.running = append([]*process.Process{p}, s.running...)
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	address, err := p.Line(ctx, readyPrefix)
	return "http://" + address, err
}

// stop ends the services and has them flush their telemetry. An error means
// that some of it may be lost.
func (s *services) stop() error {
	var err error
	for _, p := range s.running {
		err = errors.Join(err, p.Stop(stopGrace))
	}
	s.running = nil
	return err
}

// commonArguments send a service's telemetry to the collector and to the
// witness alike.
func commonArguments(seed uint64, collector, witness string) []string {
	return []string{"--seed", strconv.FormatUint(seed, 10), "--otlp", collector, "--otlp", witness}
}

// bounds is the most route patterns each service's items justify: its own
// routes, those it calls, and for the front door the paths of strangers and of
// single files.
func bounds() map[string]int {
	inner := len(catalog.Routes())
	middle := len(orders.Routes()) + inner
	front := len(storefront.Routes()) + middle + len(storefront.Assets()) + len(load.Strangers())
	return map[string]int{catalog.Name: inner, orders.Name: middle, storefront.Name: front}
}

// self is the path of the running demo.
func self() (string, error) { return os.Executable() }
