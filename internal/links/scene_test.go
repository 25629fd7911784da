// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package links

import (
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/integrity"
	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
)

// scene is a Reader and what services send it.
type scene struct {
	r        *Reader
	now      time.Duration // the clock, which began with Unix time
	services map[string]*telemetry.Service
	memo     PeerMemo
	items    []integrity.Item
	found    integrity.Report
}

func newScene(change ...func(*integrity.Options)) *scene {
	sc := &scene{r: New(), now: 1_000_000 * time.Second, services: map[string]*telemetry.Service{}}
	o := integrity.Options{Window: 10 * time.Second, MaxItems: 1000, MaxBytes: 1 << 26, Spans: true, Logs: true}
	for _, c := range change {
		c(&o)
	}
	sc.r.Start(o)
	return sc
}

func (sc *scene) service(name string) *telemetry.Service {
	svc := sc.services[name]
	if svc == nil {
		n := uint16(len(sc.services) + 1)
		svc = &telemetry.Service{ID: n, NameID: n, Address: record.AddressOf(name, 0)}
		sc.services[name] = svc
	}
	return svc
}

func traceID(n int) pcommon.TraceID {
	return pcommon.TraceID{0: 1, 13: byte(n >> 16), 14: byte(n >> 8), 15: byte(n + 1)}
}

// span adds a span; parent 0 is none.
func (sc *scene) span(service string, trace, id, parent int, kind ptrace.SpanKind, change ...func(ptrace.Span)) *scene {
	s := ptrace.NewSpan()
	s.SetTraceID(traceID(trace))
	s.SetSpanID(pcommon.SpanID{7: byte(id)})
	s.SetParentSpanID(pcommon.SpanID{7: byte(parent)})
	s.SetKind(kind)
	s.SetStartTimestamp(pcommon.Timestamp(sc.now - time.Second + time.Duration(id)*time.Millisecond))
	s.SetEndTimestamp(pcommon.Timestamp(sc.now - time.Duration(id)*time.Millisecond))
	for _, c := range change {
		c(s)
	}
	var v record.Span
	v.Read(s.Attributes())
	if it, ok := sc.r.Span(sc.now, sc.service(service), s, &v, &sc.memo); ok {
		sc.items = append(sc.items, it)
	}
	return sc
}

func (sc *scene) log(service string, trace, span int) *scene {
	lr := plog.NewLogRecord()
	lr.SetTraceID(traceID(trace))
	lr.SetSpanID(pcommon.SpanID{7: byte(span)})
	if it, ok := sc.r.Log(sc.service(service), pcommon.NewResource(), lr, new(record.Log)); ok {
		sc.items = append(sc.items, it)
	}
	return sc
}

// whole adds a trace of two services in which nothing is wrong.
func (sc *scene) whole(trace int) *scene {
	return sc.
		span("cart", trace, 1, 0, server).
		span("cart", trace, 2, 1, client, toOrders).
		span("orders", trace, 3, 2, server, toOrders).
		span("orders", trace, 4, 3, inner).
		log("cart", trace, 1).log("orders", trace, 4)
}

const (
	server = ptrace.SpanKindServer
	client = ptrace.SpanKindClient
	inner  = ptrace.SpanKindInternal
)

func toOrders(s ptrace.Span) {
	s.Attributes().PutStr("server.address", "10.0.0.7")
	s.Attributes().PutInt("server.port", 8080)
}

// send hands over what was added, as one batch.
func (sc *scene) send() *scene {
	sc.r.Add(sc.now, sc.items, &sc.found)
	sc.items, sc.memo = sc.items[:0], PeerMemo{}
	return sc
}

// wait lets time pass and checks what is due.
func (sc *scene) wait(d time.Duration) *scene {
	sc.now += d
	sc.r.Expire(sc.now, &sc.found)
	return sc
}

// counts are what was found since the last time.
func (sc *scene) counts() map[integrity.Finding]int {
	out := maps.Collect(sc.found.Counts())
	sc.found.Reset()
	return out
}

func (sc *scene) of(what integrity.What, service string) (n int) {
	for f, k := range maps.Collect(sc.found.Counts()) {
		if f.What == what && f.Service == sc.services[service].ID {
			n += k
		}
	}
	return n
}

