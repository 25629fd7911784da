// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package links

import (
	"encoding/binary"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/integrity"
	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
)

// Reader turns spans and logs into links and has their traces checked, apart
// from what sampling makes of them. Before it is started it does nothing.
type Reader struct {
	checker *integrity.Checker // nil if traces are not checked
	peers   *integrity.Peers
}

// New returns a Reader that is not started.
func New() *Reader { return &Reader{} }

// peerShare is the part of the memory that the addresses of services may take, 1/16.
const peerShare = 16

// Start begins to check traces. The peers of the options are ignored: a Reader has its
// own, within the same limit. It must not run at the same time as other methods.
func (r *Reader) Start(o integrity.Options) {
	r.peers = integrity.NewPeers(o.MaxBytes / peerShare)
	o.Peers = r.peers
	o.MaxBytes -= o.MaxBytes / peerShare
	r.checker = integrity.New(o)
}

// Add takes the links of a batch, and adds to found what they show.
func (r *Reader) Add(now time.Duration, items []integrity.Item, found *integrity.Report) {
	if r.checker != nil {
		r.checker.Add(now, items, found)
	}
}

// Expire checks the traces that are due.
func (r *Reader) Expire(now time.Duration, found *integrity.Report) {
	if r.checker != nil {
		r.checker.Expire(now, found)
	}
}

// Flush ends the checks: traces whose window is open cannot be judged.
func (r *Reader) Flush(found *integrity.Report) {
	if r.checker != nil {
		r.checker.Flush(found)
	}
}

// Traces is the number of traces whose window is open.
func (r *Reader) Traces() int64 {
	if r.checker == nil {
		return 0
	}
	return int64(r.checker.Traces())
}

// Bytes is the memory taken by the checks.
func (r *Reader) Bytes() int64 {
	if r.checker == nil {
		return 0
	}
	return r.checker.Bytes() + r.peers.Bytes()
}

// Span returns the link of a span, and reports whether there is one: a span without
// an id has no place in its trace. The memo is that of the span's batch.
func (r *Reader) Span(now time.Duration, svc *telemetry.Service, s ptrace.Span, v *record.Span, m *PeerMemo) (integrity.Item, bool) {
	if r.checker == nil || s.SpanID().IsEmpty() {
		return integrity.Item{}, false
	}
	it := integrity.Item{Link: integrity.Link{
		Span:    spanKeyOf(s.SpanID()),
		Parent:  spanKeyOf(s.ParentSpanID()),
		Start:   int64(s.StartTimestamp()),
		End:     int64(s.EndTimestamp()),
		Service: svc.ID,
		Name:    svc.NameID,
		Kind:    spanKindOf(s.Kind()),
		Flags:   spanFlags(s),
	}}
	setTrace(&it, s.TraceID())
	r.peer(now, svc, &it.Link, v, m)
	return it, true
}

// Log returns the link of a log record.
func (r *Reader) Log(svc *telemetry.Service, res pcommon.Resource, lr plog.LogRecord, v *record.Log) (integrity.Item, bool) {
	if r.checker == nil {
		return integrity.Item{}, false
	}
	it := integrity.Item{Link: integrity.Link{
		Span:    spanKeyOf(lr.SpanID()),
		Callee:  svc.Address,
		Service: svc.ID,
		Name:    svc.NameID,
		Kind:    integrity.KindLog,
	}}
	setTrace(&it, lr.TraceID())
	switch {
	case lr.Flags().IsSampled():
		it.Flags = integrity.FlagsKnown | integrity.Sampled
	case v.Unsampled, !v.Promoted && fromSDK(res):
		it.Flags = integrity.FlagsKnown
	}
	return it, true
}

// fromSDK reports whether OpenTelemetry's SDK wrote the record. It always writes
// the flags, so one without the sampled flag is of a trace that is not sampled;
// others leave the flags out.
func fromSDK(res pcommon.Resource) bool {
	_, ok := res.Attributes().Get("telemetry.sdk.name")
	return ok
}

// Example returns the span of a trace as an example of a flaw.
func Example(trace pcommon.TraceID, span pcommon.SpanID) integrity.Example {
	high, low := record.Halves(trace)
	return integrity.Example{High: high, Low: low, Span: spanKeyOf(span)}
}

func setTrace(it *integrity.Item, id pcommon.TraceID) {
	it.High, it.Low = record.Halves(id)
}

func spanKeyOf(id pcommon.SpanID) uint64 { return binary.BigEndian.Uint64(id[:]) }

// spanKindOf: the numbers are the same, and one that is not known is none.
func spanKindOf(k ptrace.SpanKind) integrity.Kind {
	if k < 0 || k > ptrace.SpanKindConsumer {
		return integrity.KindUnspecified
	}
	return integrity.Kind(k)
}

