// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
)

// routed is a server span as otelchi writes it: with the route and without the path.
func routed(route string, status int64) func(ptrace.Span) {
	return func(s ptrace.Span) {
		s.SetName(route)
		s.Attributes().PutStr("http.method", "GET")
		s.Attributes().PutStr("http.route", route)
		s.Attributes().PutInt("http.status_code", status)
	}
}

// requestLine is a line of an access log.
func requestLine(path string, status int) func(plog.LogRecord) {
	return func(lr plog.LogRecord) {
		lr.Body().SetStr(fmt.Sprintf(`{"method":"GET","path":%q,"status":%d}`, path, status))
	}
}

// patternsOf are the patterns of a service's logs that came out.
func (p *pipelines) patternsOf(service string) map[string]int {
	out := map[string]int{}
	for _, ld := range p.logSink.AllLogs() {
		for res, lr := range record.EachLog(ld) {
			if record.ServiceName(res) == service {
				out[text(lr, "url.template")]++
			}
		}
	}
	return out
}

// Span and log of a request carry one pattern also where the span has a route and no path,
// and the log of a proxy before it does. What the proxy's service learned so holds for its
// logs without a trace id, too.
func TestLogsGetTheRouteOfSpansWithoutAPath(t *testing.T) {
	half := func(c *Config) { c.Sampling.SamplingPercentage = 50 }
	bubbled(t, half, func(t *testing.T, p *pipelines) {
		for n := range 300 {
			sc, path := newScene(), fmt.Sprintf("/articles/%c%c-on-go", 'a'+n%17, 'a'+n%19)
			sc.log("nginx", n, 1, requestLine(path, 200)).log("chi", n, 1, requestLine(path, 200)).span("chi", n, 1, 0, server, routed("/articles/{slug}", 200))
			p.send(sc.ld, sc.td)
		}
		time.Sleep(time.Minute)
		kept := len(p.spans())
		require.Greater(t, kept, 100)
		require.Equal(t, map[string]int{"/articles/{slug}": kept}, p.patternsOf("chi"))
		require.Equal(t, map[string]int{"/articles/{slug}": kept}, p.patternsOf("nginx"))
		p.logSink.Reset()
		for n := range 10 {
			sc := newScene()
			sc.log("nginx", 0, 0, noID, requestLine(fmt.Sprintf("/articles/%c-new", 'a'+n), 200))
			p.send(sc.ld)
		}
		require.Equal(t, map[string]int{"/articles/{slug}": 10}, p.patternsOf("nginx"))
	})
}

// A request that no route was found for has one pattern for all of them, and not that of
// the root, by which frameworks call its span.
func TestTheRootIsNoPatternOfWhatIsNotFound(t *testing.T) {
	half := func(c *Config) { c.Sampling.SamplingPercentage = 50 }
	bubbled(t, half, func(t *testing.T, p *pipelines) {
		for n := range 300 {
			sc := newScene()
			sc.log("chi", n, 1, requestLine(fmt.Sprintf("/wp-%d.php", n), 404)).span("chi", n, 1, 0, server, routed("/", 404), spanAttr("http.route", ""))
			p.send(sc.ld, sc.td)
		}
		time.Sleep(time.Minute)
		require.NotEmpty(t, p.spans())
		for _, s := range p.spans() {
			_, has := s.Attributes().Get("url.template")
			require.False(t, has)
		}
		require.Equal(t, map[string]int{"/{path...}": len(p.spans())}, p.patternsOf("chi"))
	})
}
