// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package pipelinetest tests the configurations of a program.
package pipelinetest

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"

	"github.com/otelcol-correlation/correlationprocessor/bench/peers/pipeline"
)

// Run builds each peer of a set, sends data through and stops it.
func Run(t *testing.T, set pipeline.Set, factories []processor.Factory) {
	t.Setenv(pipeline.EnvWait, "1s")
	t.Setenv(pipeline.EnvTraces, "1000")
	t.Setenv(pipeline.EnvDirectory, t.TempDir())
	t.Setenv(pipeline.EnvRoom, "100000000")
	for _, name := range set.Names() {
		t.Run(name, func(t *testing.T) {
			c, err := set.Read(t.Context(), name)
			require.NoError(t, err)
			p, err := c.Build(t.Context(), factories)
			require.NoError(t, err)
			require.Equal(t, c.Has("traces"), p.Traces != nil)
			require.Equal(t, c.Has("logs"), p.Logs != nil)
			if p.Traces != nil {
				td := ptrace.NewTraces()
				s := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
				s.SetTraceID([16]byte{1, 15: 1})
				require.NoError(t, p.Traces.ConsumeTraces(t.Context(), td))
			}
			if p.Logs != nil {
				ld := plog.NewLogs()
				ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
				require.NoError(t, p.Logs.ConsumeLogs(t.Context(), ld))
			}
			require.NoError(t, p.Shutdown(t.Context()))
		})
	}
}
