// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules/sampler"
	"github.com/otelcol-correlation/correlationprocessor/internal/stamp"
)

func byRequest(c *Config) { c.Logs.RequestIDAttributes = []string{"request_id", "req"} }

// requestLog is a log of cart without a trace id, about a request.
func requestLog(id string) plog.Logs {
	return logOf(0, 0, noID, func(lr plog.LogRecord) { lr.Attributes().PutStr("request_id", id) })
}

func requestSpan(trace int, id string, change ...func(ptrace.Span)) ptrace.Traces {
	return spanOf(trace, 1, append(change, func(s ptrace.Span) { s.Attributes().PutStr("req", id) })...)
}

func TestALogFindsItsTraceByItsRequest(t *testing.T) {
	for name, other := range map[string]func() any{
		"of a span": func() any { return requestSpan(7, "r1") },
		"of a log": func() any {
			return logOf(7, 1, func(lr plog.LogRecord) { lr.Attributes().PutStr("request_id", "r1") })
		},
		"of a log that has it in its text": func() any {
			return logOf(0, 0, noID, func(lr plog.LogRecord) {
				lr.Attributes().PutStr("request_id", "r1")
				lr.Body().SetStr(fmt.Sprintf(`{"trace_id":"%s"}`, traceNumbered(7)))
			})
		},
	} {
		for order, first := range map[string]bool{"before": true, "after": false} {
			t.Run(name+" that came "+order, func(t *testing.T) {
				bubbled(t, byRequest, func(t *testing.T, p *pipelines) {
					waiting := requestLog("r1")
					if first {
						p.send(other(), waiting)
					} else {
						p.send(waiting)
						require.EqualValues(t, 1, p.sum("logs_held"))
						require.Empty(t, p.records())
						p.conserved()
						time.Sleep(5 * time.Second)
						p.send(other())
					}
					time.Sleep(5 * time.Second)
					for _, lr := range p.records() {
						require.Equal(t, traceNumbered(7), lr.TraceID())
					}
					require.EqualValues(t, 1, p.sum("logs_trace_id_extracted", attribute.String("source", "request_id")))
					require.Zero(t, p.sum("logs_missing_trace_id"))
					require.Zero(t, p.sum("logs_held"))
					require.NotEmpty(t, p.records())
					p.conserved()
				})
			})
		}
	}
}

func TestALogWhoseRequestIsUnknownPassesAfterTheWait(t *testing.T) {
	other := requestSpan(7, "r1")
	other.ResourceSpans().At(0).Resource().Attributes().PutStr("service.name", "orders")
	bubbled(t, byRequest, func(t *testing.T, p *pipelines) {
		p.send(requestLog("r1"), requestSpan(8, "r2"), other)
		time.Sleep(9 * time.Second)
		require.Empty(t, p.records(), "neither another request nor another service counts")
		time.Sleep(2 * time.Second)
		require.Len(t, p.records(), 1)
		require.True(t, p.records()[0].TraceID().IsEmpty())
		require.EqualValues(t, 1, p.sum("logs_missing_trace_id", attribute.String("reason", "absent")))
		p.conserved()
		p.send(requestSpan(7, "r1"))
		require.Len(t, p.records(), 1, "it comes out once")
	})
}

// The log shares the trace's verdict, like any other.
func TestALogFoundByItsRequestSharesTheVerdict(t *testing.T) {
	both := func(c *Config) { byRequest(c); onePercent(c) }
	bubbled(t, both, func(t *testing.T, p *pipelines) {
		p.send(requestLog("dropped"), requestLog("kept"), requestLog("late"))
		p.send(requestSpan(1, "dropped", root), requestSpan(100, "kept", root), requestSpan(101, "other", root))
		time.Sleep(4 * time.Second)
		p.send(requestSpan(101, "late"))
		time.Sleep(time.Second)
		ids := map[pcommon.TraceID]bool{}
		for _, lr := range p.records() {
			ids[lr.TraceID()] = true
			require.Equal(t, "fd70a", attrs(lr)["sampling.threshold"])
		}
		require.Equal(t, map[pcommon.TraceID]bool{traceNumbered(100): true, traceNumbered(101): true}, ids)
		require.EqualValues(t, 1, p.sum("logs_dropped", attribute.String("reason", "sampling")))
		p.conserved()
	})
}

