// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	otelclient "go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// from is the context of a request with the header X-Tenant.
func from(tenants ...string) context.Context {
	return otelclient.NewContext(context.Background(), otelclient.Info{
		Metadata: otelclient.NewMetadata(map[string][]string{"X-Tenant": tenants, "other": {"lost"}}),
	})
}

func tenantOf(ctx context.Context) string {
	md := otelclient.FromContext(ctx).Metadata
	return strings.Join(md.Get("x-tenant"), ",") + strings.Join(md.Get("other"), ",")
}

func byTenant(c *Config) { c.MetadataKeys = []string{"x-tenant"} }

func (p *pipelines) sendAs(ctx context.Context, data ...any) {
	for _, d := range data {
		switch d := d.(type) {
		case ptrace.Traces:
			require.NoError(p.t, p.traces.ConsumeTraces(ctx, d))
		case plog.Logs:
			require.NoError(p.t, p.logs.ConsumeLogs(ctx, d))
		}
	}
}

// arrived are the names of spans and the bodies of logs by the tenant they went on with.
func (p *pipelines) arrived() (spans, logs map[string][]string) {
	spans, logs = map[string][]string{}, map[string][]string{}
	for i, td := range p.spanSink.AllTraces() {
		of := tenantOf(p.spanSink.Contexts()[i])
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, s := range ss.Spans().All() {
					spans[of] = append(spans[of], s.Name())
				}
			}
		}
	}
	for i, ld := range p.logSink.AllLogs() {
		of := tenantOf(p.logSink.Contexts()[i])
		for _, rl := range ld.ResourceLogs().All() {
			for _, sl := range rl.ScopeLogs().All() {
				for _, lr := range sl.LogRecords().All() {
					logs[of] = append(logs[of], lr.Body().Str())
				}
			}
		}
	}
	return spans, logs
}

// What is held goes on apart by the client's metadata and with it, for spans and logs,
// whether their traces wait for a verdict or logs for their span alone.
func TestHeldItemsKeepTheirClientsMetadata(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"traces wait": func(c *Config) { c.Sampling.SamplingPercentage = 50 },
		"logs wait":   func(*Config) {},
	} {
		t.Run(name, func(t *testing.T) {
			bubbled(t, func(c *Config) { byTenant(c); change(c) }, func(t *testing.T, p *pipelines) {
				for n := range 6 {
					tenant := []string{"a", "b"}[n%2]
					named := func(s ptrace.Span) { s.SetName(tenant); s.Attributes().PutStr("http.request.method", "GET") }
					p.sendAs(from(tenant), spanOf(100+n, 1, root, named), logOf(100+n, 1, func(lr plog.LogRecord) { lr.Body().SetStr(tenant) }))
				}
				p.sendAs(context.Background(), spanOf(200, 1, func(s ptrace.Span) { s.SetName("none") }), logOf(200, 1))
				time.Sleep(time.Minute)
				want := map[string][]string{"a": {"a", "a", "a"}, "b": {"b", "b", "b"}, "": {"none"}}
				if name == "logs wait" { // spans pass with the context they came with
					want = map[string][]string{"alost": want["a"], "blost": want["b"], "": want[""]}
				}
				spans, logs := p.arrived()
				require.Equal(t, want, spans)
				require.Equal(t, map[string][]string{"a": {"a", "a", "a"}, "b": {"b", "b", "b"}, "": {"log"}}, logs)
				for _, lr := range p.records() {
					if lr.Body().Str() != "log" {
						require.Equal(t, "GET", attrs(lr)["http.request.method"], "and logs find their spans")
					}
				}
				p.conserved()
			})
		})
	}
}

// A trace may come from several clients: its logs find the spans of the others, and
// each item goes on with what it came with. A list of values stays one. More clients than
// may be held at a time are refused for good.
func TestATraceOfSeveralClients(t *testing.T) {
	bubbled(t, func(c *Config) { byTenant(c); onePercent(c); c.MetadataCardinalityLimit = 4 }, func(t *testing.T, p *pipelines) {
		p.sendAs(from("a"), spanOf(7, 1, root, failed, func(s ptrace.Span) { s.Attributes().PutStr("http.request.method", "PUT") }))
		p.sendAs(from("b"), spanOf(7, 2))
		p.sendAs(from("b", "c"), logOf(7, 1))
		p.sendAs(context.Background(), logOf(7, 1), spanOf(100, 1))
		err := p.traces.ConsumeTraces(from("c"), spanOf(8, 1))
		require.True(t, consumererror.IsPermanent(err))
		require.ErrorContains(t, err, "metadata_cardinality_limit")
		require.EqualValues(t, 1, p.sum("spans_refused"))
		time.Sleep(time.Minute)
		_, logs := p.arrived()
		require.Equal(t, map[string][]string{"b,c": {"log"}, "": {"log"}}, logs)
		for _, lr := range p.records() {
			require.Equal(t, "PUT", attrs(lr)["http.request.method"])
		}
		p.conserved()
	})
}

// A log that waits for its request goes on as the client's that sent it, and finds no
// request of another client.
func TestLogsThatWaitKeepTheirClientsMetadata(t *testing.T) {
	bubbled(t, func(c *Config) { byTenant(c); byRequest(c) }, func(t *testing.T, p *pipelines) {
		p.sendAs(from("a"), requestLog("r1"))
		p.sendAs(from("b"), requestSpan(7, "r1"))
		require.EqualValues(t, 1, p.sum("logs_held"))
		p.sendAs(from("a"), requestSpan(8, "r1"))
		p.sendAs(from("b"), requestLog("r2"))
		time.Sleep(time.Minute)
		_, logs := p.arrived()
		require.Equal(t, map[string][]string{"a": {"log"}, "b": {"log"}}, logs)
		require.Equal(t, traceNumbered(8), p.records()[0].TraceID())
		require.Zero(t, p.sum("logs_held"))
		p.conserved()
	})
}
