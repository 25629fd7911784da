// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
)

// labels are the attributes of all series.
func (p *page) labels() (all []attribute.KeyValue) {
	var read metricdata.ResourceMetrics
	require.NoError(p.t, p.telemetry.Reader.Collect(context.Background(), &read))
	add := func(set attribute.Set) { all = append(all, set.ToSlice()...) }
	for _, sm := range read.ScopeMetrics {
		for _, m := range sm.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				for i := range data.DataPoints {
					add(data.DataPoints[i].Attributes)
				}
			case metricdata.Sum[float64]:
				for i := range data.DataPoints {
					add(data.DataPoints[i].Attributes)
				}
			case metricdata.Gauge[int64]:
				for i := range data.DataPoints {
					add(data.DataPoints[i].Attributes)
				}
			case metricdata.Histogram[float64]:
				for i := range data.DataPoints {
					add(data.DataPoints[i].Attributes)
				}
			default:
				require.Failf(p.t, "a kind of metric that is not looked into", "%s: %T", m.Name, m.Data)
			}
		}
	}
	return all
}

// brokenText is text as it should not be sent.
func brokenText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"", "cart", "\xff", "a\x00b", "a\nb", "\xed\xa0\x80", strings.Repeat("x", 255) + "é", strings.Repeat("\xfe", 1<<16)}),
		rapid.String(),
		rapid.Custom(func(t *rapid.T) string { return string(rapid.SliceOfN(rapid.Byte(), 0, 400).Draw(t, "bytes")) }),
	)
}

// breakSpan makes a span whose texts and resource are broken.
func breakSpan(t *rapid.T, td ptrace.Traces) {
	rs := td.ResourceSpans().At(0)
	breakResource(t, rs.Resource())
	s := rs.ScopeSpans().At(0).Spans().At(0)
	s.SetKind(ptrace.SpanKind(rapid.IntRange(0, 5).Draw(t, "kind")))
	s.SetName("GET /" + brokenText().Draw(t, "name"))
	for _, key := range []string{"url.path", "http.route", "peer.service", "server.address", "http.request.method", "http.response.status_code", "rpc.system"} {
		s.Attributes().PutStr(key, "/"+brokenText().Draw(t, key))
	}
}

func breakResource(t *rapid.T, res pcommon.Resource) {
	for _, key := range []string{"service.name", "service.version", "deployment.id"} {
		switch rapid.IntRange(0, 4).Draw(t, "type") {
		case 0:
			res.Attributes().Remove(key)
		case 1:
			res.Attributes().PutInt(key, 7)
		case 2:
			res.Attributes().PutEmptyMap(key).PutStr(brokenText().Draw(t, "key"), brokenText().Draw(t, "value"))
		default:
			res.Attributes().PutStr(key, brokenText().Draw(t, key))
		}
	}
}

// classicName is a name that all versions and formats of Prometheus show as it is.
// Others have two forms, and the shipped queries could ask for one of them only.
var classicName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// Whatever is sent, each label of each metric is valid UTF-8 without control
// characters and short: one that is not makes the page of metrics of the whole
// collector unreadable.
func TestEveryLabelIsValid(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		spans := rapid.IntRange(1, 5).Draw(rt, "spans")
		synctest.Test(t, func(*testing.T) {
			p := newPipelines(rt, func(c *Config) {
				onePercent(c)
				c.Sampling.CountedRoutes = 3
				c.Sampling.RoutePercentages = map[string]float64{"GET /a\x01b": 50}
				c.Sampling.Rules = []correlationprocessor.RuleConfig{{
					Name: "a\xffb\n", Conditions: []string{`span.attributes["server.address"] != nil`}, Sampler: correlationprocessor.SamplerConfig{Type: correlationprocessor.AlwaysSample},
				}, {
					Name: "c\xffd\x00", Sampler: correlationprocessor.SamplerConfig{Type: correlationprocessor.AdaptiveThroughput, GoalThroughput: 1, FingerprintAttributes: []string{"url.path"}, MaxKeys: 1},
				}}
				c.Routes.Services = map[string]correlationprocessor.ServiceRoutesConfig{"c\xffd": {Templates: []string{"/x/{y}"}}}
				c.Telemetry.Heuristics = true
				c.Telemetry.Attributes = []string{"service.version", "deployment.id"}
			})
			defer p.shutdown()
			for n := range spans {
				td := spanOf(n, n)
				breakSpan(rt, td)
				ld := logOf(n+50, n, func(lr plog.LogRecord) { lr.Attributes().PutStr("url.path", "/"+brokenText().Draw(rt, "path")) })
				breakResource(rt, ld.ResourceLogs().At(0).Resource())
				p.send(td, ld)
			}
			time.Sleep(time.Minute)
			labels := p.labels()
			require.Greater(rt, len(labels), 20)
			for _, kv := range labels {
				v := kv.Value.String()
				require.Regexp(rt, classicName, string(kv.Key))
				require.True(rt, utf8.ValidString(v), "%.80q", v)
				require.LessOrEqual(rt, len(v), telemetry.MaxLabelBytes)
				require.False(rt, strings.ContainsFunc(v, unicode.IsControl), "%.80q", v)
			}
		})
	})
}
