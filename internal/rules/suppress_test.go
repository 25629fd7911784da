// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
)

func suppressing(c *Config) {
	c.Suppress.HealthChecks, c.Suppress.StaticAssets = true, true
}

// ruleOf is the rule that a trace of one root request falls under.
func ruleOf(t *testing.T, r *Rules, change ...func(ptrace.Span)) string {
	t.Helper()
	var m Matcher
	f := match(&m, r, spanOf(1, append([]func(ptrace.Span){root, kind(ptrace.SpanKindServer)}, change...)...))
	return r.Policy().Rules()[r.Policy().Rule(f)].Name
}

// asks is a request such as "GET /healthz", as old and new conventions have it, or as
// a span has it whose name says all that is known.
func asks(request string) map[string]func(ptrace.Span) {
	method, path, _ := strings.Cut(request, " ")
	return map[string]func(ptrace.Span){
		"new conventions": func(s ptrace.Span) {
			s.Attributes().PutStr("http.request.method", method)
			s.Attributes().PutStr("url.path", path)
		},
		"old conventions": func(s ptrace.Span) {
			s.Attributes().PutStr("http.method", method)
			s.Attributes().PutStr("http.target", path+"?x=1")
			s.Attributes().PutInt("http.status_code", 200)
		},
		"URL": func(s ptrace.Span) {
			s.Attributes().PutStr("http.request.method", method)
			s.Attributes().PutStr("url.full", "https://shop.example:8080"+path+"#a")
		},
		"name": func(s ptrace.Span) { s.SetName(request) },
		"pattern of an earlier tier": func(s ptrace.Span) {
			s.SetName(method)
			s.Attributes().PutStr("http.request.method", method)
			s.Attributes().PutStr("url.template", path)
		},
		"pattern of an earlier tier that hashes paths": func(s ptrace.Span) {
			s.SetName(method)
			s.Attributes().PutStr("http.request.method", method)
			s.Attributes().PutStr("url.path", "7d5c1e0f8a9b4c3d2e1f0a9b8c7d6e5f")
			s.Attributes().PutStr("url.template", path)
		},
		"route only": func(s ptrace.Span) {
			s.SetName(method)
			s.Attributes().PutStr("http.request.method", method)
			s.Attributes().PutStr("http.route", path)
		},
	}
}

func TestRequestsOfProbesAndForAssets(t *testing.T) {
	r := compiled(t, onePercent(suppressing), Options{MissingPercentage: 100})
	for rule, requests := range map[string][]string{
		"health_checks": {
			"GET /health", "HEAD /health", "GET /healthz", "GET /healthz/", "GET /readyz", "GET /livez", "GET /-/healthy", "GET /-/ready",
			"GET /q/health/live", "GET /api/health", "GET /api/v1/health", "GET /liveness", "GET /readiness", "GET /myapp/actuator/health",
			"GET /actuator/health/readiness", "GET /actuator/health/liveness", "GET /actuator/prometheus", "GET /shop/actuator/info",
			"GET /HealthCheck", "GET /orders-service/health-check", "GET /internal/livez", "GET /_cluster/health", "GET /v1/sys/health",
			"GET /minio/health/live", "GET /status", "GET /ping", "GET /up", "GET /metrics", "GET /live", "GET /ready", "GET /app/__heartbeat__",
			"POST /grpc.health.v1.Health/Check", "POST /grpc.health.v1.Health/Watch", "POST /gateway/grpc.health.v1.Health/Check",
			"POST /grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
		},
		"static_assets": {
			"GET /favicon.ico", "GET /robots.txt", "HEAD /logo.png", "GET /img/logo.PNG", "GET /main.js", "GET /app/main.js", "GET /assets/app.css",
			"GET /static/js/2.chunk.js", "GET /_next/static/chunk", "GET /shop/_next/static/chunks/main.js", "GET /blog/wp-content/themes/x/style.css",
			"GET /apple-touch-icon-120x120", "GET /a/b/c/font.woff2", "GET /js/vendor/jquery.js",
		},
		"default": {
			"POST /status", "PUT /health", "DELETE /healthz", "POST /metrics", "POST /ping", "PATCH /actuator/health",
			"GET /orders/17/status", "GET /api/status", "GET /orders/live", "GET /shop/metrics", "GET /users/ping",
			"GET /patients/17/health", "GET /devices/3f2504e0-4f89-11d3-9a0c-0305e82c3301/health",
			"GET /healthy-food", "GET /health/insurance", "GET /wealth", "GET /", "GET /health/17",
			"GET /assets/42", "GET /assets", "GET /static/about", "GET /repos/vercel/next.js", "GET /repos/mrdoob/three.js", "GET /npm/packages/chart.js",
			"GET /invoice.pdf", "GET /export/data.json", "POST /logo.png", "PUT /assets/app.css", "GET /v1.2.map.d/x",
		},
	} {
		for _, request := range requests {
			for how, change := range asks(request) {
				require.Equal(t, rule, ruleOf(t, r, change), "%s, by %s", request, how)
			}
		}
	}
}

