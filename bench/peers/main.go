// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Command peers runs the processors that ours is compared with. It is a module
// of its own because they are built with an older version of the Collector than
// ours; what both programs need to measure is here, for this one to import too.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"

	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/filterprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/groupbytraceprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/probabilisticsamplerprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/redactionprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/tailsamplingprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/transformprocessor"
	"go.opentelemetry.io/collector/processor"

	"github.com/otelcol-correlation/correlationprocessor/bench/peers/configs"
	"github.com/otelcol-correlation/correlationprocessor/bench/peers/run"
)

// program is what this program can run.
var program = &run.Program{
	Configs: configs.Set,
	Factories: func() []processor.Factory {
		return []processor.Factory{
			filterprocessor.NewFactory(),
			groupbytraceprocessor.NewFactory(),
			probabilisticsamplerprocessor.NewFactory(),
			redactionprocessor.NewFactory(),
			tailsamplingprocessor.NewFactory(),
			transformprocessor.NewFactory(),
		}
	},
}

const usage = "usage: peers " + run.Command + " RUN; the program bench starts it"

func main() {
	if err := start(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func start(args []string) error {
	if len(args) == 0 || args[0] != run.Command {
		return errors.New(usage)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return program.Main(ctx, args[1:], os.Stdout)
}
