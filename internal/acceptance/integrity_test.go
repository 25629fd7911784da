// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// Each flaw shows under the metric and the service where it belongs, and under
// no other.
func TestEachFlawHasItsMetric(t *testing.T) {
	nothing := map[string]int64{}
	tests := map[string]struct {
		change func(*Config)
		scene  func(*scene)
		want   map[string]int64
	}{
		"a whole trace":                  {nil, func(*scene) {}, nothing},
		"a whole trace, with heuristics": {heuristics, func(sc *scene) { sc.whole(2) }, nothing},
		"a client span within a client span": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 0, client, toOrders).span("cart", 1, 2, 1, client, toOrders).span("orders", 1, 3, 2, server).log("cart", 1, 1)
		}, nothing},
		"a call that failed": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 0, client, toOrders, failed).log("cart", 1, 1)
		}, nothing},
		"a call to a service that sends no spans": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 0, client, spanAttr("server.address", "postgres")).log("cart", 1, 1)
		}, nothing},
		"a span that client and server share, as in Zipkin": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 0, client, toOrders).span("orders", 1, 1, 0, server).log("cart", 1, 1)
		}, nothing},
		"two logs of a span": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 0, server).log("cart", 1, 1).log("cart", 1, 1).log("cart", 1, 0, func(lr plog.LogRecord) { lr.SetSpanID(pcommon.SpanID{}) })
		}, nothing},
		"upstream sends its spans elsewhere": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 77, server).log("cart", 1, 1)
		}, map[string]int64{"traces_rootless{cart,remote}": 1, "spans_remote_parent_unseen{cart,server}": 1}},
		"the flags say that the parent is remote": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 77, inner, flags(0x301)).log("cart", 1, 1)
		}, map[string]int64{"traces_rootless{cart,remote}": 1, "spans_remote_parent_unseen{cart,internal}": 1}},
		"the flags say that a server's parent is local": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 77, server, flags(0x101)).log("cart", 1, 1)
		}, map[string]int64{"traces_rootless{cart,local}": 1, "spans_orphan{cart,server}": 1}},
		"no root": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 77, inner).span("cart", 1, 2, 77, inner).log("cart", 1, 1)
		}, map[string]int64{"traces_rootless{cart,local}": 1, "spans_orphan{cart,internal}": 2}},
		"a circle": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 2, inner).span("cart", 1, 2, 1, inner).log("cart", 1, 1)
		}, map[string]int64{"traces_rootless{cart,local}": 1}},
		"two roots": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 0, server).span("orders", 1, 2, 0, inner).log("cart", 1, 1)
		}, map[string]int64{"traces_multi_root{orders}": 1, "traces_disconnected{orders}": 1}},
		"a piece apart": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 0, server).span("orders", 1, 2, 3, inner).span("orders", 1, 3, 2, inner).log("cart", 1, 1)
		}, map[string]int64{"traces_disconnected{orders}": 1}},
		"a lost span between": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 0, server).span("cart", 1, 3, 2, client).log("cart", 1, 1)
		}, map[string]int64{"spans_orphan{cart,client}": 1, "traces_disconnected{cart}": 1}},
		"the context was not passed on": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 0, client, toOrders).log("cart", 1, 1)
		}, map[string]int64{"client_without_server{cart,orders}": 1}},
		"the service is called by its name": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 0, client, spanAttr("server.address", "orders.shop.svc.cluster.local")).log("cart", 1, 1)
		}, map[string]int64{"client_without_server{cart,orders}": 1}},
		"peer.service names the service": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 0, client, spanAttr("peer.service", "orders")).log("cart", 1, 1)
		}, map[string]int64{"client_without_server{cart,orders}": 1}},
		"the context was not put into a message": {nil, func(sc *scene) {
			sc.span("cart", 2, 1, 0, sends, spanAttr("messaging.destination.name", "jobs")).
				span("orders", 2, 2, 1, receives, spanAttr("messaging.destination.name", "jobs")).log("cart", 2, 1).
				span("cart", 1, 1, 0, sends, spanAttr("messaging.destination.name", "jobs")).log("cart", 1, 1)
		}, map[string]int64{"client_without_server{cart,orders}": 1}},
		"the called service began a trace of its own": {heuristics, func(sc *scene) {
			sc.span("cart", 1, 1, 0, client, toOrders).span("orders", 2, 3, 0, server, toOrders).log("cart", 1, 1).log("orders", 2, 3)
		}, map[string]int64{"client_without_server{cart,orders}": 1, "propagation_broken{orders,restarted}": 1}},
		"a root that fits no call": {heuristics, func(sc *scene) {
			sc.span("cart", 1, 2, 0, client, toOrders).span("orders", 2, 1, 0, server, toOrders).log("cart", 1, 2).log("orders", 2, 1)
		}, map[string]int64{"client_without_server{cart,orders}": 1}},
		"logs without spans": {
			nil, func(sc *scene) { sc.log("cart", 1, 1) },
			map[string]int64{"logs_without_spans{cart,unknown}": 1, "log_span_dangling{cart,unknown}": 1},
		},
		"logs without spans of a sampled trace": {
			nil, func(sc *scene) { sc.log("cart", 1, 1, sampledLog) },
			map[string]int64{"logs_without_spans{cart,true}": 1, "log_span_dangling{cart,true}": 1},
		},
		"logs without spans of a trace that is not sampled": {nil, func(sc *scene) {
			sc.log("cart", 1, 1)
			sc.ld.ResourceLogs().At(0).Resource().Attributes().PutStr("telemetry.sdk.name", "opentelemetry")
		}, map[string]int64{"logs_without_spans{cart,false}": 1}},
		"a text log that says it is not sampled": {nil, func(sc *scene) {
			sc.log("cart", 1, 0, noID, func(lr plog.LogRecord) {
				lr.Attributes().PutStr("traceparent", "00-00000000000000020000000000000002-00f067aa0ba902b7-00")
			})
		}, map[string]int64{"logs_without_spans{cart,false}": 1}},
		"spans without logs": {
			nil, func(sc *scene) { sc.span("cart", 1, 1, 0, server) },
			map[string]int64{"traces_without_logs{cart}": 1},
		},
		"a log speaks of a span that never came": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 0, server).log("cart", 1, 1).log("cart", 1, 2).log("cart", 1, 1).log("cart", 1, 2)
		}, map[string]int64{"log_span_dangling{cart,true}": 1}},
		"the trace id was cut": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 0, server).span("orders", 1, 2, 1, server, func(s ptrace.Span) {
				id := s.TraceID()
				clear(id[:8])
				s.SetTraceID(id)
			}).log("cart", 1, 1)
		}, map[string]int64{"propagation_broken{orders,trace_id_truncated}": 1}},
		"the trace id is longer later": {nil, func(sc *scene) {
			sc.span("orders", 1, 1, 0, server, func(s ptrace.Span) {
				id := s.TraceID()
				clear(id[:8])
				s.SetTraceID(id)
			}).span("cart", 1, 2, 1, server).log("cart", 1, 1)
		}, map[string]int64{"propagation_broken{orders,trace_id_truncated}": 1}},
		"a server's header has another trace": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 0, server, func(s ptrace.Span) {
				s.Attributes().PutEmptySlice("http.request.header.traceparent").AppendEmpty().SetStr("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
			}).log("cart", 1, 1)
		}, map[string]int64{"propagation_broken{cart,b3_w3c_mismatch}": 1}},
		"a log's header has another trace": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 0, server).log("cart", 1, 1, func(lr plog.LogRecord) {
				lr.Attributes().PutStr("b3", "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1")
			})
		}, map[string]int64{"propagation_broken{cart,b3_w3c_mismatch}": 1}},
		"headers with the same trace": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 0, server, spanAttr("http.request.header.b3", traceNumbered(1).String()[16:]+"-00f067aa0ba902b7-1")).
				log("cart", 1, 1, func(lr plog.LogRecord) {
					lr.Attributes().PutStr("traceparent", "00-"+traceNumbered(1).String()+"-00f067aa0ba902b7-01")
				})
		}, nothing},
		"flags that disagree": {heuristics, func(sc *scene) {
			sc.span("cart", 1, 1, 0, server, flags(0x101)).span("cart", 1, 2, 1, inner, flags(0x102)).log("cart", 1, 1)
		}, map[string]int64{"propagation_broken{cart,flags_inconsistent}": 1}},
		"flags of exporters that fill in no more than where the parent is": {heuristics, func(sc *scene) {
			for n, bits := range []uint32{0x300, 0x100, 0, 0x301, 0x400} {
				sc.span("cart", 200+n, 1, 0, server, flags(0x101)).span("cart", 200+n, 2, 1, client, flags(0x101), toOrders).
					span("orders", 200+n, 3, 2, server, flags(bits), toOrders).log("cart", 200+n, 1)
			}
		}, nothing},
		"two random values": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 0, server, state("ot=rv:11111111111111")).span("orders", 1, 2, 1, server, state("ot=rv:22222222222222")).log("cart", 1, 1)
		}, map[string]int64{"propagation_broken{orders,rv_conflict}": 1}},
		"a threshold that should have dropped the span": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 0, server, state("ot=th:8")).log("cart", 1, 1)
		}, map[string]int64{"propagation_broken{cart,th_inconsistent}": 1}},
		"a threshold that kept the span": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 0, server, state("ot=th:8;rv:90000000000000")).log("cart", 1, 1)
		}, nothing},
		"a span exported twice": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 0, server).span("cart", 1, 1, 0, server).log("cart", 1, 1)
		}, map[string]int64{"spans_duplicate_id{cart,repeated}": 1}},
		"two spans with one id": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 0, server).span("cart", 1, 1, 0, inner).log("cart", 1, 1)
		}, map[string]int64{"spans_duplicate_id{cart,conflicting}": 1}},
		"a span without an id": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 0, server).span("cart", 1, 2, 1, inner, func(s ptrace.Span) { s.SetSpanID(pcommon.SpanID{}) }).log("cart", 1, 1)
		}, map[string]int64{"spans_zero_id{cart}": 1}},
		"a span that was never ended": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 0, server, func(s ptrace.Span) { s.SetEndTimestamp(0) }).log("cart", 1, 1)
		}, map[string]int64{"spans_bad_time{cart,no_end}": 1}},
		"a span that ends before it starts": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 0, server, func(s ptrace.Span) { s.SetEndTimestamp(s.StartTimestamp() - 1) }).log("cart", 1, 1)
		}, map[string]int64{"spans_bad_time{cart,end_before_start}": 1}},
		"a span that was never begun": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 0, client).span("orders", 1, 2, 1, server, func(s ptrace.Span) { s.SetStartTimestamp(0) }).log("cart", 1, 1)
		}, map[string]int64{"spans_bad_time{orders,no_start}": 1}},
		"a span that starts by a clock that counts from boot": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 0, client).span("orders", 1, 2, 1, server, func(s ptrace.Span) { s.SetStartTimestamp(44511913730532) }).log("cart", 1, 1)
		}, map[string]int64{"spans_bad_time{orders,monotonic}": 1}},
		"a span of 31 days": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 0, server, func(s ptrace.Span) { s.SetStartTimestamp(sc.at(-31 * 24 * 3_600_000)) }).log("cart", 1, 1)
		}, map[string]int64{"spans_bad_time{cart,too_long}": 1}},
		"a span from the future": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 0, server, func(s ptrace.Span) { s.SetEndTimestamp(sc.at(61_000)) }).log("cart", 1, 1)
		}, map[string]int64{"spans_bad_time{cart,future}": 1}},
		"a span from the past": {nil, func(sc *scene) {
			sc.span("cart", 1, 1, 0, server, func(s ptrace.Span) {
				s.SetStartTimestamp(sc.at(-3_700_000))
				s.SetEndTimestamp(sc.at(-3_600_001))
			}).log("cart", 1, 1)
		}, map[string]int64{"spans_bad_time{cart,past}": 1}},
		"clocks that differ": {nil, func(sc *scene) {
			sc.span("cart", 1, 2, 0, client).span("orders", 1, 3, 2, server, func(s ptrace.Span) { s.SetStartTimestamp(sc.at(-1230)) }).log("cart", 1, 2)
		}, map[string]int64{"span_clock_skew{orders}": 250}},
		"a trace too big to be checked": {func(c *Config) { c.MaxItemsPerTrace = 6 }, func(sc *scene) {
			for n := range 7 {
				sc.span("cart", 1, n+1, 77, inner)
			}
		}, map[string]int64{"traces_unchecked{cart,giant}": 1}},
		"a log without a trace": {
			nil, func(sc *scene) { sc.log("cart", 1, 1, noID) },
			map[string]int64{"logs_missing_trace_id{cart,absent}": 1},
		},
		"switched off": {func(c *Config) { c.Telemetry.Integrity, c.Telemetry.SpanTimes = false, false }, func(sc *scene) {
			sc.span("cart", 1, 1, 77, inner, func(s ptrace.Span) { s.SetEndTimestamp(0) }).log("orders", 2, 1)
		}, nothing},
	}
	for name, tt := range tests {
		for mode, sample := range map[string]func(*Config){"sampled": onePercent, "all kept": func(*Config) {}} {
			t.Run(name+"/"+mode, func(t *testing.T) {
				bubbled(t, func(c *Config) {
					sample(c)
					if tt.change != nil {
						tt.change(c)
					}
				}, func(t *testing.T, p *pipelines) {
					before := newScene().whole(0)
					p.send(before.td, before.ld)
					sc := newScene()
					tt.scene(sc)
					p.send(sc.td, sc.ld)
					require.Empty(t, structural(p.findings(healthMetrics...)), "nothing is judged before its window is over")
					time.Sleep(11 * time.Second)
					require.Equal(t, tt.want, p.findings(healthMetrics...))
					p.exemplified(tt.want)
					p.conserved()
				})
			})
		}
	}
}

