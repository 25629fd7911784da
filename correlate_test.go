// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-correlation/correlationprocessor/internal/config"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
)

const (
	ownTrace   = "5c1e7a90d34b4f029b00016f21c8d0e3"
	otherTrace = "ffff7a90d34b4f029b03856f21c8d0e3"
)

// correlated returns the one log record as the correlator leaves it.
func correlated(ld plog.Logs, change func(*Config)) plog.LogRecord {
	cfg := config.Default()
	change(cfg)
	rl := ld.ResourceLogs().At(0)
	lr := rl.ScopeLogs().At(0).LogRecords().At(0)
	newCorrelator(&cfg.Logs, cfg.Routes.Attribute).readLog(rl.Resource(), lr, new(telemetry.Tally), nil)
	return lr
}

// The resource may name the trace, nested as well; what it says of itself is no message.
func TestTheResourceMayNameTheTrace(t *testing.T) {
	for want, fields := range map[string]map[string]any{
		ownTrace: {"labels": map[string]any{"trace_id": ownTrace}},
		"":       {"message": "trace_id=" + otherTrace},
	} {
		ld := logOf(1, 1, noID)
		require.NoError(t, ld.ResourceLogs().At(0).Resource().Attributes().FromRaw(fields))
		require.Equal(t, want, correlated(ld, func(*Config) {}).TraceID().String())
	}
}

// With trace_id_in_body off, no text is read, whatever holds it.
func TestTextsAreReadOnRequest(t *testing.T) {
	texts := func() plog.Logs {
		return logOf(1, 1, noID, func(lr plog.LogRecord) {
			lr.Attributes().PutStr("message", "trace_id="+ownTrace)
			lr.Body().SetEmptyMap().PutStr("message", "trace_id="+ownTrace)
		})
	}
	require.Equal(t, ownTrace, correlated(texts(), func(*Config) {}).TraceID().String())
	require.Empty(t, correlated(texts(), func(c *Config) { c.Logs.TraceIDInBody = false }).TraceID().String())
}
