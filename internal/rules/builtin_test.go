// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

func TestDebugRule(t *testing.T) {
	const header = "http.request.header.x-debug"
	on := func(c *Config) { c.Debug.Attribute, c.Debug.Value, c.Errors = header, "yes", false }
	anyValue := func(c *Config) { c.Debug.Attribute = header }
	runRuleCases(t, []ruleCase{
		{"span with the value", on, items(spanOf(1, spanAttr(header, "yes")), logOf(1)), true, "debug"},
		{"span with another value", on, items(spanOf(1, spanAttr(header, "no"))), false, "default"},
		{"span with a list", on, items(spanOf(1, func(s ptrace.Span) { listed(s.Attributes(), header, "no", "yes") })), true, "debug"},
		{"span with a list without the value", on, items(spanOf(1, func(s ptrace.Span) { listed(s.Attributes(), header, "no") })), false, "default"},
		{"log with the value", on, items(spanOf(1), logOf(1, logAttr(header, "yes"))), true, "debug"},
		{"log with a list", on, items(logOf(1, func(lr plog.LogRecord) { listed(lr.Attributes(), header, "yes") })), true, "debug"},
		{"any value", anyValue, items(spanOf(1, spanAttr(header, "1"))), true, "debug"},
		{"empty value", anyValue, items(spanOf(1, spanAttr(header, ""))), false, "default"},
		{"B3 debug flag", func(*Config) {}, items(spanOf(1), headerAsks{logOf(1)}), true, "debug"},
		{"B3 debug flag not heeded", func(c *Config) { c.Debug.Flags = false }, items(headerAsks{logOf(1)}), false, "default"},
		{"goes before errors", anyValue, items(spanOf(1, failed, spanAttr(header, "1"))), true, "debug"},
	})
}

func TestSlowRule(t *testing.T) {
	on := func(c *Config) { c.SlowerThan = 2 * time.Second }
	runRuleCases(t, []ruleCase{
		{"slow root", on, items(spanOf(1, root, took(2001*time.Millisecond)), logOf(1)), true, "slow"},
		{"as slow as allowed", on, items(spanOf(1, root, took(2*time.Second))), false, "default"},
		{"slow span further in", on, items(spanOf(1, root, took(time.Second)), spanOf(1, took(3*time.Second))), true, "slow"},
		{"span without an end", on, items(spanOf(1, func(s ptrace.Span) { s.SetStartTimestamp(1e18) })), false, "default"},
		{"slow health check", func(c *Config) { on(c); c.Suppress.HealthChecks = true }, items(spanOf(1, root, get("/healthz"), took(time.Minute))), true, "slow"},
		{"not asked for", func(*Config) {}, items(spanOf(1, root, took(time.Hour))), false, "default"},
	})
}

