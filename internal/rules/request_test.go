// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/rules/request"
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
func asks(text string) map[string]func(ptrace.Span) {
	method, path, _ := strings.Cut(text, " ")
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
		"name": func(s ptrace.Span) { s.SetName(text) },
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

// A request is known by whichever attributes say what it is.
func TestRequestsInAllConventions(t *testing.T) {
	r := compiled(t, onePercent(suppressing), Options{MissingPercentage: 100})
	for rule, requests := range map[string][]string{
		"health_checks": {"GET /health", "HEAD /healthz/", "GET /myapp/actuator/health", "GET /status", "POST /gateway/grpc.health.v1.Health/Check"},
		"static_assets": {"GET /favicon.ico", "HEAD /logo.png", "GET /assets/app.css", "GET /_next/static/chunk"},
		"default":       {"POST /status", "GET /orders/17/status", "GET /", "GET /assets/42", "GET /invoice.pdf", "PUT /assets/app.css"},
	} {
		for _, asked := range requests {
			for how, change := range asks(asked) {
				require.Equal(t, rule, ruleOf(t, r, change), "%s, by %s", asked, how)
			}
		}
	}
}

// The lists of suppress are checked with the whole configuration.
func TestListsOfSuppressAreChecked(t *testing.T) {
	c := onePercent(func(c *Config) {
		c.Suppress = request.SuppressConfig{HealthChecks: true, HealthCheckPaths: []string{"POST /probe"}}
	})
	const want = `suppress::health_check_paths: only GET and HEAD requests are suppressed, got "POST /probe"`
	_, err := New(c, Options{MissingPercentage: 100}, componenttest.NewNopTelemetrySettings())
	require.ErrorContains(t, err, want)
	require.ErrorContains(t, c.Validate(), want)
}
