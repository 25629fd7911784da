// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor"
)

func took(d time.Duration) func(ptrace.Span) {
	return func(s ptrace.Span) {
		s.SetStartTimestamp(1e18)
		s.SetEndTimestamp(1e18 + pcommon.Timestamp(d))
	}
}

// Conditions see the path of a request also where it is not handed on.
func TestRulesLookAtPathsBeforeTheyAreMasked(t *testing.T) {
	for _, mode := range []correlationprocessor.RawPathMode{correlationprocessor.RawPathKeep, correlationprocessor.RawPathDrop, correlationprocessor.RawPathHash} {
		for name, tt := range map[string]struct {
			condition string
			data      func() any
		}{
			"span":             {`span.attributes["url.path"] == "/carts/17"`, func() any { return spanOf(1, 1, get("/carts/17")) }},
			"span and pattern": {`span.attributes["url.path"] == "/carts/17" and span.attributes["url.template"] == "/carts/{int}"`, func() any { return spanOf(1, 1, get("/carts/17")) }},
			"log":              {`log.attributes["url.path"] == "/carts/17"`, func() any { return logOf(1, 1, accessLog("/carts/17", 200)) }},
			"log of no trace":  {`log.attributes["url.path"] == "/carts/17"`, func() any { return logOf(1, 1, withoutTrace, accessLog("/carts/17", 200)) }},
		} {
			t.Run(name+", "+string(mode), func(t *testing.T) {
				bubbled(t, func(c *Config) {
					c.Routes.RawPath, c.Sampling.RuleAttribute = mode, "rule"
					c.Sampling.SamplingPercentage, c.Logs.MissingTraceID.SamplingPercentage = 1, 0
					keepIf(tt.condition)(&c.Sampling)
				}, func(t *testing.T, p *pipelines) {
					p.send(tt.data())
					time.Sleep(time.Minute)
					p.send(tt.data()) // late: the verdict is known
					time.Sleep(time.Minute)
					var out []map[string]any
					for _, s := range p.spans() {
						out = append(out, s.Attributes().AsRaw())
					}
					for _, lr := range p.records() {
						out = append(out, lr.Attributes().AsRaw())
					}
					require.Len(t, out, 2)
					for _, attrs := range out {
						require.Equal(t, "mine", attrs["rule"])
						want := map[correlationprocessor.RawPathMode]any{correlationprocessor.RawPathKeep: "/carts/17", correlationprocessor.RawPathHash: attrs["url.path"], correlationprocessor.RawPathDrop: nil}
						require.Equal(t, want[mode], attrs["url.path"])
						require.Equal(t, mode == correlationprocessor.RawPathKeep, attrs["url.path"] == "/carts/17")
					}
					p.conserved()
				})
			})
		}
	}
}
