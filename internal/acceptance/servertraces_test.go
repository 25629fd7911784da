// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
)

// serverRoutes are the routes of the recorded servers, as a person who reads their
// code would name them; the first that matches is meant. {x...} is of any length.
var serverRoutes = map[string][]string{
	"registry": {
		"/v2", "/v2/_catalog", "/v2/{name...}/tags/list", "/v2/{name...}/blobs/uploads", "/v2/{name...}/blobs/uploads/{uuid}",
		"/v2/{name...}/blobs/{digest}", "/v2/{name...}/manifests/{reference}",
	},
	"jaeger": {
		"/", "/search", "/trace/{id}", "/api/services", "/api/services/{service}/operations", "/api/operations", "/api/dependencies",
		"/api/traces", "/api/traces/{traceID}", "/api/v3/services", "/api/v3/operations", "/api/v3/traces/{trace_id}",
	},
	"blog": {
		"/", "/index.xml", "/sitemap.xml", "/robots.txt", "/favicon.ico", "/about", "/css/style.css", "/js/theme.js", "/page/{int}",
		"/posts", "/posts/page/{int}", "/tags", "/tags/{tag}", "/tags/{tag}/index.xml", "/images/{post}.jpg", "/{int}/{int}/{post}",
	},
}

// Without an http.route, the routes of a server come out one by one of what it and Caddy
// before it send, in at most 1.2 patterns each. What scanners ask for is one pattern.
func TestRoutesOfRealServers(t *testing.T) {
	for name, want := range map[string]struct {
		patterns  int     // at most, of the routes
		strangers int     // patterns at most of what is no route
		exact     float64 // share of items, at least, whose route is one pattern that is no other's
	}{
		// Most of its projects have few images, which are asked for again and again.
		"registry": {patterns: 8, strangers: 1, exact: 0.99},
		// Its user interface answers every path with its page, so all of them are endpoints.
		"jaeger": {patterns: 14, strangers: 10, exact: 0.99},
		"blog":   {patterns: 19, strangers: 1, exact: 0.99},
	} {
		t.Run(name, func(t *testing.T) {
			spans, logs := playServer(t, name, func(s ptrace.Span) { s.Attributes().Remove(record.AttributeHTTPRoute) })
			found := compare(append(spans, logs...), serverRoutes[name])
			require.Contains(t, found, "caddy")
			for service, f := range found {
				t.Logf("%s: %d items of %d routes have %d patterns, %.3f of them exactly", service, f.items, len(f.patterns), len(f.routes), f.exact())
				assert.LessOrEqual(t, len(f.routes), want.patterns, service)
				assert.LessOrEqual(t, len(f.strangers), want.strangers, "%s: %v", service, f.strangers)
				assert.GreaterOrEqual(t, f.exact(), want.exact, service)
				for pattern, routes := range f.routes {
					assert.Len(t, routes, 1, "%s: %s", service, pattern)
				}
			}
		})
	}
}

// The framework's http.route is the pattern of its span.
func TestRoutesOfAFrameworkArePatterns(t *testing.T) {
	spans, _ := playServer(t, "jaeger", func(ptrace.Span) {})
	found := 0
	for _, s := range spans {
		if s.httpRoute != "" {
			found++
			assert.Equal(t, s.httpRoute, s.pattern, s.path)
		}
	}
	assert.Positive(t, found)
}

// The log of a request has the pattern of its span: that of the same service and trace,
// and without trace ids that of the same path.
func TestLogsOfRealServersHaveThePatternsOfTheirSpans(t *testing.T) {
	for name := range serverRoutes {
		spans, logs := playServer(t, name, func(ptrace.Span) {})
		type request struct {
			service, path string
			trace         pcommon.TraceID
		}
		// A path may have several: it is not known yet that there is such a route when an
		// image is asked for that is not there, and that is answered with 404.
		patterns := map[request]map[string]bool{}
		for _, s := range spans {
			for _, trace := range []pcommon.TraceID{s.trace, {}} {
				of := request{s.service, s.path, trace}
				if patterns[of] == nil {
					patterns[of] = map[string]bool{}
				}
				patterns[of][s.pattern] = true
			}
		}
		assert.NotEmpty(t, logs, name)
		for _, l := range logs {
			assert.Contains(t, patterns[request{l.service, l.path, l.trace}], l.pattern, "%s: %s", l.service, l.path)
		}
	}
}

// told is what a span or log says of a request, and the pattern it has.
type told struct {
	service, path, httpRoute, pattern string
	trace                             pcommon.TraceID
}

// comparison sets the patterns of a service's items against its routes.
type comparison struct {
	items     int
	patterns  map[string]map[string]int  // of each route, with the items that have them
	routes    map[string]map[string]bool // of each pattern
	strangers map[string]bool            // patterns of what is no route
}

// compare compares by service.
func compare(items []told, routes []string) map[string]*comparison {
	found := map[string]*comparison{}
	for _, it := range items {
		c := found[it.service]
		if c == nil {
			c = &comparison{patterns: map[string]map[string]int{}, routes: map[string]map[string]bool{}, strangers: map[string]bool{}}
			found[it.service] = c
		}
		i := slices.IndexFunc(routes, func(route string) bool { return ofRoute(route, it.path) })
		if i < 0 {
			c.strangers[it.pattern] = true
			continue
		}
		c.add(routes[i], it.pattern)
	}
	return found
}

