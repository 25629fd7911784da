// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const page = `# TYPE otelcol_processor_correlation_spans_received_total counter
otelcol_processor_correlation_spans_received_total{service_name="a"} 7
otelcol_processor_correlation_spans_received_total{service_name="b"} 3
# TYPE otelcol_processor_correlation_spans_kept counter
otelcol_processor_correlation_spans_kept 4
# TYPE otelcol_processor_correlation_spans_dropped_total counter
otelcol_processor_correlation_spans_dropped_total{reason="sampling"} 5
# TYPE otelcol_processor_correlation_spans_held gauge
otelcol_processor_correlation_spans_held 1
`

// Counters are read with and without the suffix, by label, and an absent one is
// zero; a tally that does not add up is not balanced.
func TestMetricsPage(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, err := w.Write([]byte(page))
		if err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	metrics, err := ReadMetrics(t.Context(), Endpoints{Metrics: strings.TrimPrefix(server.URL, "http://")})
	require.NoError(t, err)

	require.EqualValues(t, 3, metrics.Sum("processor_correlation_spans_received", "service_name=b"))
	require.Zero(t, metrics.Sum("processor_correlation_spans_received", "service_name=c"))
	tally := metrics.Tally(Spans)
	require.Equal(t, Tally{Received: 10, Kept: 4, Dropped: 5, Held: 1}, tally)
	require.True(t, tally.Balanced())
	tally.Held++
	require.False(t, tally.Balanced())
	require.Equal(t, Tally{}, metrics.Tally(Logs))
}
