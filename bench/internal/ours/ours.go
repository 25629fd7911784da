// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package ours has the configurations of our processor that are measured, and
// the floor beneath them.
package ours

import (
	"embed"

	"go.opentelemetry.io/collector/processor"

	"github.com/otelcol-correlation/correlationprocessor"
	"github.com/otelcol-correlation/correlationprocessor/bench/peers/pipeline"
	"github.com/otelcol-correlation/correlationprocessor/bench/peers/run"
)

//go:embed *.yaml
var files embed.FS

// Program measures them in the process it is called in.
var Program = &run.Program{
	Configs:   pipeline.Set{Files: files, Floor: "nop"},
	Factories: func() []processor.Factory { return []processor.Factory{correlationprocessor.NewFactory()} },
	Check:     checkPacked,
}