func TestLogsThatWaitForTheirRequestComeOutAtShutdown(t *testing.T) {
	bubbled(t, byRequest, func(t *testing.T, p *pipelines) {
		p.send(requestLog("r1"))
		require.NoError(t, p.traces.Shutdown(t.Context()))
		require.Len(t, p.records(), 1)
		p.conserved()
		p.send(requestLog("r2"))
		require.Len(t, p.records(), 2, "none waits any more")
	})
}

func TestLogsThatWaitAreBounded(t *testing.T) {
	bubbled(t, func(c *Config) { byRequest(c); c.MaxBytes = minBytes }, func(t *testing.T, p *pipelines) {
		const logs = 2000
		for n := range logs {
			p.send(requestLog(fmt.Sprint(n)))
			require.LessOrEqual(t, p.sum("buffer_bytes"), int64(minBytes/16+8192), "and segments that are not full")
		}
		held := p.sum("logs_held")
		require.Positive(t, held)
		require.Len(t, p.records(), logs-int(held), "what has no room passes")
		p.conserved()
		time.Sleep(11 * time.Second)
		require.Len(t, p.records(), logs)
		require.EqualValues(t, logs, p.sum("logs_missing_trace_id"))
		require.Zero(t, p.sum("logs_held"))
	})
}

// No sender waits for it any more, so it is counted as what it would have been.
func TestALogWhoseConditionFailsAfterItWaitedIsRefused(t *testing.T) {
	fails := func(c *Config) {
		byRequest(c)
		c.Sampling.ErrorMode = ottl.PropagateError
		keepIf(`Int(log.attributes["n"]) / Int(log.attributes["d"]) > 1`)(&c.Sampling)
	}
	bubbled(t, fails, func(t *testing.T, p *pipelines) {
		p.send(logOf(0, 0, noID, logAttr("request_id", "r1"), logAttr("n", "4"), logAttr("d", "0")), requestSpan(7, "r1"))
		require.EqualValues(t, 1, p.sum("logs_refused"))
		require.Zero(t, p.sum("logs_dropped"))
		require.Zero(t, p.sum("logs_held"))
		p.conserved()
	})
}

