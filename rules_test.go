// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/rules/request"
)

// Changes of spans and log records.

func logAttr(key, value string) func(plog.LogRecord) {
	return func(lr plog.LogRecord) { lr.Attributes().PutStr(key, value) }
}

func took(d time.Duration) func(ptrace.Span) {
	return func(s ptrace.Span) {
		s.SetStartTimestamp(1e18)
		s.SetEndTimestamp(1e18 + pcommon.Timestamp(d))
	}
}

func get(path string) func(ptrace.Span) {
	return func(s ptrace.Span) {
		s.SetKind(ptrace.SpanKindServer)
		s.Attributes().PutStr("http.request.method", "GET")
		s.Attributes().PutStr("url.path", path)
		s.Attributes().PutInt("http.response.status_code", 200)
	}
}

func accessLog(path string, status int64) func(plog.LogRecord) {
	return func(lr plog.LogRecord) {
		lr.Attributes().PutStr("http.request.method", "GET")
		lr.Attributes().PutStr("url.path", path)
		lr.Attributes().PutInt("http.response.status_code", status)
	}
}

// Rules look at what the processor itself finds: the flags of a trace header in a
// log, and the pattern of a path. All else about rules has its tests in package
// rules.
func TestRulesOnWhatTheProcessorFinds(t *testing.T) {
	b3 := logOf(1, 1, noID, logAttr("b3", traceNumbered(1).String()+"-00f067aa0ba902b7-d"))
	noFeed := func(c *Config) { c.Sampling.RoutePercentages = map[string]float64{"GET /feed/:id": 0} }
	for name, tt := range map[string]struct {
		change func(*Config)
		item   any
		rule   string
	}{
		"B3 debug flag":                  {onePercent, b3, "debug"},
		"B3 debug flag not heeded":       {func(c *Config) { onePercent(c); c.Sampling.Debug.Flags = false }, b3, "default"},
		"by method and inferred pattern": {noFeed, spanOf(1, 1, root, get("/feed/17")), "route:GET /feed/:id"},
		"by the framework's route":       {noFeed, spanOf(1, 1, root, get("/feed/x"), spanAttr("http.route", "/feed/{feed_id}")), "route:GET /feed/:id"},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, tt.rule, newReading(t, tt.change).rule(copied(tt.item))) })
	}
}

// A tier behind one that takes the paths away heeds rules on requests by the patterns
// that are left.
func TestRulesOnRequestsByPatternsOfAnEarlierTier(t *testing.T) {
	healthz, logo, feed := spanOf(1, 1, root, get("/healthz")), spanOf(1, 1, root, get("/img/logo.png")), spanOf(1, 1, root, get("/feed/17"))
	named := func(c *Config) { c.Routes.Attribute = "route" }
	for _, tt := range []struct {
		change func(*Config)
		item   any
		rule   string
	}{
		{func(*Config) {}, healthz, "health_checks"},
		{func(*Config) {}, logOf(1, 1, accessLog("/healthz", 200)), "health_checks"},
		{func(*Config) {}, logo, "static_assets"},
		{func(*Config) {}, feed, "route:/feed/{id}"},
		{func(*Config) {}, logOf(1, 1, accessLog("/feed/17", 200)), "route:/feed/{id}"},
		{named, feed, "route:/feed/{id}"},
	} {
		for _, mode := range []RawPathMode{RawPathDrop, RawPathHash} {
			item := copied(tt.item)
			newReading(t, func(c *Config) { tt.change(c); c.Routes.RawPath = mode }).rule(item)
			second := newReading(t, func(c *Config) {
				tt.change(c)
				c.Sampling.Suppress = request.SuppressConfig{HealthChecks: true, StaticAssets: true}
				c.Sampling.RoutePercentages = map[string]float64{"/feed/{id}": 0}
			})
			require.Equal(t, tt.rule, second.rule(item), "%s, %s", tt.rule, mode)
		}
	}
}

// Conditions see the path of a request also where it is not handed on.
func TestRulesLookAtPathsBeforeTheyAreMasked(t *testing.T) {
	for _, mode := range []RawPathMode{RawPathKeep, RawPathDrop, RawPathHash} {
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
						want := map[RawPathMode]any{RawPathKeep: "/carts/17", RawPathHash: attrs["url.path"], RawPathDrop: nil}
						require.Equal(t, want[mode], attrs["url.path"])
						require.Equal(t, mode == RawPathKeep, attrs["url.path"] == "/carts/17")
					}
					p.conserved()
				})
			})
		}
	}
}
