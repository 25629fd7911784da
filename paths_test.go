// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// The path of a file and the address of a call are no request to the service: they get no pattern, stay where they
// are, and take no place among the routes.
func TestPathsThatAreNoRequests(t *testing.T) {
	for name, in := range map[string]map[string]any{
		"file":                     {"path": "/var/log/app/17.log"},
		"file and a system call":   {"path": "/etc/passwd", "method": "readFile"},
		"file and a status":        {"path": "/var/lib/uploads/17", "status": int64(200)},
		"file under uri":           {"uri": "/mnt/data/17.parquet"},
		"file on Windows":          {"path": `C:\\logs\\17.log`, "method": "GET"},
		"address that was called":  {"url": "https://api.stripe.com/v1/charges/17", "method": "POST", "status": int64(200)},
		"address under uri":        {"uri": "https://api.stripe.com/v1/charges/17", "http.request.method": "POST"},
		"address in a request":     {"request": map[string]any{"url": "https://api.stripe.com/v1/charges/17", "method": "POST"}},
		"address without a method": {"url": "/v1/charges/17"},
		"another's path":           {"error": map[string]any{"url": "/carts/17", "method": "GET"}},
	} {
		t.Run(name, func(t *testing.T) {
			bothWays(t, func(c *Config) { c.Routes.RawPath = RawPathDrop }, func(t *testing.T, p *pipelines) {
				p.send(logOf(100, 1, func(lr plog.LogRecord) { require.NoError(t, lr.Attributes().FromRaw(in)) }))
				time.Sleep(11 * time.Second)
				out := attrs(p.records()[0])
				for key, want := range in {
					require.Equal(t, want, out[key])
				}
				require.NotContains(t, out, "url.template")
				require.Zero(t, p.sum("route_patterns"))
			})
		})
	}
}

// A key that the user names holds a path whatever stands beside it.
func TestPathsThatTheUserNames(t *testing.T) {
	bothWays(t, func(c *Config) { c.Logs.PathAttributes = []string{"path", "my.target"} }, func(t *testing.T, p *pipelines) {
		for _, key := range []string{"path", "my.target"} {
			p.send(logOf(100, 1, func(lr plog.LogRecord) { lr.Attributes().PutStr(key, "/carts/17") }))
		}
		time.Sleep(11 * time.Second)
		for _, lr := range p.records() {
			require.Equal(t, "/carts/{int}", attrs(lr)["url.template"])
		}
	})
}

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
		"one attribute":  func(c *Config) { c.Routes.Attribute, c.Routes.HTTPRoute = "http.route", HTTPRouteAlways },
	} {
		t.Run(name, func(t *testing.T) {
			bothWays(t, func(c *Config) {
				c.Routes.Templates = []string{"/repos/{owner}/{repo}"}
				c.Routes.SourceAttribute, c.Routes.Parameters = "route.source", ParametersPlain
				change(c)
			}, func(t *testing.T, p *pipelines) {
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
			})
		})
	}
}