// Where a framework says that the last segment is a value, it is no probe and no file.
func TestRoutesOfFrameworksAreBelieved(t *testing.T) {
	r := compiled(t, onePercent(suppressing), Options{MissingPercentage: 100})
	routed := func(path, route string) string {
		return ruleOf(t, r, get(path), spanAttr("http.route", route))
	}
	for _, tt := range []struct{ path, route, want string }{
		{"/users/john.css", "/users/{name}", "default"},
		{"/users/john.png", "/users/{name}", "default"},
		{"/topics/health", "/topics/{slug}", "default"},
		{"/health", "/{page}", "default"},
		{"/app.js", "/{file}.js", "static_assets"},
		{"/app.js", "/{path...}", "static_assets"},
		{"/assets/app.js", "/assets/{file}", "static_assets"},
		{"/users/john.css", "/users/john.css", "static_assets"}, // a raw path is no route
		{"/api/health", "/api/health", "health_checks"},
		{"/api/health", "/api/{path...}", "health_checks"},
	} {
		require.Equal(t, tt.want, routed(tt.path, tt.route), "%s under %s", tt.path, tt.route)
	}
}

// Who asks counts only for requests that read.
func TestUserAgentsOfProbes(t *testing.T) {
	r := compiled(t, onePercent(suppressing), Options{MissingPercentage: 100})
	for _, agent := range []func(ptrace.Span){
		spanAttr("user_agent.original", "kube-probe/1.29"), spanAttr("http.user_agent", "ELB-HealthChecker/2.0"),
		spanAttr("user_agent.synthetic.type", "test"),
	} {
		method := func(m string) func(ptrace.Span) { return spanAttr("http.request.method", m) }
		require.Equal(t, "health_checks", ruleOf(t, r, get("/"), agent))
		require.Equal(t, "health_checks", ruleOf(t, r, get("/shop"), method("HEAD"), agent))
		require.Equal(t, "default", ruleOf(t, r, get("/checkout"), method("POST"), agent))
		require.Equal(t, "default", ruleOf(t, r, get("/checkout"), method("DELETE"), agent))
		require.Equal(t, "default", ruleOf(t, r, spanAttr("rpc.service", "shop.Cart"), agent), "what was done is not known")
	}
}

func TestProbesOfTheUsersOwn(t *testing.T) {
	r := compiled(t, onePercent(suppressing, func(c *Config) {
		c.Suppress.HealthCheckPaths = []string{"/internal/probe", "/", "/tenants/{id}/alive"}
		c.Suppress.UserAgents = []string{"acme-probe/"}
	}), Options{MissingPercentage: 100})
	for path, want := range map[string]string{
		"/internal/probe": "health_checks", "/internal/probe/": "health_checks", "/": "health_checks", "/tenants/17/alive": "health_checks",
		"/shop/internal/probe": "default", "/tenants/alive": "default", "/shop": "default", "/healthz": "health_checks",
	} {
		require.Equal(t, want, ruleOf(t, r, get(path)), path)
	}
	require.Equal(t, "default", ruleOf(t, r, get("/internal/probe"), spanAttr("http.request.method", "POST")))
	require.Equal(t, "health_checks", ruleOf(t, r, get("/shop"), spanAttr("user_agent.original", "acme-probe/2 (eu)")))
	require.Equal(t, "default", ruleOf(t, r, get("/shop"), spanAttr("http.request.method", "POST"), spanAttr("user_agent.original", "acme-probe/2")))
}

func TestListsOfProbesAreChecked(t *testing.T) {
	for want, change := range map[string]func(*Config){
		`suppress::health_check_paths: only GET and HEAD requests are suppressed, got "POST /probe"`: func(c *Config) {
			c.Suppress = SuppressConfig{HealthChecks: true, HealthCheckPaths: []string{"POST /probe"}}
		},
		`suppress::health_check_paths: template "/probe/{": at offset`: func(c *Config) {
			c.Suppress = SuppressConfig{HealthChecks: true, HealthCheckPaths: []string{"/probe/{"}}
		},
	} {
		c := onePercent(change)
		_, err := New(c, Options{MissingPercentage: 100}, componenttest.NewNopTelemetrySettings())
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, c.Validate(), want)
	}
	for want, c := range map[string]SuppressConfig{
		`health_check_paths needs health_checks: true, got ["/probe"]`: {HealthCheckPaths: []string{"/probe"}},
		`user_agents needs health_checks: true, got ["acme"]`:          {UserAgents: []string{"acme"}},
		`user_agents must not contain an empty text, got [" "]`:        {HealthChecks: true, UserAgents: []string{" "}},
	} {
		require.ErrorContains(t, c.Validate(), want)
	}
}

// The length spares most paths the look into the lists, so no word may be longer.
func TestNoHealthWordIsTooLong(t *testing.T) {
	for word := range healthEnds {
		require.LessOrEqual(t, len(word), longestHealthWord)
	}
	for path := range healthPaths {
		require.LessOrEqual(t, len(path)-1, longestHealthWord)
	}
	for path := range assetPaths {
		require.LessOrEqual(t, len(path), longestAssetPath)
	}
}

// Whatever a request looks like, one that may have changed something is never
// suppressed, unless it asked a gRPC service for probes.
func FuzzOnlyReadingRequestsAreSuppressed(f *testing.F) {
	for _, seed := range []string{"/healthz", "/a/actuator/health", "/assets/app.js", "/_next/static/x", "", "//", "/%2e/health", "/a.b/", "/{x}/health"} {
		f.Add("POST", seed, "/{x}", "kube-probe/1")
		f.Add("GET", seed, "", "")
	}
	p, err := newProbes(&SuppressConfig{HealthCheckPaths: []string{"/a/{b}", "/c/{d...}"}, UserAgents: []string{"x"}})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, method, path, pattern, agent string) {
		q := record.Request{Method: method, Path: path, Pattern: pattern, Routed: pattern != "", UserAgent: agent}
		if (p.asked(&q) || isStaticAsset(&q)) && !isHealthService(&q) {
			require.True(t, method == "" || reads(method), "%q %q", method, path)
		}
	})
}
