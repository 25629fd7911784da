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

// Changes of spans and log records.

func logAttr(key, value string) func(plog.LogRecord) {
	return func(lr plog.LogRecord) { lr.Attributes().PutStr(key, value) }
}

func took(d time.Duration) func(ptrace.Span) {
	return func(s ptrace.Span) {
		s.SetStartTimestamp(1e18)
		s.SetEndTimestamp(1e18 + pcommon.Timestamp(d))
	}
}

func get(path string) func(ptrace.Span) {
	return func(s ptrace.Span) {
		s.SetKind(ptrace.SpanKindServer)
		s.Attributes().PutStr("http.request.method", "GET")
		s.Attributes().PutStr("url.path", path)
		s.Attributes().PutInt("http.response.status_code", 200)
	}
}

func accessLog(path string, status int64) func(plog.LogRecord) {
	return func(lr plog.LogRecord) {
		lr.Attributes().PutStr("http.request.method", "GET")
		lr.Attributes().PutStr("url.path", path)
		lr.Attributes().PutInt("http.response.status_code", status)
	}
}

// ruleCase says what the items of one trace bring about. The trace's
// randomness is below the threshold of 1 %, so only rules keep it.
type ruleCase struct {
	name   string
	change func(*rules.Config)
	data   func() []any
	keep   bool
	rule   string
}

func items(data ...any) func() []any { return func() []any { return data } }

func runRuleCases(t *testing.T, cases []ruleCase) {
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			bubbled(t, func(c *Config) {
				c.Sampling.SamplingPercentage = 1
				tt.change(&c.Sampling)
			}, func(t *testing.T, p *pipelines) {
				data := tt.data()
				p.send(data...)
				time.Sleep(11 * time.Second)
				want := 0
				if tt.keep {
					want = len(data)
				}
				require.Len(t, append(make([]any, len(p.spans())), make([]any, len(p.records()))...), want)
				require.EqualValues(t, 1, p.sum("decisions", attribute.String("rule", tt.rule), attribute.String("verdict", rules.VerdictName(tt.keep))))
				require.EqualValues(t, 1, p.sum("decisions"))
				p.conserved()
			})
		})
	}
}

// Rules look at what the processor itself finds: the flags of a trace header in a
// log, and the pattern of a path. All else about rules has its tests in package
// rules.
func TestRulesOnWhatTheProcessorFinds(t *testing.T) {
	b3 := func(lr plog.LogRecord) {
		lr.SetTraceID(pcommon.TraceID{})
		lr.Attributes().PutStr("b3", traceNumbered(1).String()+"-00f067aa0ba902b7-d")
	}
	noFeed := func(c *rules.Config) { c.RoutePercentages = map[string]float64{"GET /feed/:id": 0} }
	runRuleCases(t, []ruleCase{
		{"B3 debug flag", func(*rules.Config) {}, items(spanOf(1, 1), logOf(1, 1, b3)), true, "debug"},
		{"B3 debug flag not heeded", func(c *rules.Config) { c.Debug.Flags = false }, items(logOf(1, 1, b3)), false, "default"},
		{"by method and inferred pattern", noFeed, items(spanOf(1, 1, root, get("/feed/17"))), false, "route:GET /feed/:id"},
		{"by the framework's route", noFeed, items(spanOf(1, 1, root, get("/feed/x"), spanAttr("http.route", "/feed/{feed_id}"))), false, "route:GET /feed/:id"},
		{"condition on the pattern", keepIf(`span.attributes["url.template"] == "/feed/{int}"`), items(spanOf(1, 1, get("/feed/17"))), true, "mine"},
	})
}