// A log that waited and passes is stamped with its trace's verdict, or not at all if
// it has none: not with the first rule, whichever that is.
func TestALogThatWaitedIsStampedOnceWithItsOwnVerdict(t *testing.T) {
	first := func(by sampler.Config) func(*Config) {
		return func(c *Config) {
			byRequest(c)
			onePercent(c)
			c.Sampling.RuleAttribute = "kept.by"
			c.Sampling.Rules = []rules.RuleConfig{{Name: "first", Conditions: []string{`log.attributes["first"] != nil`}, Sampler: by}}
		}
	}
	marks := func(lr plog.LogRecord) (out []string) {
		for _, key := range []string{"kept.by", record.AttributeThreshold, record.AttributeRandomness, stamp.AttributeDryRule, stamp.AttributeDryVerdict} {
			out = append(out, text(lr, key))
		}
		return out
	}
	const rv = "fe000000000000"
	for name, tt := range map[string]struct {
		change func(*Config)
		spans  []ptrace.Traces // sent before the log is found; none: it is never found
		want   []string        // nil for a log that is dropped
	}{
		"never found":               {first(sampler.Config{Type: sampler.Probabilistic, SamplingPercentage: 50}), nil, []string{"", "", "", "", ""}},
		"never found, never_sample": {first(sampler.Config{Type: sampler.NeverSample}), nil, []string{"", "", "", "", ""}},
		"never found, unsampled": {func(c *Config) {
			first(sampler.Config{Type: sampler.AlwaysSample})(c)
			c.Sampling.UpstreamUnmarked = rules.UpstreamUnsampled
		}, nil, []string{"", "", "", "", ""}},
		"never found, dry": {func(c *Config) {
			first(sampler.Config{Type: sampler.NeverSample})(c)
			c.Sampling.DryRun = true
		}, nil, []string{"", "", "", "", ""}},
		"never found, a rule alone": {func(c *Config) { byRequest(c); onePercent(c); c.Sampling.Errors = false }, nil, []string{"", "", "", "", ""}},
		"never found, sampled by itself": {func(c *Config) {
			first(sampler.Config{Type: sampler.NeverSample})(c)
			c.Logs.MissingTraceID.SamplingPercentage, c.Sampling.DryRun = 0, true
		}, nil, []string{"", "", "", stamp.RuleMissing, "drop"}},
		"found, kept by the share": {first(sampler.Config{Type: sampler.NeverSample}), []ptrace.Traces{requestSpan(200, "r1")}, []string{"default", "fd70a", "", "", ""}},
		"found, dropped":           {first(sampler.Config{Type: sampler.AlwaysSample}), []ptrace.Traces{requestSpan(1, "r1")}, nil},
		"found, evidence":          {first(sampler.Config{Type: sampler.NeverSample}), []ptrace.Traces{requestSpan(1, "r1", failed)}, []string{"errors", "", "", "", ""}},
		"found, judged by another's randomness": {
			first(sampler.Config{Type: sampler.NeverSample}), []ptrace.Traces{requestSpan(1, "r1", state("ot=rv:"+rv))}, []string{"default", "fd70a", rv, "", ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubbled(t, tt.change, func(t *testing.T, p *pipelines) {
				p.send(requestLog("r1"))
				for _, td := range tt.spans {
					p.send(td)
				}
				time.Sleep(25 * time.Second)
				p.conserved()
				if tt.want == nil {
					require.Empty(t, p.records())
					return
				}
				require.Len(t, p.records(), 1)
				require.Equal(t, tt.want, marks(p.records()[0]))
			})
		})
	}
}

// A log that comes after its trace was decided waits for its request as well, and what
// could not be noted on it is counted once.
func TestALogThatWaitedForADecidedTrace(t *testing.T) {
	bubbled(t, func(c *Config) { byRequest(c); onePercent(c); c.Sampling.RuleAttribute = "kept.by" }, func(t *testing.T, p *pipelines) {
		p.send(spanOf(1, 1, failed), spanOf(2, 1, state("ot=rv:ffffffffffffff")))
		time.Sleep(11 * time.Second)
		p.send(requestLog("r1"), requestLog("r2"), requestSpan(1, "r1"), requestSpan(2, "r2", state("ot=rv:ffffffffffffff")))
		time.Sleep(time.Second)
		got := map[pcommon.TraceID]string{}
		for _, lr := range p.records() {
			got[lr.TraceID()] = text(lr, "kept.by") + text(lr, record.AttributeThreshold)
		}
		require.Equal(t, map[pcommon.TraceID]string{traceNumbered(1): "errors", traceNumbered(2): "default"}, got)
		require.EqualValues(t, 1, p.sum("thresholds_unwritten", attribute.String("signal", "logs"), attribute.String("reason", "below_threshold")))
		p.conserved()
	})
}

// A log that is lost after it waited is lost evidence if its trace is kept for certain,
// and not if it has no trace, whatever the first rule keeps.
func TestALogThatWaitedAndIsLost(t *testing.T) {
	for evidence, want := range map[bool]int64{true: 1, false: 0} {
		synctest.Test(t, func(t *testing.T) {
			p := &pipelines{spanSink: new(consumertest.TracesSink)}
			p.start(t, func(c *Config) { byRequest(c); onePercent(c) }, p.spanSink, consumertest.NewErr(consumererror.NewPermanent(errNext)))
			defer p.shutdown()
			if evidence {
				p.send(spanOf(1, 1, failed))
			}
			time.Sleep(11 * time.Second)
			p.send(requestLog("r1"))
			if evidence {
				p.send(requestSpan(1, "r1"))
			}
			time.Sleep(25 * time.Second)
			require.EqualValues(t, 1, p.sum("logs_dropped", attribute.String("reason", "export_failed")))
			require.Equal(t, want, p.sum("evidence_lost", attribute.String("signal", "logs")))
			p.conserved()
		})
	}
}
