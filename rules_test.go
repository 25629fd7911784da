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
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
)

// Changes of spans and log records.

func spanWith(key, value string) func(ptrace.Span) {
	return func(s ptrace.Span) { s.Attributes().PutStr(key, value) }
}

func logAttr(key, value string) func(plog.LogRecord) {
	return func(lr plog.LogRecord) { lr.Attributes().PutStr(key, value) }
}

func listed(attrs pcommon.Map, key string, values ...string) {
	list := attrs.PutEmptySlice(key)
	for _, v := range values {
		list.AppendEmpty().SetStr(v)
	}
}

func kind(k ptrace.SpanKind) func(ptrace.Span) {
	return func(s ptrace.Span) { s.SetKind(k) }
}

func took(d time.Duration) func(ptrace.Span) {
	return func(s ptrace.Span) {
		s.SetStartTimestamp(1)
		s.SetEndTimestamp(1 + pcommon.Timestamp(d))
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

// ruleCase says what the items of one trace bring about. The trace's
// randomness is below the threshold of 1 %, so only rules keep it.
type ruleCase struct {
	name   string
	change func(*rules.Config)
	data   func() []any
	keep   bool
	rule   string
}

func items(data ...any) func() []any { return func() []any { return data } }

func runRuleCases(t *testing.T, cases []ruleCase) {
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			bubbled(t, func(c *Config) {
				c.Sampling.SamplingPercentage = 1
				tt.change(&c.Sampling)
			}, func(t *testing.T, p *pipelines) {
				data := tt.data()
				p.send(data...)
				time.Sleep(11 * time.Second)
				want := 0
				if tt.keep {
					want = len(data)
				}
				require.Len(t, append(make([]any, len(p.spans())), make([]any, len(p.records()))...), want)
				require.EqualValues(t, 1, p.sum("decisions", attribute.String("rule", tt.rule), attribute.String("verdict", rules.VerdictName(tt.keep))))
				require.EqualValues(t, 1, p.sum("decisions"))
				p.conserved()
			})
		})
	}
}

func TestDebugRule(t *testing.T) {
	const header = "http.request.header.x-debug"
	on := func(c *rules.Config) { c.Debug.Attribute, c.Debug.Value, c.Errors = header, "yes", false }
	anyValue := func(c *rules.Config) { c.Debug.Attribute = header }
	b3 := func(lr plog.LogRecord) {
		lr.SetTraceID(pcommon.TraceID{})
		lr.Attributes().PutStr("b3", traceNumbered(1).String()+"-00f067aa0ba902b7-d")
	}
	runRuleCases(t, []ruleCase{
		{"span with the value", on, items(spanOf(1, 1, spanWith(header, "yes")), logOf(1, 1)), true, "debug"},
		{"span with another value", on, items(spanOf(1, 1, spanWith(header, "no"))), false, "default"},
		{"span with a list", on, items(spanOf(1, 1, func(s ptrace.Span) { listed(s.Attributes(), header, "no", "yes") })), true, "debug"},
		{"span with a list without the value", on, items(spanOf(1, 1, func(s ptrace.Span) { listed(s.Attributes(), header, "no") })), false, "default"},
		{"log with the value", on, items(spanOf(1, 1), logOf(1, 1, logAttr(header, "yes"))), true, "debug"},
		{"log with a list", on, items(logOf(1, 1, func(lr plog.LogRecord) { listed(lr.Attributes(), header, "yes") })), true, "debug"},
		{"any value", anyValue, items(spanOf(1, 1, spanWith(header, "1"))), true, "debug"},
		{"empty value", anyValue, items(spanOf(1, 1, spanWith(header, ""))), false, "default"},
		{"B3 debug flag", func(*rules.Config) {}, items(spanOf(1, 1), logOf(1, 1, b3)), true, "debug"},
		{"B3 debug flag not heeded", func(c *rules.Config) { c.Debug.Flags = false }, items(logOf(1, 1, b3)), false, "default"},
		{"goes before errors", anyValue, items(spanOf(1, 1, failed, spanWith(header, "1"))), true, "debug"},
	})
}

func TestSlowRule(t *testing.T) {
	on := func(c *rules.Config) { c.SlowerThan = 2 * time.Second }
	runRuleCases(t, []ruleCase{
		{"slow root", on, items(spanOf(1, 1, root, took(2001*time.Millisecond)), logOf(1, 1)), true, "slow"},
		{"as slow as allowed", on, items(spanOf(1, 1, root, took(2*time.Second))), false, "default"},
		{"slow span further in", on, items(spanOf(1, 1, root, took(time.Second)), spanOf(1, 2, took(3*time.Second))), true, "slow"},
		{"span without an end", on, items(spanOf(1, 1, func(s ptrace.Span) { s.SetStartTimestamp(1e18) })), false, "default"},
		{"slow health check", func(c *rules.Config) { on(c); c.Suppress.HealthChecks = true }, items(spanOf(1, 1, root, get("/healthz"), took(time.Minute))), true, "slow"},
		{"not asked for", func(*rules.Config) {}, items(spanOf(1, 1, root, took(time.Hour))), false, "default"},
	})
}