func TestSuppressRules(t *testing.T) {
	health := func(c *Config) { c.SamplingPercentage, c.Suppress.HealthChecks = 100, true }
	assets := func(c *Config) { c.SamplingPercentage, c.Suppress.StaticAssets = 100, true }
	status := func(code int64) func(ptrace.Span) {
		return func(s ptrace.Span) { s.Attributes().PutInt("http.response.status_code", code) }
	}
	inner := kind(ptrace.SpanKindServer)
	runRuleCases(t, []ruleCase{
		{"health path at the root", health, items(spanOf(1, root, get("/healthz")), spanOf(1), logOf(1)), false, "health_checks"},
		{"health path with a query", health, items(spanOf(1, root, get("/actuator/health/?full=1"))), false, "health_checks"},
		{"probe of the root path", health, items(spanOf(1, root, get("/"), spanAttr("user_agent.original", "ELB-HealthChecker/2.0"))), false, "health_checks"},
		{"synthetic test", health, items(spanOf(1, root, get("/shop"), spanAttr("user_agent.synthetic.type", "test"))), false, "health_checks"},
		{"gRPC health service", health, items(spanOf(1, root, inner, spanAttr("rpc.service", "grpc.health.v1.Health"))), false, "health_checks"},
		{"gRPC health by name", health, items(spanOf(1, root, inner, func(s ptrace.Span) { s.SetName("grpc.health.v1.Health/Check") })), false, "health_checks"},
		{"URL of a health path", health, items(spanOf(1, root, spanAttr("url.full", "http://shop:8080/readyz?verbose"))), false, "health_checks"},
		{"failing health check", health, items(spanOf(1, root, get("/healthz"), status(503))), true, "errors"},
		{"health check refused", health, items(spanOf(1, root, get("/healthz"), status(404))), true, "default"},
		{"error log in a health check", health, items(spanOf(1, root, get("/healthz")), logOf(1, failedLog)), true, "errors"},
		{"health check within a trace", health, items(spanOf(1, root, get("/orders")), spanOf(1, get("/healthz"))), true, "default"},
		{"health check within, log first", health, items(logOf(1, accessLog("/healthz", 200)), spanOf(1, root, get("/orders"))), true, "default"},
		{"entry of a trace begun elsewhere", health, items(spanOf(1, get("/healthz")), spanOf(1, kind(ptrace.SpanKindClient))), false, "health_checks"},
		{"one of two entries", health, items(spanOf(1, get("/healthz")), spanOf(1, get("/orders"))), true, "default"},
		{"access log alone", health, items(logOf(1, accessLog("/healthz", 200))), false, "health_checks"},
		{"access log and others", health, items(logOf(1, accessLog("/healthz", 200)), logOf(1)), false, "health_checks"},
		{"log that names a path", health, items(logOf(1, logAttr("path", "/healthz"))), true, "default"},
		{"other path", health, items(spanOf(1, root, get("/healthy-food"))), true, "default"},
		{"asset by extension", assets, items(spanOf(1, root, get("/img/logo.PNG"))), false, "static_assets"},
		{"asset by folder", assets, items(spanOf(1, root, get("/_next/static/chunk"))), false, "static_assets"},
		{"asset by name", assets, items(spanOf(1, root, get("/robots.txt"))), false, "static_assets"},
		{"document", assets, items(spanOf(1, root, get("/invoice.pdf"))), true, "default"},
		{"missing asset", assets, items(spanOf(1, root, get("/logo.png"), status(404))), true, "default"},
		{"upload", assets, items(spanOf(1, root, get("/logo.png"), spanAttr("http.request.method", "PUT"))), true, "default"},
		{"health is not asked for", assets, items(spanOf(1, root, get("/healthz"))), true, "default"},
	})
}

func TestRoutePercentages(t *testing.T) {
	on := func(c *Config) {
		c.RoutePercentages = map[string]float64{"GET /feed/:id": 0, "/login": 100, "POST /login": 0, "/users/{id}/{rest...}": 100}
	}
	post := spanAttr("http.request.method", "POST")
	runRuleCases(t, []ruleCase{
		{"by method and inferred pattern", on, items(spanOf(1, root, get("/feed/17"))), false, "route:GET /feed/:id"},
		{"by the framework's route", on, items(spanOf(1, root, get("/feed/x"), spanAttr("http.route", "/feed/{feed_id}"))), false, "route:GET /feed/:id"},
		{"any method", on, items(spanOf(1, root, get("/login"))), true, "route:/login"},
		{"the method goes first", on, items(spanOf(1, root, get("/login"), post)), false, "route:POST /login"},
		{"another route", on, items(spanOf(1, root, get("/home"))), false, "default"},
		{"call within another request", on, items(spanOf(1, root, get("/home")), spanOf(1, get("/login"))), false, "default"},
		{"request in a trace begun elsewhere", on, items(spanOf(1, get("/home")), spanOf(1, get("/login"))), true, "route:/login"},
		{"access log", on, items(logOf(1, accessLog("/login", 200)), logOf(1)), true, "route:/login"},
		{"call of another service", on, items(spanOf(1, get("/login"), kind(ptrace.SpanKindClient))), false, "default"},
		{"error goes first", on, items(spanOf(1, root, get("/feed/17"), failed)), true, "errors"},
	})
}