// What the flaws are measured by.
func TestDenominators(t *testing.T) {
	sc := newScene().whole(0).send().wait(11 * time.Second) // from here on the peers are known
	sc.counts()
	sc.whole(1).whole(2).log("cart", 3, 5).log("cart", 1, 1).send()
	require.EqualValues(t, 3, sc.r.Traces())
	require.Positive(t, sc.r.Bytes())
	sc.wait(11 * time.Second)
	require.Zero(t, sc.r.Traces())
	cart, orders := sc.service("cart").ID, sc.service("orders").ID
	require.Equal(t, map[integrity.Finding]int{
		{What: integrity.TracesChecked, Kind: integrity.KindServer, Service: cart}:          2,
		{What: integrity.TracesChecked, Kind: integrity.KindLog, Service: cart}:             1,
		{What: integrity.ClientSpans, Service: cart, Peer: orders}:                          2,
		{What: integrity.LogSpans, Service: cart, Reason: integrity.SampledUnknown}:         1,
		{What: integrity.LogSpans, Service: cart, Reason: integrity.SampledYes}:             2,
		{What: integrity.LogSpans, Service: orders, Reason: integrity.SampledYes}:           2,
		{What: integrity.TracesWithLogs, Service: cart, Reason: integrity.SampledYes}:       2,
		{What: integrity.TracesWithLogs, Service: cart, Reason: integrity.SampledUnknown}:   1,
		{What: integrity.LogSpanDangling, Service: cart, Reason: integrity.SampledUnknown}:  1,
		{What: integrity.LogsWithoutSpans, Service: cart, Reason: integrity.SampledUnknown}: 1,
	}, sc.counts())
}

func TestOneSignalAloneIsNotComparedToTheOther(t *testing.T) {
	alone := newScene(func(o *integrity.Options) { o.Logs = false })
	found := alone.span("cart", 1, 1, 0, server).send().wait(11 * time.Second).counts()
	require.Equal(t, map[integrity.Finding]int{{What: integrity.TracesChecked, Kind: integrity.KindServer, Service: 1}: 1}, found)
}

func TestLateItemsOpenNoTraceAndTellTheirAge(t *testing.T) {
	sc := newScene().whole(1).send().wait(10 * time.Second).wait(5 * time.Second)
	sc.counts()
	sc.span("orders", 1, 9, 77, inner).log("orders", 1, 9).send()
	require.Zero(t, sc.r.Traces())
	orders := sc.service("orders").ID
	of := Example(traceID(1), pcommon.SpanID{7: 9})
	require.Equal(t, []integrity.Age{
		{Service: orders, Signal: integrity.KindInternal, Age: 5 * time.Second, Of: of}, {Service: orders, Signal: integrity.KindLog, Age: 5 * time.Second, Of: of},
	}, sc.found.Late)
	sc.wait(15 * time.Second)
	require.Empty(t, sc.found.Skews)
}

// With most spans lost on their way and logs intact, the share of spans that logs
// name and that never arrived is within 2 points of the truth for each service,
// whether whole traces are lost or single spans.
func TestSpanLossIsEstimatedWithin2Points(t *testing.T) {
	const traces = 6000
	loss := map[string]float64{"front": 0.92, "cart": 0.5, "orders": 0.08, "stock": 0}
	services := []string{"front", "cart", "orders", "stock"}
	rnd := rand.New(rand.NewPCG(1, 2))
	sent, lost := map[string]int{}, map[string]int{}
	sc := newScene()
	for n := range traces {
		for i, svc := range services {
			for j := range 3 {
				id := 3*i + j + 1
				sent[svc]++
				kind := inner
				if j == 0 {
					kind = server
				}
				if rnd.Float64() < loss[svc] {
					lost[svc]++
				} else {
					sc.span(svc, n, id, max(0, id-1), kind)
				}
				if rnd.IntN(3) > 0 {
					sc.log(svc, n, id)
				}
			}
		}
		sc.send()
	}
	sc.wait(11 * time.Second)
	checked := 0
	for _, svc := range services {
		truth := float64(lost[svc]) / float64(sent[svc])
		estimate := float64(sc.of(integrity.LogSpanDangling, svc)) / float64(sc.of(integrity.LogSpans, svc))
		require.InDelta(t, truth, estimate, 0.02, svc)
		checked += sc.of(integrity.TracesChecked, svc)
	}
	require.Equal(t, traces, checked)
}

// Before it is started, a Reader makes no links and holds nothing.
func TestAReaderThatIsNotStartedDoesNothing(t *testing.T) {
	r, svc := New(), &telemetry.Service{ID: 1}
	s := ptrace.NewSpan()
	s.SetSpanID(pcommon.SpanID{1})
	_, ok := r.Span(0, svc, s, new(record.Span), new(PeerMemo))
	require.False(t, ok)
	_, ok = r.Log(svc, pcommon.NewResource(), plog.NewLogRecord(), new(record.Log))
	require.False(t, ok)
	var found integrity.Report
	r.Add(0, []integrity.Item{{Low: 1}}, &found)
	r.Expire(100*time.Second, &found)
	r.Flush(&found)
	require.Empty(t, maps.Collect(found.Counts()))
	require.Zero(t, r.Traces()+r.Bytes())
}

// A trace whose window is open at the end, or that begins after it, is not broken.
func TestTheEndBreaksNoTrace(t *testing.T) {
	sc := newScene().span("cart", 1, 1, 77, inner).send()
	sc.r.Flush(&sc.found)
	sc.span("cart", 2, 1, 77, inner).send().wait(time.Minute)
	require.Equal(t, map[integrity.Finding]int{
		{What: integrity.TracesUnchecked, Reason: integrity.Shutdown, Service: sc.service("cart").ID}: 2,
	}, sc.counts())
}

