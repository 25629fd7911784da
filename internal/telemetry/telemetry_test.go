// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otelcol-correlation/correlationprocessor/internal/integrity"
	"github.com/otelcol-correlation/correlationprocessor/internal/route"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
	"github.com/otelcol-correlation/correlationprocessor/internal/stamp"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
	"github.com/otelcol-correlation/correlationprocessor/internal/traceid"
)

// instruments are those of the rules errors and default, of which the default one
// keeps 10 %.
func instruments(t *testing.T, counts bool, g *Gauges) (*Instruments, *page) {
	tel := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, tel.Shutdown(context.WithoutCancel(t.Context()))) })
	rest, err := sampling.PercentageThreshold(10)
	require.NoError(t, err)
	policy, err := sampling.NewPolicy(sampling.Rule{Name: "errors", Threshold: contrib.AlwaysSampleThreshold}, sampling.Rule{Name: "default", Threshold: rest})
	require.NoError(t, err)
	if g == nil {
		g = &Gauges{Ready: func() bool { return false }, RoutePatterns: func(func(string, int) bool) {}, KeysOverLimit: func(func(string, int) bool) {}}
	}
	i, err := New(tel.NewTelemetrySettings(), policy, counts, g)
	require.NoError(t, err)
	return i, &page{t, tel}
}

// page is what somebody who reads the metrics gets.
type page struct {
	t   *testing.T
	tel *componenttest.Telemetry
}

// points returns every point of a metric by its labels, values in order of the
// keys, with its value or, of a histogram, its sum in ms.
func (p *page) points(name string) map[string]float64 {
	m, err := p.tel.GetMetric("otelcol_processor_correlation_" + name)
	if err != nil {
		return nil
	}
	out := map[string]float64{}
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		for _, dp := range data.DataPoints {
			out[valuesOf(dp.Attributes)] += float64(dp.Value)
		}
	case metricdata.Gauge[int64]:
		for _, dp := range data.DataPoints {
			out[valuesOf(dp.Attributes)] = float64(dp.Value)
		}
	case metricdata.Sum[float64]:
		for _, dp := range data.DataPoints {
			out[valuesOf(dp.Attributes)] += dp.Value
		}
	case metricdata.Histogram[float64]:
		for _, dp := range data.DataPoints {
			out[valuesOf(dp.Attributes)] += math.Round(1000 * dp.Sum)
		}
	}
	return out
}

func valuesOf(set attribute.Set) (out string) {
	for i, kv := range set.ToSlice() {
		if i > 0 {
			out += " "
		}
		out += kv.Value.AsString()
	}
	return out
}

// The kept traces stand for about as many as there were.
func TestAdjustedCountsFollowTheExactOnes(t *testing.T) {
	const traces = 5000
	tel, page := instruments(t, true, nil)
	rnd := rand.New(rand.NewPCG(3, 4))
	out := tracebuffer.Outcome{Decisions: map[tracebuffer.Decision]int{{Verdict: sampling.Verdict{Keep: true}, Trigger: tracebuffer.TriggerEvidence}: 1}}
	for range traces {
		r, err := contrib.UnsignedToRandomness(rnd.Uint64N(contrib.MaxAdjustedCount))
		require.NoError(t, err)
		out.Decisions[tracebuffer.Decision{Verdict: tel.policy.Decide(sampling.Finding{Match: 1}, sampling.Size{}, r), Trigger: tracebuffer.TriggerRoot}]++
	}
	tel.Outcome(&out)
	adjusted := page.points("traces_adjusted")
	require.InDelta(t, 1, adjusted["errors"], 0)
	require.InDelta(t, traces, adjusted["default"], 10*4*math.Sqrt(traces*0.1*0.9), "within 4 standard deviations")
	total := 0.0
	for _, n := range page.points("decisions") {
		total += n
	}
	require.InDelta(t, traces+1, total, 0)
}