// exemplified checks that each of the flaws has an exemplar, whose trace and span are of
// the scenes, but for those whose items have no trace id, and of spans without an id.
func (p *page) exemplified(flaws map[string]int64) {
	for flaw := range flaws {
		name, _, _ := strings.Cut(flaw, "{")
		m, err := p.telemetry.GetMetric("otelcol_processor_correlation_" + name)
		require.NoError(p.t, err)
		points, ok := m.Data.(metricdata.Sum[int64])
		if !ok || name == "logs_missing_trace_id" {
			continue
		}
		for _, dp := range points.DataPoints {
			require.NotEmpty(p.t, dp.Exemplars, flaw)
			for _, e := range dp.Exemplars {
				require.LessOrEqual(p.t, binary.BigEndian.Uint64(e.TraceID[:8]), uint64(300), "%s: the trace %x", flaw, e.TraceID)
				require.NotZero(p.t, binary.BigEndian.Uint64(e.TraceID[8:]))
				require.Equal(p.t, name == "spans_zero_id", len(e.SpanID) == 0, flaw)
			}
		}
	}
}

// structural leaves out what an item shows alone.
func structural(found map[string]int64) map[string]int64 {
	for k := range found {
		if !strings.HasPrefix(k, "traces_") && !strings.HasPrefix(k, "client_") && !strings.HasPrefix(k, "spans_o") {
			delete(found, k)
		}
	}
	return found
}

