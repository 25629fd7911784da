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

	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// Spans that are not about HTTP keep their names, get no pattern, and take no place
// under max_routes.
func TestSpansOfOtherProtocolsAreLeftAlone(t *testing.T) {
	spans := map[string]map[string]any{
		"SELECT /* hint */ x":                  {"db.system": "postgresql"},
		"SELECT /* route='/users/1' */ orders": {"db.system.name": "mysql", "server.address": "db"},
		"query SELECT total / 100 FROM orders": {"db.system": "postgresql"},
		"prepare SELECT a /b FROM c":           {},
		"step 3 / 7":                           {},
		"a / b":                                {"code.function": "f"},
		"/shop.Cart/Get":                       {"rpc.system": "grpc", "rpc.method": "Get"},
		"shop.Cart/Get":                        {"rpc.system": "grpc"},
		"orders/7 process":                     {"messaging.system": "kafka"},
		"/var/spool/jobs/7":                    {"job.id": 7},
	}
	r := newReading(t, func(*Config) {})
	for name, attrs := range spans {
		s, _, _ := r.span(spanOf(100, 1, func(s ptrace.Span) {
			s.SetName(name)
			require.NoError(t, s.Attributes().FromRaw(attrs))
		}))
		require.Equal(t, name, s.Name())
		require.NotContains(t, s.Attributes().AsRaw(), "url.template", name)
	}
	require.Zero(t, r.services.Of(spanOf(100, 1).ResourceSpans().At(0).Resource()).Routes.Patterns())
	require.Zero(t, r.counted(tracebuffer.Span).sum("route_items"))
}

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
			r := newReading(t, func(c *Config) { c.Routes.RawPath = RawPathDrop })
			ld := logOf(100, 1, func(lr plog.LogRecord) { require.NoError(t, lr.Attributes().FromRaw(in)) })
			lr, _, _ := r.log(ld)
			require.Equal(t, in, attrs(lr))
			require.Zero(t, r.services.Of(ld.ResourceLogs().At(0).Resource()).Routes.Patterns())
		})
	}
}

// A key that the user names holds a path whatever stands beside it.
func TestPathsThatTheUserNames(t *testing.T) {
	r := newReading(t, func(c *Config) { c.Logs.PathAttributes = []string{"path", "my.target"} })
	for _, key := range []string{"path", "my.target"} {
		lr, _, _ := r.log(logOf(100, 1, func(lr plog.LogRecord) { lr.Attributes().PutStr(key, "/carts/17") }))
		require.Equal(t, "/carts/{int}", attrs(lr)["url.template"])
	}
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
			written := func(c *Config) {
				c.Routes.Templates = []string{"/repos/{owner}/{repo}"}
				c.Routes.SourceAttribute, c.Routes.Parameters = "route.source", ParametersPlain
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