func TestOutcomesAreCounted(t *testing.T) {
	keep, drop := sampling.Verdict{Keep: true}, sampling.Verdict{Rule: 1}
	out := tracebuffer.Outcome{
		Dropped:   [2]int{3, 4},
		Decisions: map[tracebuffer.Decision]int{{Verdict: keep, Trigger: tracebuffer.TriggerEvidence}: 1, {Verdict: drop, Trigger: tracebuffer.TriggerTimeout}: 2},
		Decided:   map[sampling.Verdict]tracebuffer.Volume{keep: {Items: [2]int{5, 0}, Bytes: [2]int64{50, 0}}, drop: {Items: [2]int{3, 4}, Bytes: [2]int64{30, 40}}},
	}
	for _, counts := range []bool{true, false} {
		tel, page := instruments(t, counts, nil)
		tel.Outcome(&out)
		require.Equal(t, map[string]float64{"sampling": 3}, page.points("spans_dropped"))
		require.Equal(t, map[string]float64{"sampling": 4}, page.points("logs_dropped"))
		require.Equal(t, map[string]float64{"errors evidence keep": 1, "default timeout drop": 2}, page.points("decisions"))
		if !counts {
			require.Empty(t, page.points("decided_items"), "where nothing is dropped, it says nothing")
			continue
		}
		require.Equal(t, map[string]float64{"errors traces keep": 5, "default traces drop": 3, "default logs drop": 4}, page.points("decided_items"))
		require.Equal(t, map[string]float64{"errors traces keep": 50, "default traces drop": 30, "default logs drop": 40}, page.points("decided_bytes"))
	}
}

// A tally counts a batch, and says nothing of what did not occur.
func TestTallies(t *testing.T) {
	tel, page := instruments(t, true, nil)
	svcs := services(t)
	cart, shop := svcs.Of(resource("cart")), svcs.Of(resource("shop"))
	var y Tally
	y.Flush(tel, tracebuffer.Span)
	require.Empty(t, page.points("route_items"))
	for n := range 3 {
		y.Route(route.SourceInferred)
		y.BadTime(cart, "future", integrity.Example{High: 1, Low: uint64(n + 2), Span: 3})
	}
	y.Route(route.SourceNone)
	y.BadTime(shop, "past", integrity.Example{Span: 4})
	y.ZeroID(cart, integrity.Example{High: 5, Low: 6})
	y.Missing(cart, traceid.Absent)
	y.Missing(cart, traceid.Absent)
	y.Missing(shop, traceid.Malformed)
	y.Extracted(InBody, traceid.FormatUUID)
	tel.Identified(cart, 3)
	tel.Identified(shop, 0)
	y.Fates([]tracebuffer.Fate{
		{Action: tracebuffer.Pass},
		{Action: tracebuffer.Drop},
		{Action: tracebuffer.Hold},
		{Action: tracebuffer.Drop, Late: true},
		{Late: true},
		{Late: true},
		{Late: true, Upgraded: true},
	})
	y.Flush(tel, tracebuffer.Log)
	for name, want := range map[string]map[string]float64{
		"route_items":             {"logs inferred": 3},
		"spans_bad_time":          {"future cart": 3, "past shop": 1},
		"spans_zero_id":           {"cart": 1},
		"logs_missing_trace_id":   {"absent cart": 2, "malformed shop": 1},
		"logs_with_trace_id":      {"cart": 3},
		"logs_trace_id_extracted": {"uuid body": 1},
		"logs_dropped":            {"sampling": 2},
		"logs_late":               {"dropped": 1, "kept": 2, "upgraded": 1},
	} {
		require.Equal(t, want, page.points(name), name)
	}
}

// The routes counted by name are bounded, each keeps its name, and all others
// share one for each service.
func TestRoutesPastTheLimitShareOneName(t *testing.T) {
	tel, page := instruments(t, true, nil)
	svcs := services(t)
	cart, shop := svcs.Of(resource("cart")), svcs.Of(resource("shop"))
	c := NewRouteCounter(2, 1<<20)
	for range 2 {
		for _, k := range []RouteKey{{cart, "/a"}, {shop, "/a"}, {cart, "/b"}, {cart, "/c"}, {shop, "/d"}} {
			var by Amounts[RouteKey]
			for range 3 {
				by.Add(k, 10)
			}
			c.Flush(tel, tracebuffer.Span, &by)
		}
	}
	require.Equal(t, map[string]float64{
		"/a cart traces": 6, "/a shop traces": 6, "_other cart traces": 12, "_other shop traces": 6,
	}, page.points("route_received_items"))
	require.Equal(t, map[string]float64{
		"/a cart traces": 60, "/a shop traces": 60, "_other cart traces": 120, "_other shop traces": 60,
	}, page.points("route_received_bytes"))
}

