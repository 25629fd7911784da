// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Command bench compares the processor with others that people use for the
// same work. See README.md.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/otelcol-correlation/correlationprocessor/bench/internal/component"
)

// commands are the entries by name; each parses its own flags.
var commands = map[string]func(ctx context.Context, args []string, out io.Writer) error{
	"component":       component.Main,
	component.RunName: component.MainRun,
}

const usage = "usage: bench component|route|e2e|plot [flags]; -h with a command lists its flags"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 || commands[args[0]] == nil {
		return fmt.Errorf(usage)
	}
	return commands[args[0]](ctx, args[1:], os.Stdout)
}
