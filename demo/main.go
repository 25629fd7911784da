// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Command demo shows what the correlation processor does to the telemetry of a
// small shop: three services with the flaws that services have, visitors, and a
// page that compares what was sent with what came out.
//
// It needs a Unix: it stops its processes by their groups.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

const usage = `usage: demo <command> [flags]

commands:
  run         put the whole demo on: collector, services, load; print one page
  storefront  run the storefront alone (Gin, otelgin, zap)
  catalog     run the catalog alone (chi, otelhttp, slog)
  orders      run the orders service alone (net/http, otelhttp, zap to a file)
  load        send requests to services that run already

"demo <command> -h" lists the command's flags.
`

// commands take their arguments and run until done or until ctx ends.
var commands = map[string]func(ctx context.Context, args []string) error{
	"run":        runDemo,
	"storefront": runStorefront,
	"catalog":    runCatalog,
	"orders":     runOrders,
	"load":       runLoad,
}

func main() {
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	// A broken pipe (demo | head) must end the demo like a Ctrl-C does, not kill
	// it on the spot and leave its children behind.
	ctx, cancel := signal.NotifyContext(context.Background(),
		os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	err := commands[os.Args[1]](ctx, os.Args[2:])
	cancel()
	if errors.Is(err, context.Canceled) {
		err = errors.New("interrupted")
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "demo %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}
