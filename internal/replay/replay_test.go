// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/otlpwire"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// records are some of different resources and scopes, of which some are broken. Each has
// its number as its name or text.
func records(t *rapid.T, appendOne func(n int) []byte) (all []tracebuffer.Record, good []int) {
	var scopes []*tracebuffer.Envelope
	for i := range 4 {
		res := &tracebuffer.Envelope{Content: string(otlpwire.ServiceEnvelope(fmt.Sprint(i / 2)))}
		scopes = append(scopes, &tracebuffer.Envelope{Around: res})
	}
	for n := range rapid.IntRange(0, 20).Draw(t, "records") {
		r := tracebuffer.Record{Envelope: rapid.SampledFrom(scopes).Draw(t, "scope"), Data: appendOne(n)}
		if rapid.IntRange(0, 9).Draw(t, "broken") == 0 {
			r.Data = []byte{0xff, 0xff}
		} else {
			good = append(good, n)
		}
		all = append(all, r)
	}
	return all, good
}

// Records come back in their order, and those that cannot be read take no other along.
func TestRecordsComeBackInTheirOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all, want := records(t, func(n int) []byte {
			s := ptrace.NewSpan()
			s.SetName(fmt.Sprint(n))
			return otlpwire.AppendSpan(nil, s)
		})
		td, good := Traces(all)
		require.Len(t, good, len(want))
		require.Equal(t, len(want), td.SpanCount())
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, s := range ss.Spans().All() {
					require.Equal(t, fmt.Sprint(want[0]), s.Name())
					service, _ := rs.Resource().Attributes().Get("service.name")
					require.Equal(t, good[0].Envelope.Around.Content, string(otlpwire.ServiceEnvelope(service.Str())))
					want, good = want[1:], good[1:]
				}
			}
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		all, want := records(t, func(n int) []byte {
			lr := plog.NewLogRecord()
			lr.SetSeverityText(fmt.Sprint(n))
			return otlpwire.AppendLog(nil, lr)
		})
		ld, good := Logs(all)
		require.Len(t, good, len(want))
		for _, rl := range ld.ResourceLogs().All() {
			for _, sl := range rl.ScopeLogs().All() {
				for _, lr := range sl.LogRecords().All() {
					require.Equal(t, fmt.Sprint(want[0]), lr.SeverityText())
					want = want[1:]
				}
			}
		}
		require.Empty(t, want)
	})
}
