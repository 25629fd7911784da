// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
)

// What the OpenTelemetry SDK for Go sends of a shop with a fault in its
// instrumentation (8 requests each, recorded by the program in testkit/cmd/sdktraces) is
// diagnosed as the fault it is: the right metric, the right service, the right
// number, and nothing else.
func TestFaultsOfRealSDKsAreDiagnosed(t *testing.T) {
	// In every recording but one a trace begins where a visitor's request comes in.
	entered := map[string]int64{"traces_checked{front,server}": 8}
	called := map[string]int64{"client_spans{front,orders}": 8}
	tests := map[string][]map[string]int64{
		"whole": {entered, called},
		// The called service is known by the address it says it answers at.
		"propagator_unset": {entered, called, {
			"traces_checked{orders,server}":        8,
			"client_without_server{front,orders}":  8,
			"propagation_broken{orders,restarted}": 8,
		}},
		// The same, and the service's own access log shows the header it did not read.
		"b3_on_one_side": {entered, called, {
			"traces_checked{orders,server}":              8,
			"client_without_server{front,orders}":        8,
			"propagation_broken{orders,restarted}":       8,
			"propagation_broken{orders,b3_w3c_mismatch}": 8,
		}},
		// Nobody sends a client span, and a service that is not entered begins traces.
		"client_not_wrapped": {entered, {"traces_checked{orders,server}": 8}},
		// The service begins traces, and no request enters them.
		"server_not_wrapped": {entered, {
			"traces_checked{orders,internal}": 8,
		}},
		// Logs speak of the span that never came; its child is an orphan.
		"span_never_ended": {entered, called, {
			"log_span_dangling{orders,true}": 8,
			"spans_orphan{orders,internal}":  8,
			"traces_disconnected{orders}":    8,
		}},
		// Work became traces of its own, whose root is no request.
		"context_lost": {entered, called, {"traces_checked{orders,internal}": 8}},
		"not_sampled":  {{"traces_checked{front,none}": 8, "logs_without_spans{front,false}": 8}},
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			bubbled(t, heuristics, func(t *testing.T, p *pipelines) {
				replay(t, p, name)
				require.Equal(t, merged(want...), p.findings(append(healthMetrics, "traces_checked", "client_spans")...))
			})
		})
	}
}

// A queue that overflows loses whatever comes then: logs point to spans that
// never came, calls have no server, in the proportion of the loss.
func TestOverflowOfARealSDKIsSpanLoss(t *testing.T) {
	bubbled(t, heuristics, func(t *testing.T, p *pipelines) {
		td, _ := recording(t, "queue_overflow")
		came := 0
		for _, rs := range td.ResourceSpans().All() {
			if record.ServiceName(rs.Resource()) == "orders" {
				for _, ss := range rs.ScopeSpans().All() {
					came += ss.Spans().Len()
				}
			}
		}
		replay(t, p, "queue_overflow")
		found := p.findings("log_spans", "log_span_dangling")
		require.Less(t, came, 16)
		require.EqualValues(t, 16, found["log_spans{orders,true}"])
		require.EqualValues(t, 16-came, found["log_span_dangling{orders,true}"])
		require.EqualValues(t, 0, found["log_span_dangling{front,true}"])
	})
}

func heuristics(c *Config) { c.Telemetry.Heuristics = true }

func merged(maps ...map[string]int64) map[string]int64 {
	out := map[string]int64{}
	for _, m := range maps {
		for k, v := range m {
			out[k] += v
		}
	}
	return out
}

func recording(t *testing.T, name string) (ptrace.Traces, plog.Logs) {
	t.Helper()
	read := func(file string) []byte {
		data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "sdktraces", name, file))
		require.NoError(t, err)
		return data
	}
	td, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(read("traces.json"))
	require.NoError(t, err)
	ld, err := (&plog.JSONUnmarshaler{}).UnmarshalLogs(read("logs.json"))
	require.NoError(t, err)
	return td, ld
}

// replay sends a recording as if it were of now and waits for the findings.
func replay(t *testing.T, p *pipelines, name string) {
	t.Helper()
	td, ld := recording(t, name)
	shift := spanShift(td)
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				s.SetStartTimestamp(s.StartTimestamp() + shift)
				s.SetEndTimestamp(s.EndTimestamp() + shift)
			}
		}
	}
	p.send(td, ld)
	time.Sleep(11 * time.Second)
	p.conserved()
}

// spanShift is what brings the recording's first span to a second ago.
func spanShift(td ptrace.Traces) pcommon.Timestamp {
	first := ^pcommon.Timestamp(0)
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				first = min(first, s.StartTimestamp())
			}
		}
	}
	return pcommon.NewTimestampFromTime(time.Now().Add(-time.Second)) - first
}
