// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-correlation/correlationprocessor/bench/peers/pipeline/pipelinetest"
)

func TestPeersRun(t *testing.T) {
	pipelinetest.Run(t, program.Configs, program.Factories())
}

func TestUnknownPeer(t *testing.T) {
	_, err := program.Configs.Read(t.Context(), "unknown")
	assert.ErrorContains(t, err, "tail_sampling")
}