func TestAmountsByKey(t *testing.T) {
	var a Amounts[string]
	for i, key := range []string{"x", "x", "y", "x", "", ""} {
		a.Add(key, int64(i))
	}
	got := map[string]amount{}
	for key, n := range a.By {
		got[key] = *n
	}
	require.Equal(t, map[string]amount{"x": {3, 4}, "y": {1, 2}, "": {2, 9}}, got)
}

// Each finding has its metric and its labels, and no two share both.
func TestEachFindingHasItsMetric(t *testing.T) {
	tests := map[string]struct {
		finding integrity.Finding
		want    map[string]float64
	}{
		"traces_checked":             {integrity.Finding{What: integrity.TracesChecked, Kind: integrity.KindServer}, map[string]float64{"server cart": 2}},
		"client_spans":               {integrity.Finding{What: integrity.ClientSpans}, map[string]float64{"shop cart": 2}},
		"log_spans":                  {integrity.Finding{What: integrity.LogSpans, Reason: integrity.SampledYes}, map[string]float64{"true cart": 2}},
		"traces_unchecked":           {integrity.Finding{What: integrity.TracesUnchecked, Reason: integrity.Giant}, map[string]float64{"giant cart": 2}},
		"traces_rootless":            {integrity.Finding{What: integrity.TracesRootless, Reason: integrity.ParentLocal}, map[string]float64{"local cart": 2}},
		"traces_multi_root":          {integrity.Finding{What: integrity.TracesMultiRoot}, map[string]float64{"cart": 2}},
		"traces_disconnected":        {integrity.Finding{What: integrity.TracesDisconnected}, map[string]float64{"cart": 2}},
		"traces_without_logs":        {integrity.Finding{What: integrity.TracesWithoutLogs}, map[string]float64{"cart": 2}},
		"logs_without_spans":         {integrity.Finding{What: integrity.LogsWithoutSpans, Reason: integrity.SampledNo}, map[string]float64{"false cart": 2}},
		"spans_orphan":               {integrity.Finding{What: integrity.SpansOrphan, Kind: integrity.KindClient}, map[string]float64{"client cart": 2}},
		"spans_remote_parent_unseen": {integrity.Finding{What: integrity.SpansRemoteParentUnseen, Kind: integrity.KindServer}, map[string]float64{"server cart": 2}},
		"spans_duplicate_id":         {integrity.Finding{What: integrity.SpansDuplicateID, Reason: integrity.Repeated}, map[string]float64{"repeated cart": 2}},
		"client_without_server":      {integrity.Finding{What: integrity.ClientWithoutServer}, map[string]float64{"shop cart": 2}},
		"traces_with_logs":           {integrity.Finding{What: integrity.TracesWithLogs, Reason: integrity.SampledYes}, map[string]float64{"true cart": 2}},
		"log_span_dangling":          {integrity.Finding{What: integrity.LogSpanDangling, Reason: integrity.SampledUnknown}, map[string]float64{"unknown cart": 2}},
		"propagation_broken":         {integrity.Finding{What: integrity.PropagationBroken, Reason: integrity.Restarted}, map[string]float64{"restarted cart": 2}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tel, page := instruments(t, true, nil)
			svcs := services(t)
			var r integrity.Report
			for range 2 {
				tt.finding.Service, tt.finding.Peer = svcs.Of(resource("cart")).ID, svcs.Of(resource("shop")).NameID
				r.Add(tt.finding)
			}
			tel.Findings(svcs, &r)
			for other := range tests {
				if other != name {
					require.Empty(t, page.points(other), other)
				}
			}
			require.Equal(t, tt.want, page.points(name))
		})
	}
	tel, page := instruments(t, true, nil)
	svcs := services(t)
	cart := svcs.Of(resource("cart")).ID
	var r integrity.Report
	r.Add(integrity.Finding{What: integrity.TracesChecked, Kind: integrity.KindLog, Service: cart})
	r.Skews = append(r.Skews, integrity.Age{Service: cart, Age: time.Second})
	r.Late = append(r.Late, integrity.Age{Service: cart, Age: 5 * time.Second, Signal: integrity.KindServer}, integrity.Age{Service: cart, Age: 2 * time.Second, Signal: integrity.KindLog})
	tel.Findings(svcs, &r)
	require.Equal(t, map[string]float64{"none cart": 1}, page.points("traces_checked"), "a trace of logs has no root")
	require.Equal(t, map[string]float64{"cart": 1000}, page.points("span_clock_skew"))
	require.Equal(t, map[string]float64{"cart traces": 5000, "cart logs": 2000}, page.points("late_item_age"))
}

