// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"net/http"
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
)

// healthPaths are the paths probes ask for: those of Kubernetes and its
// frameworks, of meshes, proxies and servers, and of metric scrapers.
var healthPaths = set(
	"/health", "/healthz", "/health-check", "/healthcheck", "/_health", "/-/healthy", "/healthz/ready",
	"/health/live", "/health/ready", "/health/started", "/live", "/livez", "/alive", "/ready", "/readyz", "/-/ready",
	"/ping", "/status", "/up", "/metrics", "/federate",
	"/actuator/health", "/actuator/health/liveness", "/actuator/health/readiness", "/actuator/prometheus", "/actuator/info",
	"/q/health", "/q/health/live", "/q/health/ready", "/q/health/started",
	"/__heartbeat__", "/__lbheartbeat__", "/_cluster/health",
	"/server-status", "/nginx_status", "/stub_status",
)

// longestHealthPath, with a slash at the end, spares most paths the look into healthPaths.
const longestHealthPath = len("/actuator/health/readiness/")

// healthAgents begin or are in the user agents of probes. Load balancers probe
// "/" unless told otherwise, so the path alone would miss them.
var healthAgents = [...]string{
	"kube-probe/", "ELB-HealthChecker/", "GoogleHC/", "Amazon-Route53-Health-Check-Service", "Envoy/HC",
	"Consul Health Check", "Load Balancer Agent", "AlwaysOn", "Blackbox Exporter/", "Blackbox-Exporter/", "Prometheus/",
	"Datadog/Synthetics", "DatadogSynthetics", "Pingdom", "UptimeRobot", "StatusCake",
}

// isHealthCheck reports whether a probe asked, and was not told that something
// is wrong.
func isHealthCheck(q *record.Request) bool {
	if !q.Answered() {
		return false
	}
	if q.Synthetic == "test" || q.RPCService == "grpc.health.v1.Health" || strings.HasPrefix(q.RPCService, "grpc.reflection.") ||
		strings.HasPrefix(q.Path, "/grpc.health.v1.Health/") || strings.HasPrefix(q.Path, "/grpc.reflection.") {
		return true
	}
	return len(q.Path) <= longestHealthPath && healthPaths[withoutSlash(q.Path)] || isHealthAgent(q.UserAgent)
}

func isHealthAgent(agent string) bool {
	if agent == "" {
		return false
	}
	for _, a := range healthAgents {
		if strings.Contains(agent, a) {
			return true
		}
	}
	return false
}

// assetExtensions are those of the files pages are made of. Documents and data
// (pdf, csv, json, html and the like) are what somebody asked for.
var assetExtensions = set(
	"css", "js", "mjs", "map", "png", "jpg", "jpeg", "gif", "svg", "ico", "webp", "avif",
	"woff", "woff2", "ttf", "otf", "eot",
)

// assetPaths are files browsers and crawlers ask for by themselves.
var assetPaths = set("/favicon.ico", "/robots.txt", "/manifest.json", "/sw.js")

// isStaticAsset reports whether a file a page is made of was asked for and
// found.
func isStaticAsset(q *record.Request) bool {
	if q.Path == "" || !q.Answered() {
		return false
	}
	if q.Method != "" && q.Method != http.MethodGet && q.Method != http.MethodHead {
		return false
	}
	for _, folder := range [...]string{"/static/", "/assets/", "/_next/static/", "/apple-touch-icon"} {
		if strings.HasPrefix(q.Path, folder) {
			return true
		}
	}
	last := q.Path[strings.LastIndexByte(q.Path, '/')+1:]
	dot := strings.LastIndexByte(last, '.')
	return assetPaths[q.Path] || dot >= 0 && assetExtensions[strings.ToLower(last[dot+1:])]
}

func withoutSlash(path string) string {
	if len(path) > 1 {
		return strings.TrimSuffix(path, "/")
	}
	return path
}

func set(members ...string) map[string]bool {
	m := make(map[string]bool, len(members))
	for _, member := range members {
		m[member] = true
	}
	return m
}
