// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package scrape

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Counters appear with their first count, and have a suffix on some pages only.
func TestTally(t *testing.T) {
	metrics, err := Parse(strings.NewReader(`# TYPE otelcol_processor_correlation_spans_received_total counter
otelcol_processor_correlation_spans_received_total{service_name="a b"} 7
otelcol_processor_correlation_spans_received_total{service_name="c"} 1e+01
# TYPE otelcol_processor_correlation_spans_kept counter
otelcol_processor_correlation_spans_kept 4
# TYPE otelcol_processor_correlation_spans_dropped_total counter
otelcol_processor_correlation_spans_dropped_total{reason="sampling"} 5
otelcol_processor_correlation_spans_refused_total 8
otelcol_processor_correlation_spans_recovered_total 1
# TYPE otelcol_processor_correlation_spans_held gauge
otelcol_processor_correlation_spans_held 1
`))
	require.NoError(t, err)
	tally := metrics.Tally("spans")
	require.Equal(t, Tally{Received: 17, Recovered: 1, Kept: 4, Dropped: 5, Refused: 8, Held: 1}, tally)
	require.True(t, tally.Balanced())
	tally.Held++
	require.False(t, tally.Balanced())
	require.Zero(t, metrics.Tally("logs"))
}
