// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// answer runs the oracle against a server of pages, one after the other and the
// last for ever.
func answer(t *testing.T, o options, pages ...string) (string, int) {
	t.Helper()
	var next atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		i := min(int(next.Add(1)), len(pages)) - 1
		_, _ = w.Write([]byte(pages[i]))
	}))
	defer server.Close()
	o.url, o.pause = server.URL, time.Millisecond
	if o.timeout == 0 {
		o.timeout = time.Minute
	}
	var out strings.Builder
	status := run(t.Context(), o, &out)
	return out.String(), status
}

func page(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name + ".txt")
	require.NoError(t, err)
	return string(text)
}

func TestARecordedFaultIsABreak(t *testing.T) {
	said, status := answer(t, options{entries: []string{"front"}}, page(t, "propagator_unset"))
	require.Equal(t, broken, status)
	require.Contains(t, said, "front: 8 of 8 calls to orders (100 %) have no span of orders in their trace [client_without_server]")
	require.Contains(t, said, "orders: 8 traces begin here with a request that brought no context [traces_checked]")
	require.NotContains(t, said, "whole")
}

func TestWithoutEntriesEveryServiceMayBeginTraces(t *testing.T) {
	said, _ := answer(t, options{}, page(t, "propagator_unset"))
	require.NotContains(t, said, "traces_checked")
}

func TestWhatIsIgnoredIsNoProblem(t *testing.T) {
	said, status := answer(t, options{ignore: []string{"client_without_server", "propagation_broken"}}, page(t, "propagator_unset"))
	require.Equal(t, healthy, status)
	require.Contains(t, said, "all traces are whole")
}

func TestLostSpansAreToldFromSpansNeverEnded(t *testing.T) {
	said, status := answer(t, options{}, page(t, "queue_overflow"))
	require.Equal(t, broken, status)
	require.Contains(t, said, "lost on their way: an export queue that overflows")
	never := "otelcol_processor_correlation_log_span_dangling{service_name=\"orders\"} 8\n" +
		"otelcol_processor_correlation_spans_orphan{service_name=\"orders\",kind=\"internal\"} 8\n" + whole
	said, _ = answer(t, options{}, never)
	require.Contains(t, said, "never ended")
}

const whole = "otelcol_processor_correlation_traces_checked{service_name=\"front\",root=\"server\"} 1\n" +
	"otelcol_processor_correlation_spans_received{service_name=\"front\"} 1\n"

func TestEveryKindOfFindingIsAProblem(t *testing.T) {
	for series, want := range map[string]string{
		`propagation_broken{service_name="a",reason="trace_id_truncated"}`: "64 bits",
		`spans_duplicate_id{service_name="a",reason="repeated"}`:           "3 spans with the id of another one (repeated)",
		`spans_zero_id{service_name="a"}`:                                  "3 spans without an id",
		`traces_rootless{service_name="a",parent="local"}`:                 "3 traces have no root",
		`traces_multi_root{service_name="a"}`:                              "second root",
		`traces_disconnected{service_name="a"}`:                            "fall apart",
		`logs_without_spans{service_name="a",sampled="true"}`:              "logs and no span",
		`spans_bad_time{service_name="a",reason="no_end"}`:                 "no_end",
		`logs_missing_trace_id_total{service_name="a",reason="absent"}`:    "given the context",
	} {
		said, status := answer(t, options{}, whole+"otelcol_processor_correlation_"+series+" 3\n")
		require.Equal(t, broken, status, series)
		require.Contains(t, said, want)
	}
}

func TestWhatIsNoFaultIsNoProblem(t *testing.T) {
	for _, series := range []string{
		`traces_rootless{service_name="a",parent="remote"}`,
		`spans_remote_parent_unseen{service_name="a",kind="server"}`,
		`logs_without_spans{service_name="a",sampled="false"}`,
		`traces_without_logs{service_name="a"}`,
	} {
		_, status := answer(t, options{}, whole+"otelcol_processor_correlation_"+series+" 3\n")
		require.Equal(t, healthy, status, series)
	}
}

func TestNothingIsSaidBeforeAllIsChecked(t *testing.T) {
	open := whole + "otelcol_processor_correlation_integrity_traces 1\n"
	_, status := answer(t, options{}, open, open, whole)
	require.Equal(t, healthy, status)
	said, status := answer(t, options{timeout: time.Millisecond}, open)
	require.Equal(t, unknown, status)
	require.Contains(t, said, "cannot tell")
}

func TestNoAnswerIsNoHealth(t *testing.T) {
	for _, text := range []string{
		"", "no page {",
		"otelcol_processor_correlation_traces_checked{service_name=\"a\",root=\"none\"} 1\n",
		whole + "otelcol_processor_correlation_traces_unchecked{service_name=\"a\",reason=\"limit\"} 1\n",
	} {
		said, status := answer(t, options{}, text)
		require.Equal(t, unknown, status, text)
		require.Contains(t, said, "cannot tell")
	}
	var out strings.Builder
	require.Equal(t, unknown, run(t.Context(), options{url: "http://127.0.0.1:1", timeout: time.Second}, &out))
}
