// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/internal/itemtest"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules/request"
)

// Rules look at what the processor itself finds: the flags of a trace header in a
// log, and the pattern of a path. All else about rules has its tests in package
// rules.
func TestRulesOnWhatTheProcessorFinds(t *testing.T) {
	b3 := itemtest.Log(1, 1, itemtest.NoID, itemtest.LogAttr("b3", itemtest.TraceNumbered(1).String()+"-00f067aa0ba902b7-d"))
	noFeed := func(c *Config) { c.Sampling.RoutePercentages = map[string]float64{"GET /feed/:id": 0} }
	for name, tt := range map[string]struct {
		change func(*Config)
		item   any
		rule   string
	}{
		"B3 debug flag":                  {onePercent, b3, "debug"},
		"B3 debug flag not heeded":       {func(c *Config) { onePercent(c); c.Sampling.Debug.Flags = false }, b3, "default"},
		"by method and inferred pattern": {noFeed, itemtest.Span(1, 1, itemtest.Root, itemtest.Get("/feed/17")), "route:GET /feed/:id"},
		"by the framework's route":       {noFeed, itemtest.Span(1, 1, itemtest.Root, itemtest.Get("/feed/x"), itemtest.SpanAttr("http.route", "/feed/{feed_id}")), "route:GET /feed/:id"},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, tt.rule, newReading(t, tt.change).rule(copied(tt.item))) })
	}
}

// A tier behind one that takes the paths away heeds rules on requests by the patterns
// that are left.
func TestRulesOnRequestsByPatternsOfAnEarlierTier(t *testing.T) {
	healthz, logo, feed := itemtest.Span(1, 1, itemtest.Root, itemtest.Get("/healthz")), itemtest.Span(1, 1, itemtest.Root, itemtest.Get("/img/logo.png")), itemtest.Span(1, 1, itemtest.Root, itemtest.Get("/feed/17"))
	named := func(c *Config) { c.Routes.Attribute = "route" }
	for _, tt := range []struct {
		change func(*Config)
		item   any
		rule   string
	}{
		{func(*Config) {}, healthz, "health_checks"},
		{func(*Config) {}, itemtest.Log(1, 1, itemtest.AccessLog("/healthz", 200)), "health_checks"},
		{func(*Config) {}, logo, "static_assets"},
		{func(*Config) {}, feed, "route:/feed/{id}"},
		{func(*Config) {}, itemtest.Log(1, 1, itemtest.AccessLog("/feed/17", 200)), "route:/feed/{id}"},
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
