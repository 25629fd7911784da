// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"net/http"
	"strings"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/route/segment"
	"github.com/otelcol-correlation/correlationprocessor/internal/route/template"
)

// healthEnds are how the paths end that probes ask for, behind the path that a service
// is mounted at: those of Kubernetes and its frameworks, of meshes, proxies and servers.
// docs/sampling.md has the list, too.
var healthEnds = byLastSegment(
	"/health", "/healthz", "/healthcheck", "/health-check", "/health_check", "/_health", "/-/healthy", "/-/ready",
	"/livez", "/readyz", "/startupz", "/liveness", "/readiness", "/liveness-probe", "/readiness-probe",
	"/health/live", "/health/ready", "/health/started", "/health/startup", "/health/liveness", "/health/readiness",
	"/healthz/live", "/healthz/ready", "/actuator/prometheus", "/actuator/info",
	"/__heartbeat__", "/__lbheartbeat__", "/server-status", "/nginx_status", "/stub_status",
)

// healthInitials are the first letters of the last segments of healthEnds, in either
// case. They spare most paths the look into the list.
var healthInitials = initials(healthEnds)

func initials(ends map[string][]string) (set [256]bool) {
	for last := range ends {
		set[last[0]] = true
		set[strings.ToUpper(last)[0]] = true
	}
	return set
}

// healthPaths are paths of probes and of metric scrapers whose words mean other things
// elsewhere, so that they count only where they are the whole path.
var healthPaths = set("/live", "/alive", "/ready", "/ping", "/_ping", "/status", "/up", "/metrics", "/federate")

// longestHealthWord is the length of the longest last segment of both lists.
const longestHealthWord = len("readiness-probe")

// healthAgents begin or are in the user agents of probes. Load balancers probe
// "/" unless told otherwise, so the path alone would miss them.
var healthAgents = [...]string{
	"kube-probe/", "ELB-HealthChecker/", "GoogleHC/", "Amazon-Route53-Health-Check-Service", "Envoy/HC",
	"Consul Health Check", "Load Balancer Agent", "AlwaysOn", "Blackbox Exporter/", "Blackbox-Exporter/", "Prometheus/",
	"Datadog/Synthetics", "DatadogSynthetics", "Pingdom", "UptimeRobot", "StatusCake",
}

// healthServices are the gRPC services that probes and their tools ask.
var healthServices = [...]string{"grpc.health.v1.Health", "grpc.reflection."}

func byLastSegment(ends ...string) map[string][]string {
	m := map[string][]string{}
	for _, end := range ends {
		last := end[strings.LastIndexByte(end, '/')+1:]
		m[last] = append(m[last], end)
	}
	return m
}

// probes knows the requests of probes. It is immutable.
type probes struct {
	paths  *routeSet // the user's
	agents []string  // the user's
}

// newProbes compiles the lists of the configuration. Its errors name the key and the
// value.
func newProbes(cfg *SuppressConfig) (*probes, error) {
	for _, text := range cfg.HealthCheckPaths {
		templates, err := template.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("suppress::health_check_paths: %w", err)
		}
		if method := templates[0].Method(); method != "" && !reads(method) {
			return nil, fmt.Errorf("suppress::health_check_paths: only GET and HEAD requests are suppressed, got %q", text)
		}
	}
	paths, err := newRouteSet(cfg.HealthCheckPaths)
	if err != nil {
		return nil, fmt.Errorf("suppress::health_check_paths: %w", err)
	}
	return &probes{paths: paths, agents: cfg.UserAgents}, nil
}

// IsProbe reports whether the span is of a request by a health check or a metric scraper
// that was answered, whatever is suppressed.
func (r *Rules) IsProbe(s ptrace.Span, v *record.Span) bool {
	q := v.Request(s, "")
	return q.IsRequest() && r.probes.asked(&q)
}

// asked reports whether a probe asked, and was not told that something is wrong.
func (p *probes) asked(q *record.Request) bool {
	if !q.Answered() {
		return false
	}
	if reading := reads(q.Method); !reading || q.RPCService != "" {
		if isHealthService(q) {
			return true
		}
		if !reading && q.Method != "" {
			return false
		}
	}
	if isHealthPath(q) {
		return true
	}
	if _, ok := p.paths.find(q); ok {
		return true
	}
	// Who asks says little of what was asked for, unless that can have changed nothing.
	return q.Method != "" && (q.Synthetic == "test" || p.isAgent(q.UserAgent))
}

// reads reports whether the method is GET or HEAD, in either case.
func reads(method string) bool {
	return method == http.MethodGet || strings.EqualFold(method, http.MethodHead) || strings.EqualFold(method, http.MethodGet)
}

// isHealthService reports whether a gRPC service for probes was asked, whose requests
// are POST like those of all of gRPC.
func isHealthService(q *record.Request) bool {
	for _, service := range healthServices {
		if strings.HasPrefix(q.RPCService, service) {
			return true
		}
	}
	_, call, ok := strings.Cut(q.Target(), "/grpc.")
	return ok && (strings.HasPrefix(call, "health.v1.Health/") || strings.HasPrefix(call, "reflection."))
}

// isHealthPath reports whether the path is one of the lists.
func isHealthPath(q *record.Request) bool {
	path := withoutSlash(q.Target())
	slash := strings.LastIndexByte(path, '/')
	last := path[slash+1:]
	if len(last) > longestHealthWord || last == "" {
		return false
	}
	if slash == 0 && healthPaths[path] {
		return true
	}
	if !healthInitials[last[0]] {
		return false
	}
	for _, end := range healthEnds[strings.ToLower(last)] {
		if n := len(path) - len(end); n >= 0 && strings.EqualFold(path[n:], end) && mounts(path[:n]) && !q.Fills() {
			return true
		}
	}
	return false
}

// mounts reports whether a service may be mounted at the path: no part of it is a
// value, such as the number of what the request is about.
func mounts(path string) bool {
	for part := range strings.SplitSeq(path, "/") {
		if strings.IndexByte(part, '{') >= 0 || part != "" && segment.IsValue(part) {
			return false
		}
	}
	return true
}

func (p *probes) isAgent(agent string) bool {
	if agent == "" {
		return false
	}
	for _, a := range healthAgents {
		if strings.Contains(agent, a) {
			return true
		}
	}
	for _, a := range p.agents {
		if strings.Contains(agent, a) {
			return true
		}
	}
	return false
}
