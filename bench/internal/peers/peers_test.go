// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package peers

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// TestPeersRun builds each peer, sends data through and stops it.
func TestPeersRun(t *testing.T) {
	t.Setenv(EnvWait, "1s")
	t.Setenv(EnvTraces, "1000")
	t.Setenv(EnvRoom, "100000000")
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			c, err := Read(t.Context(), name)
			require.NoError(t, err)
			p, err := c.Build(t.Context())
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

func TestUnknownPeer(t *testing.T) {
	_, err := Read(t.Context(), "unknown")
	assert.ErrorContains(t, err, "tail_sampling")
}
