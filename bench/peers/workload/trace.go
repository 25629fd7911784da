// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"cmp"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// span is a span to be.
type span struct {
	trace      pcommon.TraceID
	id, parent pcommon.SpanID
	service    int
	route      *routeInfo
	path       string
	kind       ptrace.SpanKind
	status     int // of HTTP
	failed     bool
	debug      bool
	start, end int64   // ns
	at         float64 // when it reaches the collector, in traces begun since
	late       bool
}

// log is a log record to be.
type log struct {
	of     *span
	access bool // written by the server for the request
	failed bool
	id     idPlace
	at     float64
	late   bool
	detail uint64
}

// idPlace is where a log record has its trace id.
type idPlace int

const (
	inField idPlace = iota
	inAttribute
	inJSON
	inLogfmt
	nowhere
)

// traffic is the items of a round.
type traffic struct {
	*rand.Rand
	spec     Spec
	services []serviceInfo
	spans    []*span
	logs     []*log
}

// The items of a trace come in while so many other traces begin: its services
// send at times of their own, and what one of them sends is spread a little. It
// makes 1.6 spans of a trace and a service meet in a batch.
const (
	spreadServices = 400
	spreadSpans    = 320
)

func newTraffic(spec Spec) *traffic {
	t := &traffic{Rand: rand.New(rand.NewPCG(spec.Seed, 2)), spec: spec}
	t.services = newCatalog(rand.New(rand.NewPCG(spec.Seed, 0)))
	for n := range spec.Traces {
		t.addTrace(float64(n))
	}
	slices.SortStableFunc(t.spans, func(a, b *span) int { return cmp.Compare(a.at, b.at) })
	slices.SortStableFunc(t.logs, func(a, b *log) int { return cmp.Compare(a.at, b.at) })
	return t
}

// spanCount is lognormal with a deviation of 0.9.
func (t *traffic) spanCount() int {
	const sigma = 0.9
	n := t.spec.MeanSpans * math.Exp(sigma*t.NormFloat64()-sigma*sigma/2)
	return max(1, min(t.spec.MaxSpans, int(math.Round(n))))
}

func (t *traffic) addTrace(at float64) {
	var id pcommon.TraceID
	binary.BigEndian.PutUint64(id[:8], t.Uint64())
	binary.BigEndian.PutUint64(id[8:], t.Uint64())
	n, first := t.spanCount(), len(t.spans)
	arrivals := t.newArrivals(at)
	for range n {
		t.addSpan(id, t.spans[first:], arrivals)
	}
	trace := t.spans[first:]
	for _, s := range trace[1:] {
		trace[0].end = max(trace[0].end, s.end)
	}
	if t.share(slowTraces) {
		trace[0].end = trace[0].start + 2_000_000_000 + t.Int64N(3_000_000_000)
	}
	trace[0].debug = t.share(debugTraces)
	victim := trace[t.IntN(n)]
	if victim.failed = t.share(failedTraces); victim.failed {
		victim.status = 504 // a client's 404 is no failure, whatever its span says
	}
	t.addLogs(trace, victim)
}

func (t *traffic) share(perMille int) bool { return t.IntN(1000) < perMille }

// arrivals says for each service when what it has of a trace comes in.
type arrivals struct {
	at   [serviceCount]float64
	late [serviceCount]bool
}

func (t *traffic) newArrivals(at float64) *arrivals {
	a := new(arrivals)
	for i := range a.at {
		a.at[i] = at + spreadServices*t.Float64()
		a.late[i] = t.share(lateGroups)
	}
	return a
}

// addSpan adds a span below a random earlier one. Servers call other services
// by client spans, databases by client spans, and have internal ones.
func (t *traffic) addSpan(id pcommon.TraceID, trace []*span, a *arrivals) {
	s := &span{trace: id, id: t.spanID(), kind: ptrace.SpanKindServer, service: t.entry(), status: 200}
	s.start = 1_795_000_000_000_000_000 + t.Int64N(1_000_000_000)
	if len(trace) > 0 {
		t.place(s, trace[t.IntN(len(trace))])
	}
	s.end = s.start + 200_000 + t.Int64N(80_000_000)
	if t.share(40) {
		s.status = 404
	}
	if s.route == nil {
		routes := t.services[s.service].routes
		s.route = &routes[t.IntN(len(routes))]
		s.path = s.route.path(t.Rand)
	}
	s.at, s.late = a.at[s.service]+spreadSpans*t.Float64(), a.late[s.service]
	t.spans = append(t.spans, s)
}

// entry picks the service a trace begins in: most begin in a few.
func (t *traffic) entry() int {
	if t.IntN(3) > 0 {
		return t.IntN(3)
	}
	return t.IntN(serviceCount)
}

// place makes s a child of parent.
func (t *traffic) place(s, parent *span) {
	s.parent, s.service, s.start = parent.id, parent.service, parent.start+t.Int64N(5_000_000)
	switch {
	case parent.kind == ptrace.SpanKindClient && parent.path != "":
		s.service, s.route, s.path = t.callee(parent), parent.route, parent.path
	case t.IntN(10) < 4:
		s.kind = ptrace.SpanKindClient
		callee := &t.services[t.callee(parent)]
		s.route = &callee.routes[t.IntN(len(callee.routes))]
		s.path = s.route.path(t.Rand)
	case t.IntN(2) == 0: // a database
		s.kind, s.route = ptrace.SpanKindClient, parent.route
	default:
		s.kind, s.route = ptrace.SpanKindInternal, parent.route
	}
}

// callee is the service a client span calls: a function of the span, so that
// a second child of it is of the same service.
func (t *traffic) callee(client *span) int {
	return (client.service + 1 + int(client.id[7])%7) % serviceCount
}

func (t *traffic) spanID() (id pcommon.SpanID) {
	binary.BigEndian.PutUint64(id[:], t.Uint64()|1) // zero would be no id
	return id
}

// addLogs writes the logs of a trace: the failure's, and others at random spans.
func (t *traffic) addLogs(trace []*span, victim *span) {
	n := int(t.spec.MeanLogs*t.ExpFloat64() + 0.5)
	if victim.failed {
		t.addLog(victim, true)
		n--
	}
	for range min(n, 4*t.spec.MaxSpans) {
		t.addLog(trace[t.IntN(len(trace))], false)
	}
}

func (t *traffic) addLog(of *span, failed bool) {
	l := &log{of: of, failed: failed, detail: t.Uint64(), at: of.at + 20*t.Float64(), late: of.late}
	l.access = !failed && of.kind == ptrace.SpanKindServer && t.IntN(3) > 0
	switch dice := t.IntN(1000); {
	case dice < logsWithoutID && !failed:
		l.id = nowhere
	case dice < logsWithoutID+logsHiddenID:
		l.id = inAttribute + idPlace(t.IntN(3))
	}
	t.logs = append(t.logs, l)
}