func TestLostEvidenceIsCounted(t *testing.T) {
	bubbled(t, onePercent, func(t *testing.T, p *pipelines) {
		require.Empty(t, p.findings("evidence_lost"))
		next := &failing{err: consumererror.NewPermanent(errNext)}
		var q pipelines
		q.start(t, onePercent, next, consumertest.NewNop())
		defer q.shutdown()
		q.send(spanOf(1, 1, root), spanOf(100, 1, root))
		require.ErrorIs(t, q.traces.ConsumeTraces(t.Context(), spanOf(1, 2, failed)), errNext)
		time.Sleep(time.Minute)
		require.Equal(t, map[string]int64{"evidence_lost{,export_failed,errors,traces}": 1}, q.findings("evidence_lost"),
			"what was held when the evidence came")
	})
}

// Deployments have series of their own by any resource attribute.
func TestMetricsAreToldApartByResourceAttributes(t *testing.T) {
	change := func(c *Config) { c.Telemetry.Attributes = []string{"service.version", "deployment.id"} }
	bubbled(t, change, func(t *testing.T, p *pipelines) {
		for n := range int64(3) {
			ld := logOf(1, 1, noID)
			ld.ResourceLogs().At(0).Resource().Attributes().PutInt("deployment.id", n)
			p.send(ld)
		}
		require.EqualValues(t, 1, p.sum("logs_missing_trace_id", attribute.String("deployment_id", "2")))
		require.EqualValues(t, 3, p.sum("logs_received", attribute.String("service_name", "cart")))
	})
}

func TestSpansThatLackThingsPass(t *testing.T) {
	bubbled(t, onePercent, func(t *testing.T, p *pipelines) {
		p.send(
			spanOf(1, 1, func(s ptrace.Span) { s.SetTraceID(pcommon.TraceID{}) }),
			ptrace.NewTraces(), plog.NewLogs(),
			spanOf(100, 1, func(s ptrace.Span) { s.SetSpanID(pcommon.SpanID{}); s.SetName("") }),
			spanOf(101, 1, func(s ptrace.Span) { s.TraceState().FromRaw("\x00 not a tracestate,,==") }),
			spanOf(102, 1, func(s ptrace.Span) { s.SetName("\xff\xfe") }),
		)
		bare := ptrace.NewTraces()
		bare.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		p.send(bare)
		time.Sleep(11 * time.Second)
		require.Len(t, p.spans(), 5)
		require.EqualValues(t, 2, p.sum("spans_zero_id", attribute.String("service_name", "cart")))
		require.EqualValues(t, 3, p.sum("spans_zero_id"))
		p.conserved()
	})
}