func TestLinksOfSpans(t *testing.T) {
	sc := newScene()
	for bits, want := range map[uint32]integrity.Flags{
		0:     0,
		0x100: integrity.RemoteKnown,
		0x300: integrity.RemoteKnown | integrity.ParentRemote,
		0x400: 0,
		0x002: integrity.FlagsKnown, // random, and not sampled
		0x101: integrity.FlagsKnown | integrity.Sampled | integrity.RemoteKnown,
		0x301: integrity.FlagsKnown | integrity.Sampled | integrity.RemoteKnown | integrity.ParentRemote,
		0x201: integrity.FlagsKnown | integrity.Sampled,
	} {
		sc.span("cart", 1, 2, 1, inner, func(s ptrace.Span) { s.SetFlags(bits) })
		it := sc.items[len(sc.items)-1]
		require.Equal(t, want, it.Flags, "%x", bits)
		require.EqualValues(t, 2, it.Span)
		require.EqualValues(t, 1, it.Parent)
		require.EqualValues(t, 2, it.Low)
		require.EqualValues(t, 1<<56, it.High)
	}
	sc.span("cart", 1, 2, 1, ptrace.SpanKind(77), func(s ptrace.Span) { s.Status().SetCode(ptrace.StatusCodeError) })
	it := sc.items[len(sc.items)-1]
	require.Equal(t, integrity.Failed, it.Flags)
	require.Equal(t, integrity.KindUnspecified, it.Kind)
	n := len(sc.items)
	sc.span("cart", 1, 0, 1, inner)
	require.Len(t, sc.items, n, "a span without an id has no place in its trace")
}

// Whether a log's trace was sampled is known from its flags; a record without the
// flag says so only if OpenTelemetry's SDK, or the header the id is from, wrote it.
func TestLinksOfLogs(t *testing.T) {
	sdk := pcommon.NewResource()
	sdk.Attributes().PutStr("telemetry.sdk.name", "opentelemetry")
	sampled := plog.NewLogRecord()
	sampled.SetFlags(plog.DefaultLogRecordFlags.WithIsSampled(true))
	bare, none := plog.NewLogRecord(), pcommon.NewResource()
	sc := newScene()
	for name, tt := range map[string]struct {
		res  pcommon.Resource
		lr   plog.LogRecord
		v    record.Log
		want integrity.Flags
	}{
		"nothing":              {none, bare, record.Log{}, 0},
		"sampled":              {none, sampled, record.Log{}, integrity.FlagsKnown | integrity.Sampled},
		"of the SDK":           {sdk, bare, record.Log{}, integrity.FlagsKnown},
		"of the SDK, sampled":  {sdk, sampled, record.Log{}, integrity.FlagsKnown | integrity.Sampled},
		"of the SDK, id found": {sdk, bare, record.Log{Promoted: true}, 0},
		"header not sampled":   {none, bare, record.Log{Promoted: true, Unsampled: true}, integrity.FlagsKnown},
	} {
		it, ok := sc.r.Log(sc.service("cart"), tt.res, tt.lr, &tt.v)
		require.True(t, ok)
		require.Equal(t, tt.want, it.Flags, name)
		require.Equal(t, integrity.KindLog, it.Kind)
	}
}

// The tolerances are a minute ahead and an hour behind.
func TestTimesOfSpans(t *testing.T) {
	const now = int64(1e18)
	for _, tt := range []struct {
		start, end time.Duration
		want       string
	}{
		{-time.Second, 0, ""},
		{0, 0, ""},
		{-2 * time.Hour, -time.Hour, ""},
		{-2 * time.Hour, -time.Hour - 1, "past"},
		{0, time.Minute, ""},
		{0, time.Minute + 1, "future"},
		{time.Second, 0, "end_before_start"},
		{time.Second, time.Duration(-now), "no_end"},
		{time.Duration(-now), 0, "no_start"},
		{time.Duration(-now), time.Duration(-now), "no_end"},
		{time.Duration(44511913730532 - now), 0, "monotonic"},
		{time.Duration(44511913730532 - now), time.Duration(44512365817637 - now), "monotonic"},
		{-30 * 24 * time.Hour, 0, ""},
		{-30*24*time.Hour - 1, 0, "too_long"},
	} {
		s := ptrace.NewSpan()
		s.SetStartTimestamp(pcommon.Timestamp(now + int64(tt.start)))
		s.SetEndTimestamp(pcommon.Timestamp(now + int64(tt.end)))
		require.Equal(t, tt.want, SpanTime(now, s), tt)
	}
}

func TestRandomnessKeys(t *testing.T) {
	for state, want := range map[string]uint64{"": 0, "ot=th:8": 0, "ot=rv:00000000000000": 1, "ot=rv:00000000000001;th:0": 2, "a=b": 0} {
		require.Equal(t, want, RandomnessKey(state), state)
	}
}
