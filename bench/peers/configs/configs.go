// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package configs has the peers' configurations without the peers, so that the
// program that compares them knows them and is not built with them.
package configs

import (
	"embed"

	"github.com/otelcol-correlation/correlationprocessor/bench/peers/pipeline"
)

//go:embed *.yaml
var files embed.FS

// Set is the configurations of the peers.
var Set = pipeline.Set{Files: files, Floor: "nop_peers"}