func TestSuppressRules(t *testing.T) {
	health := func(c *rules.Config) { c.SamplingPercentage, c.Suppress.HealthChecks = 100, true }
	assets := func(c *rules.Config) { c.SamplingPercentage, c.Suppress.StaticAssets = 100, true }
	status := func(code int64) func(ptrace.Span) {
		return func(s ptrace.Span) { s.Attributes().PutInt("http.response.status_code", code) }
	}
	inner := kind(ptrace.SpanKindServer)
	runRuleCases(t, []ruleCase{
		{"health path at the root", health, items(spanOf(1, 1, root, get("/healthz")), spanOf(1, 2), logOf(1, 1)), false, "health_checks"},
		{"health path with a query", health, items(spanOf(1, 1, root, get("/actuator/health/?full=1"))), false, "health_checks"},
		{"probe of the root path", health, items(spanOf(1, 1, root, get("/"), spanWith("user_agent.original", "ELB-HealthChecker/2.0"))), false, "health_checks"},
		{"synthetic test", health, items(spanOf(1, 1, root, get("/shop"), spanWith("user_agent.synthetic.type", "test"))), false, "health_checks"},
		{"gRPC health service", health, items(spanOf(1, 1, root, inner, spanWith("rpc.service", "grpc.health.v1.Health"))), false, "health_checks"},
		{"gRPC health by name", health, items(spanOf(1, 1, root, inner, func(s ptrace.Span) { s.SetName("grpc.health.v1.Health/Check") })), false, "health_checks"},
		{"URL of a health path", health, items(spanOf(1, 1, root, spanWith("url.full", "http://shop:8080/readyz?verbose"))), false, "health_checks"},
		{"failing health check", health, items(spanOf(1, 1, root, get("/healthz"), status(503))), true, "errors"},
		{"health check refused", health, items(spanOf(1, 1, root, get("/healthz"), status(404))), true, "default"},
		{"error log in a health check", health, items(spanOf(1, 1, root, get("/healthz")), logOf(1, 1, failedLog)), true, "errors"},
		{"health check within a trace", health, items(spanOf(1, 1, root, get("/orders")), spanOf(1, 2, get("/healthz"))), true, "default"},
		{"health check within, log first", health, items(logOf(1, 2, accessLog("/healthz", 200)), spanOf(1, 1, root, get("/orders"))), true, "default"},
		{"entry of a trace begun elsewhere", health, items(spanOf(1, 1, get("/healthz")), spanOf(1, 2, kind(ptrace.SpanKindClient))), false, "health_checks"},
		{"one of two entries", health, items(spanOf(1, 1, get("/healthz")), spanOf(1, 2, get("/orders"))), true, "default"},
		{"access log alone", health, items(logOf(1, 1, accessLog("/healthz", 200))), false, "health_checks"},
		{"access log and others", health, items(logOf(1, 1, accessLog("/healthz", 200)), logOf(1, 1)), false, "health_checks"},
		{"log that names a path", health, items(logOf(1, 1, logAttr("path", "/healthz"))), true, "default"},
		{"other path", health, items(spanOf(1, 1, root, get("/healthy-food"))), true, "default"},
		{"asset by extension", assets, items(spanOf(1, 1, root, get("/img/logo.PNG"))), false, "static_assets"},
		{"asset by folder", assets, items(spanOf(1, 1, root, get("/_next/static/chunk"))), false, "static_assets"},
		{"asset by name", assets, items(spanOf(1, 1, root, get("/robots.txt"))), false, "static_assets"},
		{"document", assets, items(spanOf(1, 1, root, get("/invoice.pdf"))), true, "default"},
		{"missing asset", assets, items(spanOf(1, 1, root, get("/logo.png"), status(404))), true, "default"},
		{"upload", assets, items(spanOf(1, 1, root, get("/logo.png"), spanWith("http.request.method", "PUT"))), true, "default"},
		{"health is not asked for", assets, items(spanOf(1, 1, root, get("/healthz"))), true, "default"},
	})
}

func TestRoutePercentages(t *testing.T) {
	on := func(c *rules.Config) {
		c.RoutePercentages = map[string]float64{"GET /feed/:id": 0, "/login": 100, "POST /login": 0, "/users/{id}/{rest...}": 100}
	}
	post := spanWith("http.request.method", "POST")
	runRuleCases(t, []ruleCase{
		{"by method and inferred pattern", on, items(spanOf(1, 1, root, get("/feed/17"))), false, "route:GET /feed/:id"},
		{"by the framework's route", on, items(spanOf(1, 1, root, get("/feed/x"), spanWith("http.route", "/feed/{feed_id}"))), false, "route:GET /feed/:id"},
		{"any method", on, items(spanOf(1, 1, root, get("/login"))), true, "route:/login"},
		{"the method goes first", on, items(spanOf(1, 1, root, get("/login"), post)), false, "route:POST /login"},
		{"another route", on, items(spanOf(1, 1, root, get("/home"))), false, "default"},
		{"call within another request", on, items(spanOf(1, 1, root, get("/home")), spanOf(1, 2, get("/login"))), false, "default"},
		{"request in a trace begun elsewhere", on, items(spanOf(1, 1, get("/home")), spanOf(1, 2, get("/login"))), true, "route:/login"},
		{"access log", on, items(logOf(1, 1, accessLog("/login", 200)), logOf(1, 1)), true, "route:/login"},
		{"call of another service", on, items(spanOf(1, 1, get("/login"), kind(ptrace.SpanKindClient))), false, "default"},
		{"error goes first", on, items(spanOf(1, 1, root, get("/feed/17"), failed)), true, "errors"},
	})
}
