// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
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
		{"a month long", on, items(spanOf(1, took(30*24*time.Hour))), true, "slow"},
		{"longer than anything takes", on, items(spanOf(1, took(30*24*time.Hour+1))), false, "default"},
		{"start by a clock that counts from boot", on, items(spanOf(1, times(44511913730532, 1790000000000000000))), false, "default"},
		{"both ends by such a clock", on, items(spanOf(1, times(44511913730532, 44522365817637))), false, "default"},
		{"start in seconds", on, items(spanOf(1, times(1790000000, 1790000000000000000))), false, "default"},
		{"span without a start", on, items(spanOf(1, times(0, 1790000000000000000))), false, "default"},
		{"end before start", on, items(spanOf(1, times(1790000000000000000, 1789999990000000000))), false, "default"},
		{"broken beside slow", on, items(spanOf(1, times(0, 1790000000000000000)), spanOf(1, took(3*time.Second))), true, "slow"},
	})
}

func times(start, end pcommon.Timestamp) func(ptrace.Span) {
	return func(s ptrace.Span) {
		s.SetStartTimestamp(start)
		s.SetEndTimestamp(end)
	}
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

// What a trace is about is what began it: where that was no request, the requests on
// its way suppress nothing, and neither do their routes have a say.
func TestTracesThatNoRequestBegan(t *testing.T) {
	on := func(c *Config) {
		suppressing(c)
		c.SamplingPercentage = 100
		c.RoutePercentages = map[string]float64{"/feed/{id}": 0, "/rare": 100}
	}
	consumer, server, client := kind(ptrace.SpanKindConsumer), kind(ptrace.SpanKindServer), kind(ptrace.SpanKindClient)
	probe, asset, feed := get("/healthz"), get("/app.js"), get("/feed/17")
	runRuleCases(t, []ruleCase{
		{"message", on, items(spanOf(1, root, consumer), spanOf(1, probe)), true, "default"},
		{"timer", on, items(spanOf(1, root), spanOf(1, asset), logOf(1, accessLog("/healthz", 200))), true, "default"},
		{"gRPC with a method only", on, items(spanOf(1, root, server, spanAttr("rpc.method", "List")), spanOf(1, probe)), true, "default"},
		{"gRPC with service and method in one", on, items(spanOf(1, root, server, spanAttr("rpc.method", "shop.Cart/List")), spanOf(1, probe)), true, "default"},
		{"gRPC health check, in one", on, items(spanOf(1, root, server, spanAttr("rpc.method", "grpc.health.v1.Health/Check")), spanOf(1)), false, "health_checks"},
		{"root of a batch", on, items(spanOf(1, root, kind(ptrace.SpanKindInternal)), spanOf(1, feed)), true, "default"},
		{"call that began it", on, items(spanOf(1, root, client), spanOf(1, probe), spanOf(1, asset)), true, "default"},
		{"root after its probes", on, items(spanOf(1, probe), logOf(1, accessLog("/healthz", 200)), spanOf(1, root, consumer)), true, "default"},
		{"message of a trace begun elsewhere", on, items(spanOf(1, consumer), spanOf(1, asset)), true, "default"},
		{"two roots, one of them a probe", on, items(spanOf(1, root, probe), spanOf(1, root, consumer)), true, "default"},
		{"probe that began it", on, items(spanOf(1, root, probe), spanOf(1, consumer)), false, "health_checks"},
		{"no entry of a service at all", on, items(spanOf(1, client), spanOf(1, probe)), false, "health_checks"},
		{"route within", func(c *Config) { on(c); c.SamplingPercentage = 1 }, items(spanOf(1, root, consumer), spanOf(1, get("/rare"))), false, "default"},
		{"rare route of a root beside another", func(c *Config) { on(c); c.SamplingPercentage = 1 }, items(spanOf(1, root, consumer), spanOf(1, root, get("/rare"))), true, "route:/rare"},
	})
}

// With any root there, requests within a trace have no say, in whatever order all of
// it arrives.
func TestOnlyRootsSpeakForTheirTrace(t *testing.T) {
	r := compiled(t, onePercent(suppressing, func(c *Config) {
		c.RoutePercentages = map[string]float64{"/feed/{id}": 60, "/rare": 0.1}
	}), Options{MissingPercentage: 100})
	roots := []func(ptrace.Span){
		kind(ptrace.SpanKindConsumer), kind(ptrace.SpanKindInternal), spanAttr("rpc.method", "List"),
		get("/healthz"), get("/app.js"), get("/feed/1"), get("/rare"), get("/home"),
	}
	of := func(data ...any) (f sampling.Finding) {
		var m Matcher
		f = match(&m, r, data[0])
		for _, d := range data[1:] {
			f = f.Merge(match(&m, r, d))
		}
		return f
	}
	rapid.Check(t, func(t *rapid.T) {
		var alone, all []any
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(roots)-1), 1, 3).Draw(t, "roots") {
			alone = append(alone, spanOf(1, root, roots[i]))
		}
		all = slices.Clone(alone)
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(roots)-1), 0, 4).Draw(t, "within") {
			all = append(all, spanOf(1, kind(ptrace.SpanKindServer), roots[i]), logOf(1, accessLog("/healthz", 200)))
		}
		require.Equal(t, of(alone...), of(rapid.Permutation(all).Draw(t, "order")...))
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
		{"slash at the end of the path", on, items(spanOf(1, root, get("/feed/17/"))), false, "route:GET /feed/:id"},
		{"GET answers HEAD", on, items(spanOf(1, root, get("/feed/17"), spanAttr("http.request.method", "HEAD"))), false, "route:GET /feed/:id"},
		{"another method", on, items(spanOf(1, root, get("/feed/17"), post)), false, "default"},
		{"method not known", on, items(spanOf(1, root, spanAttr("url.path", "/login"))), true, "route:/login"},
		{"undeclared, the value a word", on, items(spanOf(1, root, get("/feed/news"))), false, "route:GET /feed/:id"},
		{"undeclared, encoded and doubled", on, items(spanOf(1, root, get("//feed//caf%C3%A9?x=1"))), false, "route:GET /feed/:id"},
		{"undeclared tail", on, items(spanOf(1, root, get("/users/a/b/c"))), true, "route:/users/{id}/{rest...}"},
		{"mounted application", on, items(spanOf(1, root, get("/app/feed/x"), spanAttr("http.route", "/feed/{x}"))), false, "route:GET /feed/:id"},
		{"pattern of an earlier tier", on, items(spanOf(1, root, get(""), spanAttr("url.template", "/feed/{int}"))), false, "route:GET /feed/:id"},
		{"pattern of an earlier tier, of a log", on, items(logOf(1, accessLog("", 200), logAttr("url.template", "/login"))), true, "route:/login"},
	})
}

func TestRoutePercentagesAreChecked(t *testing.T) {
	for want, percentages := range map[string]map[string]float64{
		`route_percentages: "GTE /feed" has an unknown method, got "GTE"`:     {"GTE /feed": 1},
		`route_percentages: "/feed/{id}/" is the same route as "/feed/{id}"`:  {"/feed/{id}": 1, "/feed/{id}/": 2},
		`route_percentages: "/feed/{name}" is the same route as "/feed/{id}"`: {"/feed/{id}": 1, "/feed/{name}": 2},
		`route_percentages: template "/feed/{": at offset`:                    {"/feed/{": 1},
		`route_percentages "/feed" must be between 0 and 100, got 101`:        {"/feed": 101},
		`route_percentages: template "get /feed": at offset 3`:                {"get /feed": 1},
	} {
		require.ErrorContains(t, onePercent(func(c *Config) { c.RoutePercentages = percentages }).Validate(), want)
	}
	for _, method := range []string{"GET", "QUERY", "PROPFIND", "ANY", "*"} {
		require.NoError(t, onePercent(func(c *Config) { c.RoutePercentages = map[string]float64{method + " /feed": 1} }).Validate())
	}
}
