// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
)

// line is an access log, told apart by its body.
func line(name string, second int, path string, status int64) plog.Logs {
	return logOf(200, 1, func(lr plog.LogRecord) {
		lr.Body().SetStr(name)
		lr.SetTimestamp(pcommon.Timestamp(second))
		lr.Attributes().PutStr("http.request.method", "GET")
		lr.Attributes().PutStr("url.path", path)
		if status != 0 {
			lr.Attributes().PutInt("http.response.status_code", status)
		}
	})
}

func (p *pipelines) bodies() []string {
	out := []string{}
	for _, lr := range p.records() {
		out = append(out, lr.Body().Str())
	}
	return out
}

// Access logs that repeat others or their span are dropped, whether traces wait for
// their verdict or only logs for their span. What repeats what is a test of package
// outlet.
func TestRepeatedAccessLogs(t *testing.T) {
	for _, percentage := range []float64{1, 100} {
		t.Run(fmt.Sprint(percentage), func(t *testing.T) {
			bubbled(t, func(c *Config) {
				c.Sampling.SamplingPercentage = percentage
				c.Logs.DeduplicateAccessLogs, c.Logs.DropRedundantAccessLogs = true, true
			}, func(t *testing.T, p *pipelines) {
				p.send(spanOf(200, 1, get("/feed/17")), line("start", 1, "/feed/17", 0), line("end", 2, "/feed/17", 200), line("other", 3, "/orders", 200))
				time.Sleep(11 * time.Second)
				require.Equal(t, []string{"other"}, p.bodies())
				require.EqualValues(t, 1, p.sum("logs_dropped", attribute.String("reason", "duplicate")))
				require.EqualValues(t, 1, p.sum("logs_dropped", attribute.String("reason", "redundant")))
				p.conserved()
			})
		})
	}
}

// ordinaryLogs are logs of a request that are no access logs, though loggers and a join say much of the request in them.
func ordinaryLogs() map[string]func(plog.LogRecord) {
	return map[string]func(plog.LogRecord){
		"cart loaded":   func(plog.LogRecord) {},
		"price changed": func(plog.LogRecord) {},
		"method and path from the context": func(lr plog.LogRecord) {
			lr.Attributes().PutStr("method", "GET")
			lr.Attributes().PutStr("path", "/feed/17")
		},
		"the same, semantic conventions": func(lr plog.LogRecord) {
			lr.Attributes().PutStr("http.request.method", "GET")
			lr.Attributes().PutStr("url.path", "/feed/17")
		},
		"the same, nested": func(lr plog.LogRecord) {
			_ = lr.Attributes().FromRaw(map[string]any{"req": map[string]any{"method": "GET", "url": "/feed/17"}})
		},
		`{"level":"info","msg":"context in JSON","method":"GET","path":"/feed/17"}`: func(plog.LogRecord) {},
		"level=info msg=logfmt method=GET path=/feed/17":                            func(plog.LogRecord) {},
	}
}

// Two of this processor in a row: what the first writes to ordinary logs does not make them access logs to the second.
func TestOrdinaryLogsSurviveTwoTiers(t *testing.T) {
	for name, joined := range map[string][]string{
		"default":          {"url.template", "http.route", "http.request.method", "http.response.status_code"},
		"another order":    {"http.response.status_code", "http.request.method", "url.template"},
		"without patterns": {"url.path", "http.request.method", "http.response.status_code"},
	} {
		t.Run(name, func(t *testing.T) {
			bubbled(t, func(c *Config) { onePercent(c); c.Logs.JoinAttributes = joined }, func(t *testing.T, first *pipelines) {
				second := newPipelines(t, func(c *Config) {
					onePercent(c)
					c.Logs.JoinAttributes = joined
					c.Logs.DeduplicateAccessLogs, c.Logs.DropRedundantAccessLogs = true, true
				})
				defer second.shutdown()
				first.send(spanOf(200, 1, get("/feed/17"), func(s ptrace.Span) { s.Attributes().PutInt("http.response.status_code", 200) }))
				first.send(line("request started", 1, "/feed/17", 0), line("request completed", 2, "/feed/17", 200))
				var want []string
				for body, change := range ordinaryLogs() {
					want = append(want, body)
					first.send(logOf(200, 1, func(lr plog.LogRecord) { lr.Body().SetStr(body) }, change))
				}
				time.Sleep(40 * time.Second)
				for _, lr := range first.records() {
					_, ok := lr.Attributes().Get("http.response.status_code")
					require.True(t, ok, "joined, or its own")
				}
				for _, td := range first.spanSink.AllTraces() {
					second.send(td)
				}
				for _, ld := range first.logSink.AllLogs() {
					second.send(ld)
				}
				time.Sleep(40 * time.Second)
				if name == "without patterns" { // then the status of an access log may be joined as well
					want = append(want, "request started", "request completed")
					require.Subset(t, want, second.bodies())
					require.Subset(t, second.bodies(), slices.Collect(maps.Keys(ordinaryLogs())))
					return
				}
				require.ElementsMatch(t, want, second.bodies())
				second.conserved()
			})
		})
	}
}
