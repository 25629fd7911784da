// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
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
	bothWays(t, func(*Config) {}, func(t *testing.T, p *pipelines) {
		n := 0
		for name, attrs := range spans {
			n++
			p.send(spanOf(100, n, func(s ptrace.Span) {
				s.SetName(name)
				require.NoError(t, s.Attributes().FromRaw(attrs))
			}))
		}
		time.Sleep(11 * time.Second)
		require.Len(t, p.spans(), len(spans))
		for _, s := range p.spans() {
			require.Contains(t, spans, s.Name())
			require.NotContains(t, s.Attributes().AsRaw(), "url.template", s.Name())
		}
		require.Zero(t, p.sum("route_patterns", attribute.String("service.name", "cart")))
		require.Zero(t, p.sum("route_items"))
	})
}
