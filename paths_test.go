// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/itemtest"
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
		s, _, _ := r.span(itemtest.Span(100, 1, func(s ptrace.Span) {
			s.SetName(name)
			require.NoError(t, s.Attributes().FromRaw(attrs))
		}))
		require.Equal(t, name, s.Name())
		require.NotContains(t, s.Attributes().AsRaw(), "url.template", name)
	}
	require.Zero(t, r.services.Of(itemtest.Span(100, 1).ResourceSpans().At(0).Resource()).Routes.Patterns())
	require.Zero(t, r.counted(tracebuffer.Span)("route_items"))
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
			ld := itemtest.Log(100, 1, func(lr plog.LogRecord) { require.NoError(t, lr.Attributes().FromRaw(in)) })
			lr, _, _ := r.log(ld)
			require.Equal(t, in, lr.Attributes().AsRaw())
			require.Zero(t, r.services.Of(ld.ResourceLogs().At(0).Resource()).Routes.Patterns())
		})
	}
}

// A key that the user names holds a path whatever stands beside it.
func TestPathsThatTheUserNames(t *testing.T) {
	r := newReading(t, func(c *Config) { c.Logs.PathAttributes = []string{"path", "my.target"} })
	for _, key := range []string{"path", "my.target"} {
		lr, _, _ := r.log(itemtest.Log(100, 1, func(lr plog.LogRecord) { lr.Attributes().PutStr(key, "/carts/17") }))
		require.Equal(t, "/carts/{int}", lr.Attributes().AsRaw()["url.template"])
	}
}
