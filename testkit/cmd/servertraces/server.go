// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/testkit/collector"
	"github.com/otelcol-correlation/correlationprocessor/testkit/process"
	"github.com/otelcol-correlation/correlationprocessor/testkit/servers"
)

// startLimit is long: some programs prepare themselves first.
const startLimit = time.Minute

// server is a program that answers requests.
type server struct {
	name string // its service, and the folder of its recording
	// program is its package, with the version.
	program string
	// arguments returns those of the command and what it is to find in its
	// environment; the server is to listen at the address and may write to the folder.
	arguments func(address, folder string) (args, env []string, err error)
	// isAccess reports whether a line of its output is of an access log; nil if it
	// writes none.
	isAccess func(line string) bool
	// visit sends the requests.
	visit func(*servers.Visitor) error
}

func recorded() []server { return []server{registry(), jaeger(), blog()} }

// record installs and starts a server and Caddy before it, and writes down what the
// two send of the requests.
func record(ctx context.Context, s server, bin, folder string) (err error) {
	for _, p := range []server{s, caddy("")} {
		if _, err := servers.Install(ctx, p.program, bin); err != nil {
			return err
		}
	}
	work, err := os.MkdirTemp("", s.name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	addresses, err := collector.FreeAddresses(2)
	if err != nil {
		return err
	}
	r, err := newRecording(folder)
	defer func() { err = errors.Join(err, r.close()) }()
	if err != nil {
		return err
	}
	if err := r.start(ctx, s, bin, addresses[1], work); err != nil {
		return err
	}
	if err := r.start(ctx, caddy(addresses[1]), bin, addresses[0], work); err != nil {
		return err
	}
	visitor := servers.NewVisitor(ctx, "http://"+addresses[0], 1)
	visitor.Pause = r.cut
	if err := s.visit(visitor); err != nil {
		return err
	}
	return r.cut()
}

// start starts a server's program and waits until it listens.
func (r *recording) start(ctx context.Context, s server, bin, address, work string) error {
	args, env, err := s.arguments(address, work)
	if err != nil {
		return err
	}
	p, err := process.Start(s.name, servers.Executable(s.program, bin), args, append(r.environment(s.name), env...))
	if err != nil {
		return err
	}
	r.programs = append(r.programs, &program{process: p, server: s})
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	return p.AwaitListening(ctx, address)
}