func (c *comparison) add(route, pattern string) {
	c.items++
	if c.patterns[route] == nil {
		c.patterns[route] = map[string]int{}
	}
	c.patterns[route][pattern]++
	if c.routes[pattern] == nil {
		c.routes[pattern] = map[string]bool{}
	}
	c.routes[pattern][route] = true
}

// exact is the share of the items whose route has one pattern, which no other has.
func (c *comparison) exact() float64 {
	exact := 0
	for _, patterns := range c.patterns {
		for pattern, items := range patterns {
			if len(patterns) == 1 && len(c.routes[pattern]) == 1 {
				exact += items
			}
		}
	}
	return float64(exact) / float64(max(c.items, 1))
}

// ofRoute reports whether a path is of a route.
func ofRoute(route, path string) bool {
	if route != "/" {
		path = strings.TrimRight(path, "/")
	}
	text := placeholder.ReplaceAllStringFunc(regexp.QuoteMeta(route), func(name string) string {
		switch {
		case name == `\{int\}`:
			return `\d+`
		case strings.Contains(name, "."):
			return ".+"
		default:
			return "[^/]+"
		}
	})
	return regexp.MustCompile("^" + text + "$").MatchString(path)
}

// placeholder is one in a route that is quoted.
var placeholder = regexp.MustCompile(`\\\{\w+(\\\.)*\\\}`)

// playServer plays what Caddy and a server behind it sent (recorded by
// testkit/cmd/servertraces), message by message, and returns what came out of the second
// half: the spans and logs of a collector that has run for a while.
func playServer(t *testing.T, name string, change func(ptrace.Span)) (spans, logs []told) {
	t.Helper()
	traces, lines := serverMessages(t, name, "traces.jsonl.gz"), serverMessages(t, name, "logs.jsonl.gz")
	require.Len(t, lines, len(traces))
	bubbled(t, almostAll, func(t *testing.T, p *pipelines) {
		for i := range traces {
			if i == len(traces)/2 {
				time.Sleep(time.Minute)
				p.spanSink.Reset()
				p.logSink.Reset()
			}
			td, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(traces[i])
			require.NoError(t, err)
			ld, err := (&plog.JSONUnmarshaler{}).UnmarshalLogs(lines[i])
			require.NoError(t, err)
			eachSpan(td, change)
			p.send(td, ld)
			time.Sleep(time.Second)
		}
		time.Sleep(time.Minute)
		p.conserved()
		spans, logs = p.toldSpans(), p.toldLogs()
	})
	return spans, logs
}

// almostAll has traces wait for their verdict, and drops next to none.
func almostAll(c *Config) { c.Sampling.SamplingPercentage = 99.99 }

func eachSpan(td ptrace.Traces, do func(ptrace.Span)) {
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				do(s)
			}
		}
	}
}

// serverMessages are the messages of a file of a recording, a line each.
func serverMessages(t *testing.T, name, file string) (out [][]byte) {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "testdata", "servertraces", name, file))
	require.NoError(t, err)
	defer f.Close()
	text, err := gzip.NewReader(f)
	require.NoError(t, err)
	lines, err := io.ReadAll(text)
	require.NoError(t, err)
	return bytes.Split(bytes.TrimSuffix(lines, []byte("\n")), []byte("\n"))
}

// toldSpans returns what came out of spans.
func (p *pipelines) toldSpans() (out []told) {
	for _, td := range p.spanSink.AllTraces() {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, s := range ss.Spans().All() {
					attrs := s.Attributes()
					out = append(out, told{
						service: record.ServiceName(rs.Resource()), trace: s.TraceID(), path: textOf(attrs, "url.path"),
						httpRoute: textOf(attrs, record.AttributeHTTPRoute), pattern: textOf(attrs, "url.template"),
					})
				}
			}
		}
	}
	return out
}

// pathInLine is a path in Caddy's access log and in the combined format.
var pathInLine = regexp.MustCompile(`"(?:uri":"|[A-Z]+ )(/[^ ?"]*)`)

// toldLogs returns what came out of logs.
func (p *pipelines) toldLogs() (out []told) {
	for _, ld := range p.logSink.AllLogs() {
		for _, rl := range ld.ResourceLogs().All() {
			for _, sl := range rl.ScopeLogs().All() {
				for _, lr := range sl.LogRecords().All() {
					out = append(out, told{
						service: record.ServiceName(rl.Resource()), trace: lr.TraceID(),
						path: pathInLine.FindStringSubmatch(lr.Body().Str())[1], pattern: textOf(lr.Attributes(), "url.template"),
					})
				}
			}
		}
	}
	return out
}

// textOf is an attribute, "" if it is not there.
func textOf(attrs pcommon.Map, key string) string {
	if v, ok := attrs.Get(key); ok {
		return v.Str()
	}
	return ""
}
