// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/stretchr/testify/require"
)

// serve answers queries as Prometheus does, by its own engine, ten minutes
// after the series began.
func serve(t *testing.T, series string) string {
	t.Helper()
	storage := promqltest.LoadedStorage(t, "load 30s\n"+series)
	t.Cleanup(func() { require.NoError(t, storage.Close()) })
	engine := promqltest.NewTestEngine(t, false, 0, promqltest.DefaultMaxSamplesPerQuery)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q, err := engine.NewInstantQuery(r.Context(), storage, nil, r.FormValue("query"), time.Unix(600, 0))
		if err != nil {
			_, _ = fmt.Fprintf(w, `{"status":"error","error":%q}`, err)
			return
		}
		defer q.Close()
		res := q.Exec(r.Context())
		vector, err := res.Vector()
		if err != nil {
			_, _ = fmt.Fprintf(w, `{"status":"error","error":%q}`, err)
			return
		}
		_, _ = w.Write(body(t, vector))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func body(t *testing.T, v promql.Vector) []byte {
	t.Helper()
	type sample struct {
		Metric map[string]string `json:"metric"`
		Value  [2]any            `json:"value"`
	}
	samples := []sample{}
	for _, s := range v {
		samples = append(samples, sample{s.Metric.Map(), [2]any{s.T, fmt.Sprint(s.F)}})
	}
	text, err := json.Marshal(map[string]any{"status": "success", "data": map[string]any{"resultType": "vector", "result": samples}})
	require.NoError(t, err)
	return text
}

// line is a counter of cart in a version that grows by n every 30 seconds.
func line(metric, version string, n int, more string) string {
	return fmt.Sprintf("  otelcol_processor_correlation_%s{service_name=\"cart\",service_version=%q%s} 0+%dx30\n", metric, version, more, n)
}

func versions(metric string, older, newer int, more string) string {
	return line(metric, "1", older, more) + line(metric, "2", newer, more)
}

func ask(t *testing.T, series string) (string, int) {
	t.Helper()
	q := question{prometheus: serve(t, series), service: "cart", newer: "2", older: "1", window: 5 * time.Minute, least: 100, tolerance: 0.01}
	var out strings.Builder
	status := q.run(t.Context(), &out)
	return out.String(), status
}

func TestGate(t *testing.T) {
	logs := versions("logs_received", 1000, 50, "") + versions("logs_with_trace_id", 900, 45, "")
	traffic := logs + versions("log_spans", 500, 30, "") + versions("client_spans", 500, 30, `,peer="orders"`)
	tests := map[string]struct {
		series string
		status int
		says   []string
	}{
		"nothing is lost": {traffic, pass, []string{"ok   logs_missing_trace_id", "ok   span_loss", "ok   client_without_server"}},
		"both lose alike": {
			traffic + versions("logs_missing_trace_id", 100, 5, `,reason="absent"`), pass,
			[]string{"ok   logs_missing_trace_id  cart 2 is +0.00 points against 1"},
		},
		"the new one loses trace ids": {
			traffic + versions("logs_missing_trace_id", 0, 5, `,reason="absent"`), fail,
			[]string{"FAIL logs_missing_trace_id  cart 2 is +10.00 points against 1", "ok   span_loss"},
		},
		"the new one is better": {traffic + line("logs_missing_trace_id", "1", 100, `,reason="absent"`), pass, []string{"-10.00 points"}},
		"the new one loses spans": {
			traffic + line("log_span_dangling", "2", 15, ""), fail,
			[]string{"FAIL span_loss              cart 2 is +50.00 points against 1"},
		},
		"the new one passes no context on": {
			traffic + line("client_without_server", "2", 30, `,peer="orders"`), fail,
			[]string{"FAIL client_without_server  cart 2 is +100.00 points against 1"},
		},
		"too little traffic":     {versions("logs_received", 1000, 5, ""), unknown, []string{"cannot tell: too little"}},
		"no old version":         {line("logs_received", "2", 1000, ""), unknown, []string{"cannot tell"}},
		"nothing but one signal": {logs, pass, []string{"ok   logs_missing_trace_id"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			said, status := ask(t, tt.series)
			require.Equal(t, tt.status, status, said)
			for _, text := range tt.says {
				require.Contains(t, said, text)
			}
		})
	}
}

func TestNoPrometheusIsNoPass(t *testing.T) {
	for _, answer := range []string{"", `{"status":"error","error":"query timed out"}`, `{"status":"success","data":{"result":[{"metric":{"check":"x"},"value":[1,"much"]}]}}`} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(answer)) }))
		q := question{prometheus: server.URL}
		var out strings.Builder
		require.Equal(t, unknown, q.run(t.Context(), &out))
		server.Close()
		require.Equal(t, unknown, q.run(t.Context(), &out), "nobody answers")
	}
}

// What stands in a flag is data, not a part of the query.
func TestFlagsAreQuoted(t *testing.T) {
	q := question{service: `a"} or vector(1) or x{y="`}
	require.Contains(t, q.query(), `service_name="a\"} or vector(1) or x{y=\""`)
}
