// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package request

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
)

// The kinds of requests.
const probe, asset, other = "probe", "asset", "other"

func kindOf(p *Probes, q record.Request) string {
	switch {
	case p.Asked(&q):
		return probe
	case IsStaticAsset(&q):
		return asset
	default:
		return other
	}
}

func probesOf(t require.TestingT, cfg SuppressConfig) *Probes {
	p, err := NewProbes(&cfg)
	require.NoError(t, err)
	return p
}

var number = regexp.MustCompile("/[0-9]+")

func TestRequestsOfProbesAndForAssets(t *testing.T) {
	p := probesOf(t, SuppressConfig{})
	for kind, requests := range map[string][]string{
		probe: {
			"GET /health", "HEAD /health", "GET /healthz", "GET /healthz/", "GET /readyz", "GET /livez", "GET /-/healthy", "GET /-/ready",
			"GET /q/health/live", "GET /api/health", "GET /api/v1/health", "GET /liveness", "GET /readiness", "GET /myapp/actuator/health",
			"GET /actuator/health/readiness", "GET /actuator/health/liveness", "GET /actuator/prometheus", "GET /shop/actuator/info",
			"GET /HealthCheck", "GET /orders-service/health-check", "GET /internal/livez", "GET /_cluster/health", "GET /v1/sys/health",
			"GET /minio/health/live", "GET /status", "GET /ping", "GET /up", "GET /metrics", "GET /live", "GET /ready", "GET /app/__heartbeat__",
			"POST /grpc.health.v1.Health/Check", "POST /grpc.health.v1.Health/Watch", "POST /gateway/grpc.health.v1.Health/Check",
			"POST /grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
		},
		asset: {
			"GET /favicon.ico", "GET /robots.txt", "HEAD /logo.png", "GET /img/logo.PNG", "GET /main.js", "GET /app/main.js", "GET /assets/app.css",
			"GET /static/js/2.chunk.js", "GET /_next/static/chunk", "GET /shop/_next/static/chunks/main.js", "GET /blog/wp-content/themes/x/style.css",
			"GET /apple-touch-icon-120x120", "GET /a/b/c/font.woff2", "GET /js/vendor/jquery.js",
		},
		other: {
			"POST /status", "PUT /health", "DELETE /healthz", "POST /metrics", "POST /ping", "PATCH /actuator/health",
			"GET /orders/17/status", "GET /api/status", "GET /orders/live", "GET /shop/metrics", "GET /users/ping",
			"GET /patients/17/health", "GET /devices/3f2504e0-4f89-11d3-9a0c-0305e82c3301/health",
			"GET /healthy-food", "GET /health/insurance", "GET /wealth", "GET /", "GET /health/17",
			"GET /assets/42", "GET /assets", "GET /static/about", "GET /repos/vercel/next.js", "GET /repos/mrdoob/three.js", "GET /npm/packages/chart.js",
			"GET /invoice.pdf", "GET /export/data.json", "POST /logo.png", "PUT /assets/app.css", "GET /v1.2.map.d/x",
		},
	} {
		for _, request := range requests {
			method, path, _ := strings.Cut(request, " ")
			require.Equal(t, kind, kindOf(p, record.Request{Method: method, Path: path, Pattern: number.ReplaceAllString(path, "/{int}")}), request)
			require.Equal(t, kind, kindOf(p, record.Request{Method: method, Pattern: path}), "%s, of which the pattern is known", request)
			require.Equal(t, kind, kindOf(p, record.Request{Method: strings.ToLower(method), Path: path}), request)
		}
	}
}

// Where a framework says that the last segment is a value, it is no probe and no file.
func TestRoutesOfFrameworksAreBelieved(t *testing.T) {
	p := probesOf(t, SuppressConfig{})
	for _, tt := range []struct{ path, route, want string }{
		{"/users/john.css", "/users/{name}", other},
		{"/users/john.png", "/users/{name}", other},
		{"/topics/health", "/topics/{slug}", other},
		{"/health", "/{page}", other},
		{"/app.js", "/{file}.js", asset},
		{"/app.js", "/{path...}", asset},
		{"/assets/app.js", "/assets/{file}", asset},
		{"/users/john.css", "/users/john.css", asset}, // a raw path is no route
		{"/api/health", "/api/health", probe},
		{"/api/health", "/api/{path...}", probe},
	} {
		q := record.Request{Method: "GET", Path: tt.path, Pattern: tt.route, Routed: tt.route != tt.path}
		require.Equal(t, tt.want, kindOf(p, q), "%s under %s", tt.path, tt.route)
	}
}

// Who asks counts only for requests that read.
func TestUserAgentsOfProbes(t *testing.T) {
	p := probesOf(t, SuppressConfig{})
	for _, by := range []record.Request{{UserAgent: "kube-probe/1.29"}, {UserAgent: "ELB-HealthChecker/2.0"}, {Synthetic: "test"}} {
		for request, want := range map[string]string{"GET /": probe, "HEAD /shop": probe, "POST /checkout": other, "DELETE /checkout": other} {
			q := by
			q.Method, q.Path, _ = strings.Cut(request, " ")
			require.Equal(t, want, kindOf(p, q), "%+v", q)
		}
		q := by
		q.RPCService = "shop.Cart"
		require.Equal(t, other, kindOf(p, q), "what was done is not known")
	}
}

func TestProbesOfTheUsersOwn(t *testing.T) {
	p := probesOf(t, SuppressConfig{
		HealthChecks: true, HealthCheckPaths: []string{"/internal/probe", "/", "/tenants/{id}/alive"}, UserAgents: []string{"acme-probe/"},
	})
	for path, want := range map[string]string{
		"/internal/probe": probe, "/internal/probe/": probe, "/": probe, "/tenants/17/alive": probe,
		"/shop/internal/probe": other, "/tenants/alive": other, "/shop": other, "/healthz": probe,
	} {
		require.Equal(t, want, kindOf(p, record.Request{Method: "GET", Path: path}), path)
	}
	require.Equal(t, other, kindOf(p, record.Request{Method: "POST", Path: "/internal/probe"}))
	require.Equal(t, probe, kindOf(p, record.Request{Method: "GET", Path: "/shop", UserAgent: "acme-probe/2 (eu)"}))
	require.Equal(t, other, kindOf(p, record.Request{Method: "POST", Path: "/shop", UserAgent: "acme-probe/2"}))
}

func TestListsOfProbesAreChecked(t *testing.T) {
	for want, path := range map[string]string{
		`suppress::health_check_paths: only GET and HEAD requests are suppressed, got "POST /probe"`: "POST /probe",
		`suppress::health_check_paths: template "/probe/{": at offset`:                               "/probe/{",
	} {
		_, err := NewProbes(&SuppressConfig{HealthChecks: true, HealthCheckPaths: []string{path}})
		require.ErrorContains(t, err, want)
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
	p := probesOf(f, SuppressConfig{HealthCheckPaths: []string{"/a/{b}", "/c/{d...}"}, UserAgents: []string{"x"}})
	f.Fuzz(func(t *testing.T, method, path, pattern, agent string) {
		q := record.Request{Method: method, Path: path, Pattern: pattern, Routed: pattern != "", UserAgent: agent}
		if (p.Asked(&q) || IsStaticAsset(&q)) && !isHealthService(&q) {
			require.True(t, method == "" || reads(method), "%q %q", method, path)
		}
	})
}