// Gauges are asked only when the processor is ready, except for the routes, which
// it knows from the start.
func TestGauges(t *testing.T) {
	ready, n := false, int64(0)
	value := func() int64 { n++; return n }
	g := &Gauges{
		Ready: func() bool { return ready }, BufferBytes: value, CompressedBytes: value,
		LimitBytes: value, BufferTraces: value, EncodedByLibrary: func() bool { n++; return true }, IntegrityBytes: value,
		IntegrityTraces: value, RouteLimit: value, VerdictsRemembered: value,
		RoutePatterns: func(yield func(string, int) bool) { _ = yield("cart", 3) && yield("shop", 4) },
		KeysOverLimit: func(yield func(string, int) bool) { _ = yield("rare", 5) && yield("rest", 0) },
	}
	_, page := instruments(t, true, g)
	require.Empty(t, page.points("buffer_bytes"))
	require.Zero(t, n)
	require.Equal(t, map[string]float64{"cart": 3, "shop": 4}, page.points("route_patterns"))
	require.Equal(t, map[string]float64{"rare": 5, "rest": 0}, page.points("sampler_keys_over_limit"))
	ready = true
	names := []string{
		"buffer_bytes", "buffer_compressed_bytes", "buffer_limit_bytes", "buffer_traces",
		"encoded_by_library", "integrity_bytes", "integrity_traces", "route_limit", "verdicts_remembered",
	}
	for _, name := range names {
		require.Len(t, page.points(name), 1, name)
	}
	require.Equal(t, map[string]float64{"": 1}, page.points("encoded_by_library"))
}

func TestRuleErrorsAndLostEvidence(t *testing.T) {
	tel, page := instruments(t, true, nil)
	tel.RuleErrors(map[sampling.Match]int{0: 2, 1: 1})
	require.Equal(t, map[string]float64{"errors": 2, "default": 1}, page.points("rule_errors"))
	tel.EvidenceLost(tracebuffer.Span, DropExportFailed, 0, 3)
	require.Equal(t, map[string]float64{"export_failed errors traces": 3}, page.points("evidence_lost"))
	tel.FoundByRequest(2)
	require.Equal(t, map[string]float64{"request_id request_id": 2}, page.points("logs_trace_id_extracted"))
	require.Equal(t, []string{"default", "errors"}, []string{tel.RuleName(1), tel.RuleName(0)})
}

func TestSourcesOfRandomnessAreCounted(t *testing.T) {
	tel, page := instruments(t, true, nil)
	var d stamp.Randomizer
	for _, state := range []string{"", "ot=th:c", "ot=rv:ffffffffffffff"} {
		s := ptrace.NewSpan()
		s.SetTraceID(pcommon.TraceID{9: 1, 10: 1})
		s.TraceState().FromRaw(state)
		d.Span(s, sampling.SourceAuto)
	}
	tel.Drawn(tracebuffer.Span, &d)
	require.Equal(t, map[string]float64{"traces trace_id": 2, "traces explicit": 1}, page.points("randomness"))
	require.Equal(t, map[string]float64{"traces": 1}, page.points("thresholds_inconsistent"))
}

// Routes that nobody asks for any more give up their places, and their names are
// labels.
func TestCountedRoutesAreForgotten(t *testing.T) {
	c := NewRouteCounter(2, 1<<20)
	svc := &Service{key: "cart"}
	require.Equal(t, "/caf\uFFFD/{id}", c.name(RouteKey{svc, "/caf\xe9/{id}"}))
	require.Len(t, c.name(RouteKey{svc, "/" + strings.Repeat("x", 4096)}), MaxLabelBytes)
	require.Equal(t, otherRoutes, c.name(RouteKey{svc, "/c"}))
	now := time.Unix(0, 0)
	for range pressedLifetime + 2 {
		c.Tick(now)
		c.name(RouteKey{svc, "/caf\xe9/{id}"})
		now = now.Add(route.Generation)
	}
	require.Equal(t, "/c", c.name(RouteKey{svc, "/c"}))
	require.Equal(t, otherRoutes, c.name(RouteKey{svc, "/d"}))

	c = NewRouteCounter(1000, 1000)
	for n := range 1000 {
		c.name(RouteKey{svc, fmt.Sprint("/", n, strings.Repeat("x", 100))})
	}
	require.LessOrEqual(t, c.Bytes(), int64(1000))
}
