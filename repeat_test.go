// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
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

func TestRepeatedAccessLogs(t *testing.T) {
	dedup := func(c *LogsConfig) { c.DeduplicateAccessLogs = true }
	redundant := func(c *LogsConfig) { c.DropRedundantAccessLogs = true }
	both := func(c *LogsConfig) { dedup(c); redundant(c) }
	other := func(ld plog.Logs) plog.Logs {
		ld.ResourceLogs().At(0).Resource().Attributes().PutStr("service.name", "proxy")
		return ld
	}
	span := spanOf(200, 1, get("/feed/17"))
	tests := []struct {
		name                 string
		change               func(*LogsConfig)
		data                 []any
		want                 []string
		duplicate, redundant int64
	}{
		{"off", func(*LogsConfig) {}, []any{line("start", 1, "/feed/17", 0), line("end", 2, "/feed/17", 200), span}, []string{"start", "end"}, 0, 0},
		{"start and end", dedup, []any{line("start", 1, "/feed/17", 0), line("end", 2, "/feed/17", 200)}, []string{"end"}, 1, 0},
		{"end came first", dedup, []any{line("end", 2, "/feed/17", 200), line("start", 1, "/feed/17", 0)}, []string{"end"}, 1, 0},
		{"at the same time", dedup, []any{line("first", 1, "/feed/17", 200), line("second", 1, "/feed/17", 200)}, []string{"second"}, 1, 0},
		{"two requests", dedup, []any{line("one", 1, "/feed/17", 200), line("two", 2, "/feed/18", 200)}, []string{"one", "two"}, 0, 0},
		{"two services", dedup, []any{line("shop", 1, "/feed/17", 200), other(line("proxy", 2, "/feed/17", 200))}, []string{"shop", "proxy"}, 0, 0},
		{"end failed", dedup, []any{line("start", 1, "/feed/17", 0), line("end", 2, "/feed/17", 500)}, []string{"end"}, 1, 0},
		{"start failed", dedup, []any{line("start", 1, "/feed/17", 500), line("end", 2, "/feed/17", 200)}, []string{"start", "end"}, 0, 0},
		{"no access log", dedup, []any{logOf(200, 1), logOf(200, 1)}, []string{"log", "log"}, 0, 0},
		{"span says the same", redundant, []any{span, line("end", 2, "/feed/17", 200)}, []string{}, 0, 1},
		{"log first", redundant, []any{line("end", 2, "/feed/17", 200), spanOf(200, 1, get("/feed/17"))}, []string{}, 0, 1},
		{"span says something else", redundant, []any{spanOf(200, 1, get("/feed/17")), line("end", 2, "/feed/17", 304)}, []string{"end"}, 0, 0},
		{"span is not there", redundant, []any{spanOf(200, 2, get("/feed/17")), line("end", 2, "/feed/17", 200)}, []string{"end"}, 0, 0},
		{"log reports a failure", redundant, []any{spanOf(200, 1, get("/feed/17"), func(s ptrace.Span) { s.Attributes().PutInt("http.response.status_code", 500) }), line("end", 2, "/feed/17", 500)}, []string{"end"}, 0, 0},
		{"both", both, []any{spanOf(200, 1, get("/feed/17")), line("start", 1, "/feed/17", 0), line("end", 2, "/feed/17", 200)}, []string{}, 1, 1},
	}
	for _, percentage := range []float64{1, 100} {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				bubbled(t, func(c *Config) { c.Sampling.SamplingPercentage = percentage; tt.change(&c.Logs) }, func(t *testing.T, p *pipelines) {
					for _, d := range tt.data { // a copy: the cases run twice
						switch d := d.(type) {
						case ptrace.Traces:
							td := ptrace.NewTraces()
							d.CopyTo(td)
							p.send(td)
						case plog.Logs:
							ld := plog.NewLogs()
							d.CopyTo(ld)
							p.send(ld)
						}
					}
					time.Sleep(11 * time.Second)
					require.ElementsMatch(t, tt.want, p.bodies())
					require.Equal(t, tt.duplicate, p.sum("logs_dropped", attribute.String("reason", "duplicate")))
					require.Equal(t, tt.redundant, p.sum("logs_dropped", attribute.String("reason", "redundant")))
					p.conserved()
				})
			})
		}
	}
}

// Where a log knows the pattern alone, it is compared with the span's, whatever
// attribute patterns are in.
func TestRepeatedAccessLogsByPattern(t *testing.T) {
	for _, percentage := range []float64{1, 100} {
		bubbled(t, func(c *Config) {
			c.Sampling.SamplingPercentage, c.Logs.DropRedundantAccessLogs, c.Routes.Attribute = percentage, true, "app.pattern"
		}, func(t *testing.T, p *pipelines) {
			p.send(spanOf(200, 1, get("/feed/17")))
			for name, pattern := range map[string]string{"same": "/feed/{int}", "other": "/feed"} {
				p.send(logOf(200, 1, func(lr plog.LogRecord) {
					lr.Body().SetStr(name)
					lr.Attributes().PutStr("http.route", pattern)
					lr.Attributes().PutInt("http.response.status_code", 200)
				}))
			}
			time.Sleep(11 * time.Second)
			require.Equal(t, []string{"other"}, p.bodies())
			p.conserved()
		})
	}
}

func TestRepeatsStayInADryRun(t *testing.T) {
	bubbled(t, func(c *Config) { onePercent(c); c.Sampling.DryRun, c.Logs.DeduplicateAccessLogs = true, true }, func(t *testing.T, p *pipelines) {
		p.send(line("start", 1, "/feed/17", 0), line("end", 2, "/feed/17", 200))
		time.Sleep(11 * time.Second)
		require.Equal(t, []string{"start", "end"}, p.bodies())
		require.Equal(t, "duplicate", text(p.records()[0], rules.AttributeDryRepeat))
		require.Empty(t, text(p.records()[1], rules.AttributeDryRepeat))
		p.conserved()
	})
}
