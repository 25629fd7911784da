// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
)

// A dry run drops nothing on any path, in time, late, at a limit or at the end,
// and notes and counts what would have happened.
func TestDryRun(t *testing.T) {
	keep, drop, failure := [3]string{"keep", "default", "fd70a"}, [3]string{"drop", "default", "fd70a"}, [3]string{"keep", "errors", "0"}
	check := func(t *testing.T, p *pipelines, want map[int][3]string) {
		for _, s := range p.spans() {
			require.Equal(t, want[int(s.TraceID()[7])-1], notes(s.Attributes()), "trace %d", s.TraceID()[7]-1)
			require.Empty(t, s.TraceState().AsRaw(), "what was not sampled has no threshold")
		}
		for _, lr := range p.records() {
			require.Equal(t, want[int(lr.TraceID()[7])-1], notes(lr.Attributes()), "trace %d", lr.TraceID()[7]-1)
		}
	}
	t.Run("in time and late", func(t *testing.T) {
		bubbled(t, func(c *Config) { onePercent(c); c.Sampling.DryRun = true }, func(t *testing.T, p *pipelines) {
			send := func(span int) {
				p.send(spanOf(1, span), logOf(1, span), spanOf(2, span, failed), logOf(2, span), spanOf(200, span), logOf(200, span))
			}
			send(1)
			time.Sleep(11 * time.Second)
			send(2)
			require.Len(t, p.spans(), 6)
			require.Len(t, p.records(), 6)
			check(t, p, map[int][3]string{1: drop, 2: failure, 200: keep})
			for _, sig := range []string{"traces", "logs"} {
				for rule, verdict := range map[string]string{"errors": "keep", "default": "drop"} {
					require.EqualValues(t, 2, p.sum("decided_items", attribute.String("signal", sig), attribute.String("rule", rule), attribute.String("verdict", verdict)), rule)
				}
			}
			require.Zero(t, p.sum("spans_dropped")+p.sum("logs_dropped"))
			p.conserved()
		})
	})
	t.Run("without waiting", func(t *testing.T) {
		bubbled(t, func(c *Config) { onePercent(c); c.Sampling.Errors, c.Sampling.DryRun = false, true }, func(t *testing.T, p *pipelines) {
			p.send(spanOf(1, 1), logOf(1, 1), spanOf(200, 1), logOf(200, 1))
			time.Sleep(11 * time.Second)
			require.Len(t, p.spans(), 2)
			require.Len(t, p.records(), 2)
			check(t, p, map[int][3]string{1: drop, 200: keep})
			p.conserved()
		})
	})
	t.Run("at the limits and the end", func(t *testing.T) {
		bubbled(t, func(c *Config) {
			onePercent(c)
			c.Sampling.DryRun, c.MaxItemsPerTrace, c.MaxBytes = true, 3, minBytes
		}, func(t *testing.T, p *pipelines) {
			sent := 0
			big := spanAttr("big", string(make([]byte, 10_000)))
			for n := range 50 {
				for i := range 5 {
					p.send(spanOf(n, i, big))
					time.Sleep(time.Millisecond)
					sent++
				}
			}
			require.NoError(t, p.traces.Shutdown(context.Background()))
			require.NoError(t, p.logs.Shutdown(context.Background()))
			require.Len(t, p.spans(), sent)
			require.NotZero(t, p.sum("decisions", attribute.String("trigger", "limit")))
			p.conserved()
		})
	})
	t.Run("logs without a trace", func(t *testing.T) {
		bubbled(t, func(c *Config) { c.Sampling.DryRun, c.Logs.MissingTraceID.SamplingPercentage = true, 0 }, func(t *testing.T, p *pipelines) {
			p.send(logOf(1, 1, withoutTrace))
			require.Len(t, p.records(), 1)
			require.Equal(t, [3]string{"drop", "missing_trace_id", "never"}, notes(p.records()[0].Attributes()))
			require.EqualValues(t, 1, p.sum("decided_items", attribute.String("rule", "missing_trace_id"), attribute.String("verdict", "drop")))
		})
	})
}
