// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package scrape

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const page = `# TYPE otelcol_processor_correlation_logs_missing_trace_id_total counter
otelcol_processor_correlation_logs_missing_trace_id_total{reason="absent",service_name="orders"} 3
otelcol_processor_correlation_logs_missing_trace_id_total{reason="absent",service_name="a \"quoted\" one"} 4
otelcol_processor_correlation_logs_missing_trace_id_total{reason="placeholder",service_name="orders"} 5
# TYPE otelcol_processor_correlation_spans_held gauge
otelcol_processor_correlation_spans_held{processor="correlation"} 7
# TYPE otelcol_process_uptime_seconds counter
otelcol_process_uptime_seconds 12.5
`

func TestParse(t *testing.T) {
	metrics, err := Parse(strings.NewReader(page))
	require.NoError(t, err)
	require.Len(t, metrics, 2, "only the processor's own metrics")
	require.InDelta(t, 12, metrics.Sum("logs_missing_trace_id"), 0)
	require.InDelta(t, 8, metrics.Sum("logs_missing_trace_id", "service_name", "orders"), 0)
	require.InDelta(t, 4, metrics.Sum("logs_missing_trace_id", "service_name", `a "quoted" one`, "reason", "absent"), 0)
	require.InDelta(t, 7, metrics.Sum("spans_held"), 0)
	require.Zero(t, metrics.Sum("spans_refused"))
}

func TestParseTellsOfGarbage(t *testing.T) {
	_, err := Parse(strings.NewReader("<html>not a metrics page</html>\n"))
	require.ErrorContains(t, err, "metrics page")
}

func TestFetch(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/metrics" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = w.Write([]byte(page))
	}))
	defer server.Close()
	metrics, err := Fetch(t.Context(), server.URL+"/metrics")
	require.NoError(t, err)
	require.InDelta(t, 7, metrics.Sum("spans_held"), 0)
	_, err = Fetch(t.Context(), server.URL+"/elsewhere")
	require.ErrorContains(t, err, "404")
}
