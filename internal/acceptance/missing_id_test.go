// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
)

// Logs without a trace id are a population of their own: by default all are
// kept, and by a percentage what is dropped is counted under their own reason.
func TestLogsWithoutATraceID(t *testing.T) {
	bubbled(t, func(c *Config) { c.Sampling.SamplingPercentage, c.Logs.MissingTraceID.SamplingPercentage = 0, 25 }, func(t *testing.T, p *pipelines) {
		for i := range 100 {
			p.send(logOf(1, i, withoutTrace))
		}
		p.send(logOf(1, 1, withoutTrace, failedLog))
		dropped := p.sum("logs_dropped", attribute.String("reason", "missing_trace_id"))
		require.Positive(t, dropped)
		require.Len(t, p.records(), 101-int(dropped))
		require.Equal(t, p.sum("logs_dropped"), dropped)
		p.conserved()
	})
	bubbled(t, func(c *Config) { c.Sampling.SamplingPercentage = 0 }, func(t *testing.T, p *pipelines) {
		p.send(logOf(1, 1, withoutTrace))
		require.Len(t, p.records(), 1, "all are kept by default")
		require.Empty(t, text(p.records()[0], record.AttributeThreshold))
	})
}