func spanFlags(s ptrace.Span) (f integrity.Flags) {
	bits := s.Flags()
	// Some exporters fill in only whether the parent is remote: trace flags of zero
	// beside that are none, for a span that is not sampled is not exported.
	if bits&record.TraceFlags != 0 {
		f |= integrity.FlagsKnown
	}
	if bits&record.FlagSampled != 0 {
		f |= integrity.Sampled
	}
	if bits&record.FlagHasIsRemote != 0 {
		f |= integrity.RemoteKnown
		if bits&record.FlagParentRemote != 0 {
			f |= integrity.ParentRemote
		}
	}
	if s.Status().Code() == ptrace.StatusCodeError {
		f |= integrity.Failed
	}
	return f
}

// PeerMemo holds the peers of the last spans of a service: most spans of a batch name
// the same ones again, and those are not hashed and looked up again. Its strings are
// borrowed from the batch's spans, so it must not outlive the batch. The zero value
// is ready for use.
type PeerMemo struct {
	svc      *telemetry.Service
	server   bool // it answered under its name
	answered peerAddress
	called   peerAddress
	callee   uint64 // of called
}

// peerAddress is the other end of a call, as a span names it.
type peerAddress struct {
	peer, host string
	port       int
}

// peer notes that the span's service sends spans and, if it answers, its address. Of
// a span that calls, it looks up the called service.
func (r *Reader) peer(now time.Duration, svc *telemetry.Service, l *integrity.Link, v *record.Span, m *PeerMemo) {
	if m.svc != svc {
		*m = PeerMemo{svc: svc}
		r.peers.Sent(now, svc.Address, svc.NameID)
	}
	switch l.Kind {
	case integrity.KindServer:
		if !m.server {
			r.peers.Answered(now, svc.Address, svc.NameID)
			m.server, m.called, m.callee = true, peerAddress{}, 0
		}
		if v.Address != "" && (v.Port != 0 || !loopback(v.Address)) {
			r.answers(now, svc, peerAddress{host: v.Address, port: v.Port}, m)
		}
	case integrity.KindConsumer:
		if v.Destination != "" && l.Parent != 0 {
			r.answers(now, svc, peerAddress{host: v.Destination, port: queuePort}, m)
		}
	case integrity.KindClient:
		to := peerAddress{peer: v.Service, host: v.Address, port: v.Port}
		if m.called != to {
			m.called, m.callee = to, r.callee(now, to)
		}
		l.Callee = m.callee
	case integrity.KindProducer:
		if v.Destination != "" {
			l.Callee = record.AddressOf(v.Destination, queuePort)
		}
	}
}

// answers notes the address at which a service answers. A service may call itself,
// so the last callee is looked up anew.
func (r *Reader) answers(now time.Duration, svc *telemetry.Service, at peerAddress, m *PeerMemo) {
	if m.answered != at {
		r.peers.Answered(now, record.AddressOf(at.host, at.port), svc.NameID)
		m.answered, m.called, m.callee = at, peerAddress{}, 0
	}
}

// callee is the address of the service that a client span calls: the service's name,
// or the host where that is named like the service (orders, orders.shop.svc), if it
// is known to send spans of what it answers; else the host and the port, which the service's own spans
// may name later.
func (r *Reader) callee(now time.Duration, to peerAddress) uint64 {
	if to.peer != "" {
		if a := record.AddressOf(to.peer, 0); r.peers.Lookup(now, a) != 0 {
			return a
		}
	}
	if to.host == "" {
		return 0
	}
	host, _, _ := strings.Cut(to.host, ".")
	if a := record.AddressOf(host, 0); r.peers.Lookup(now, a) != 0 {
		return a
	}
	return record.AddressOf(to.host, to.port)
}

// queuePort marks the hash of a queue's name: no port is as high.
const queuePort = 1 << 16

// loopback reports whether an address is every host's own, so that without a
// port it names nobody.
func loopback(address string) bool {
	return address == "localhost" || strings.HasPrefix(address, "127.") || address == "::1"
}

// The tolerances of SpanTime.
const (
	maxAhead  = time.Minute
	maxBehind = time.Hour
)

// SpanTime returns what is wrong with a span's times at now, in Unix nanoseconds: what
// record.BrokenTimes returns, future or past, which are label values, or "".
func SpanTime(now int64, s ptrace.Span) string {
	if why := record.BrokenTimes(s); why != "" {
		return why
	}
	switch end := int64(s.EndTimestamp()); {
	case end > now+int64(maxAhead):
		return "future"
	case end < now-int64(maxBehind):
		return "past"
	}
	return ""
}

// RandomnessKey is the explicit randomness in a tracestate as links carry it: plus 1,
// or 0 for none.
func RandomnessKey(state string) uint64 {
	if s := sampling.ReadState(state); s.Explicit {
		return s.Randomness.Unsigned() + 1
	}
	return 0
}
