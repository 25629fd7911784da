// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Command bench compares the processor with others that people use for the
// same work. See README.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/otelcol-correlation/correlationprocessor/bench/internal/component"
	"github.com/otelcol-correlation/correlationprocessor/bench/internal/e2e"
	"github.com/otelcol-correlation/correlationprocessor/bench/internal/ours"
	"github.com/otelcol-correlation/correlationprocessor/bench/internal/plot"
	"github.com/otelcol-correlation/correlationprocessor/bench/internal/routes"
	"github.com/otelcol-correlation/correlationprocessor/bench/internal/top"
	"github.com/otelcol-correlation/correlationprocessor/bench/peers/run"
)

// commands are the entries by name; each parses its own flags.
var commands = map[string]func(ctx context.Context, args []string, out io.Writer) error{
	"component":    component.Main,
	run.Command:    ours.Program.Main,
	"instructions": component.InstructionsMain,
	"goals":        component.GoalsMain,
	"curve":        component.CurveMain,
	"route":        routes.Main,
	"plot":         plot.Main,
	"e2e":          e2e.Main,
	"top":          top.Main,
	"e2e-goals":    e2e.GoalsMain,
	"soak":         e2e.SoakMain,
}

const usage = "usage: bench goals|component|instructions|curve|route|e2e|e2e-goals|soak|plot|top [flags]; -h with a command lists its flags"

func main() {
	if err := start(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func start(args []string) error {
	if len(args) == 0 || commands[args[0]] == nil {
		return errors.New(usage)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return commands[args[0]](ctx, args[1:], os.Stdout)
}
