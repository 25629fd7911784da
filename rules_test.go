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

// Conditions see the path of a request also where it is not handed on.
func TestRulesLookAtPathsBeforeTheyAreMasked(t *testing.T) {
	for _, mode := range []RawPathMode{RawPathKeep, RawPathDrop, RawPathHash} {
		for name, tt := range map[string]struct {
			condition string
			data      func() any
		}{
			"span":             {`span.attributes["url.path"] == "/carts/17"`, func() any { return spanOf(1, 1, get("/carts/17")) }},
			"span and pattern": {`span.attributes["url.path"] == "/carts/17" and span.attributes["url.template"] == "/carts/{int}"`, func() any { return spanOf(1, 1, get("/carts/17")) }},
			"log":              {`log.attributes["url.path"] == "/carts/17"`, func() any { return logOf(1, 1, accessLog("/carts/17", 200)) }},
			"log of no trace":  {`log.attributes["url.path"] == "/carts/17"`, func() any { return logOf(1, 1, withoutTrace, accessLog("/carts/17", 200)) }},
		} {
			t.Run(name+", "+string(mode), func(t *testing.T) {
				bubbled(t, func(c *Config) {
					c.Routes.RawPath, c.Sampling.RuleAttribute = mode, "rule"
					c.Sampling.SamplingPercentage, c.Logs.MissingTraceID.SamplingPercentage = 1, 0
					keepIf(tt.condition)(&c.Sampling)
				}, func(t *testing.T, p *pipelines) {
					p.send(tt.data())
					time.Sleep(time.Minute)
					out := map[string]any{}
					for _, s := range p.spans() {
						out = s.Attributes().AsRaw()
					}
					for _, lr := range p.records() {
						out = lr.Attributes().AsRaw()
					}
					require.Equal(t, "mine", out["rule"])
					want := map[RawPathMode]any{RawPathKeep: "/carts/17", RawPathHash: out["url.path"], RawPathDrop: nil}
					require.Equal(t, want[mode], out["url.path"])
					require.Equal(t, mode == RawPathKeep, out["url.path"] == "/carts/17")
					p.conserved()
				})
			})
		}
	}
}

// A tier behind one that takes the paths away heeds rules on requests by the patterns
// that are left.
func TestRulesOnRequestsByPatternsOfAnEarlierTier(t *testing.T) {
	for _, tt := range []struct {
		change func(*Config)
		data   func() any
		rule   string
	}{
		{func(*Config) {}, func() any { return spanOf(1, 1, root, get("/healthz"), spanName("GET")) }, "health_checks"},
		{func(*Config) {}, func() any { return logOf(1, 1, accessLog("/healthz", 200)) }, "health_checks"},
		{func(*Config) {}, func() any { return spanOf(1, 1, root, get("/img/logo.png"), spanName("GET")) }, "static_assets"},
		{func(*Config) {}, func() any { return spanOf(1, 1, root, get("/feed/17"), spanName("GET")) }, "route:/feed/{id}"},
		{func(*Config) {}, func() any { return logOf(1, 1, accessLog("/feed/17", 200)) }, "route:/feed/{id}"},
		{func(c *Config) { c.Routes.Attribute = "route" }, func() any { return spanOf(1, 1, root, get("/feed/17"), spanName("GET")) }, "route:/feed/{id}"},
	} {
		for _, mode := range []RawPathMode{RawPathDrop, RawPathHash} {
			var passed []any
			bubbled(t, func(c *Config) { tt.change(c); c.Routes.RawPath, c.Sampling.Errors = mode, false }, func(t *testing.T, p *pipelines) {
				p.send(tt.data())
				time.Sleep(time.Minute)
				for _, td := range p.spanSink.AllTraces() {
					passed = append(passed, td)
				}
				for _, ld := range p.logSink.AllLogs() {
					passed = append(passed, ld)
				}
				require.Len(t, passed, 1)
			})
			bubbled(t, func(c *Config) {
				tt.change(c)
				suppressAll(c)
				c.Sampling.RoutePercentages = map[string]float64{"/feed/{id}": 0}
			}, func(t *testing.T, p *pipelines) {
				p.send(passed...)
				time.Sleep(time.Minute)
				require.EqualValues(t, 1, p.sum("decisions", attribute.String("rule", tt.rule), attribute.String("verdict", "drop")), "%s, %s", tt.rule, mode)
			})
		}
	}
}

func suppressAll(c *Config) {
	c.Sampling.Suppress = rules.SuppressConfig{HealthChecks: true, StaticAssets: true}
}

func spanName(name string) func(ptrace.Span) { return func(s ptrace.Span) { s.SetName(name) } }

// Late evidence is what by itself matches a rule that keeps more, also where the rule
// has several conditions.
func TestLateEvidenceOfSeveralConditions(t *testing.T) {
	vip, big := spanAttr("vip", "yes"), spanAttr("size", "big")
	isVIP, isBig := `span.attributes["vip"] == "yes"`, `span.attributes["size"] == "big"`
	for name, tt := range map[string]struct {
		match     rules.MatchMode
		condition []string
		late      func() any
		kept      bool
	}{
		"any item, both met":           {"", []string{isVIP, isBig}, func() any { return spanOf(1, 2, vip, big) }, true},
		"any item, one met":            {"", []string{isVIP, isBig}, func() any { return spanOf(1, 2, vip) }, false},
		"same item, both met":          {rules.MatchSameItem, []string{isVIP, isBig}, func() any { return spanOf(1, 2, vip, big) }, true},
		"any item, met with its owner": {"", []string{isVIP, `resource.attributes["service.name"] == "cart"`}, func() any { return spanOf(1, 2, vip) }, true},
		"any item, both met by a log": {
			"", []string{`log.attributes["vip"] == "yes"`, `log.body == "log"`}, func() any { return logOf(1, 2, logAttr("vip", "yes")) }, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubbled(t, func(c *Config) {
				c.Sampling.SamplingPercentage = 1
				keepIf(tt.condition...)(&c.Sampling)
				c.Sampling.Rules[0].Match = tt.match
			}, func(t *testing.T, p *pipelines) {
				p.send(spanOf(1, 1, root))
				time.Sleep(time.Minute)
				require.Empty(t, p.spans())
				p.send(tt.late(), spanOf(1, 3), logOf(1, 3))
				time.Sleep(time.Minute)
				want := 0
				if tt.kept {
					want = 3 // what follows late evidence is kept with it
				}
				require.Len(t, append(make([]any, len(p.spans())), make([]any, len(p.records()))...), want)
				p.conserved()
			})
		})
	}
}
