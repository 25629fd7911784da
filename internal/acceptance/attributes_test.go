// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor"
)

// What is written takes the place of what is there, also where an item is held, and each attribute is there once.
func TestAttributesAreThereOnce(t *testing.T) {
	in := map[string]any{
		"url.path": "/repos/otel/collector", "http.route": "", "route.source": "mine", "http.route.param.owner": "mine", "http.route.param.repo": int64(7),
		"http.route.param.other": "stays", "http.request.method": "GET",
	}
	want := map[string]any{
		"url.path": "/repos/otel/collector", "http.route": "/repos/{owner}/{repo}", "route.source": "template", "http.route.param.owner": "otel",
		"http.route.param.repo": "collector", "http.route.param.other": "stays", "http.request.method": "GET", "url.template": "/repos/{owner}/{repo}",
	}
	for name, change := range map[string]func(*Config){
		"two attributes": func(*Config) {},
		"one attribute": func(c *Config) {
			c.Routes.Attribute, c.Routes.HTTPRoute = "http.route", correlationprocessor.HTTPRouteAlways
		},
	} {
		t.Run(name, func(t *testing.T) {
			written := func(c *Config) {
				c.Routes.Templates = []string{"/repos/{owner}/{repo}"}
				c.Routes.SourceAttribute, c.Routes.Parameters = "route.source", correlationprocessor.ParametersPlain
				change(c)
			}
			check := func(t *testing.T, p *pipelines) {
				in, want := maps.Clone(in), maps.Clone(want)
				if name == "one attribute" {
					delete(in, "http.route")
					delete(want, "url.template")
				}
				p.send(spanOf(100, 1, func(s ptrace.Span) { require.NoError(t, s.Attributes().FromRaw(in)) }))
				p.send(logOf(100, 1, func(lr plog.LogRecord) { require.NoError(t, lr.Attributes().FromRaw(in)) }))
				time.Sleep(40 * time.Second)
				require.Equal(t, want, p.spans()[0].Attributes().AsRaw())
				require.Equal(t, len(want), p.spans()[0].Attributes().Len(), "none is there twice")
				p.records()[0].Attributes().Remove("sampling.threshold")
				require.Equal(t, want, p.records()[0].Attributes().AsRaw())
				require.Equal(t, len(want), p.records()[0].Attributes().Len())
			}
			t.Run("passed", func(t *testing.T) { bubbled(t, written, check) })
			t.Run("held", func(t *testing.T) { bubbled(t, func(c *Config) { onePercent(c); written(c) }, check) })
		})
	}
}
