// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package ours

import (
	"testing"

	"github.com/otelcol-correlation/correlationprocessor/bench/peers/pipeline/pipelinetest"
)

func TestConfigurationsRun(t *testing.T) {
	pipelinetest.Run(t, Program.Configs, Program.Factories())
}
