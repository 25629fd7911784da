// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

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

// watcher turns spans and logs into links and has their traces examined, apart
// from what sampling makes of them. It is there whatever is switched off; then
// it does nothing.
type watcher struct {
	cfg   *TelemetryConfig
	watch *integrity.Watch // nil if traces are not examined
	peers *integrity.Peers
}

// watchShare is the part of max_bytes that links may take, 1/8: at the default
// of 512 MiB some 400,000 links, and as much again for the ids of the traces that
// were examined.
const watchShare = 8

func newWatcher(cfg *TelemetryConfig) *watcher {
	return &watcher{cfg: cfg, peers: integrity.NewPeers()}
}

// start begins to watch. It returns how many bytes are left for the buffer.
func (w *watcher) start(cfg *Config, traces, logs bool) (left int64) {
	left = int64(cfg.MaxBytes)
	if !w.cfg.Integrity {
		return left
	}
	share := left / watchShare
	w.watch = integrity.New(integrity.Options{
		Window:     cfg.DecisionWait,
		MaxItems:   cfg.MaxItemsPerTrace,
		MaxBytes:   share,
		Spans:      traces,
		Logs:       logs,
		Peers:      w.peers,
		Heuristics: w.cfg.Heuristics,
	})
	return left - share
}

func (w *watcher) traces() int64 {
	if w.watch == nil {
		return 0
	}
	return int64(w.watch.Traces())
}

func (w *watcher) bytes() int64 {
	if w.watch == nil {
		return 0
	}
	return w.watch.Bytes()
}

// span returns the link of a span, and reports whether it is one: a span without
// an id has no place in its trace.
func (w *watcher) span(now time.Time, svc *telemetry.Service, s ptrace.Span, v *record.Span, m *peerMemo) (integrity.Item, bool) {
	if w.watch == nil || s.SpanID().IsEmpty() {
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
	w.peer(now, svc, &it.Link, v, m)
	return it, true
}

// log returns the link of a log record.
func (w *watcher) log(svc *telemetry.Service, res pcommon.Resource, lr plog.LogRecord, v *record.Log) (integrity.Item, bool) {
	if w.watch == nil {
		return integrity.Item{}, false
	}
	it := integrity.Item{Link: integrity.Link{
		Span:    spanKeyOf(lr.SpanID()),
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

func setTrace(it *integrity.Item, id pcommon.TraceID) {
	it.High, it.Low = binary.BigEndian.Uint64(id[:8]), record.LowHalf(id)
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
	if bits != 0 {
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

// peerMemo is what the last spans of a service said of peers: most of a batch's
// say the same again, which is not hashed and looked up again. Its strings are
// the caller's, so it must not outlive the call.
type peerMemo struct {
	svc      *telemetry.Service
	answered peerAddress
	called   peerAddress
	callee   uint64 // of called
}

// peerAddress is what callee goes by.
type peerAddress struct {
	peer, host string
	port       int
}

// peer learns from a span that its service sends spans and, if it answers, where,
// and looks up who is called by one that calls.
func (w *watcher) peer(now time.Time, svc *telemetry.Service, l *integrity.Link, v *record.Span, m *peerMemo) {
	if m.svc != svc {
		*m = peerMemo{svc: svc}
		w.peers.Learn(now, svc.Address, svc.NameID)
	}
	switch l.Kind {
	case integrity.KindServer:
		if v.Address != "" && (v.Port != 0 || !loopback(v.Address)) {
			w.answers(now, svc, peerAddress{host: v.Address, port: v.Port}, m)
		}
	case integrity.KindConsumer:
		if v.Destination != "" && l.Parent != 0 {
			w.answers(now, svc, peerAddress{host: v.Destination, port: queuePort}, m)
		}
	case integrity.KindClient:
		to := peerAddress{peer: v.Service, host: v.Address, port: v.Port}
		if m.called != to {
			m.called, m.callee = to, w.callee(now, to)
		}
		l.Callee = m.callee
	case integrity.KindProducer:
		if v.Destination != "" {
			l.Callee = record.AddressOf(v.Destination, queuePort)
		}
	}
}

// answers learns where a service answers. What it calls may be itself, so that is
// looked up anew.
func (w *watcher) answers(now time.Time, svc *telemetry.Service, at peerAddress, m *peerMemo) {
	if m.answered != at {
		w.peers.Learn(now, record.AddressOf(at.host, at.port), svc.NameID)
		m.answered, m.called, m.callee = at, peerAddress{}, 0
	}
}

// callee is the address of the service a client span says it calls: its name, or
// a host that is called as it is (orders, orders.shop.svc), if they are known to
// send spans; else the address at which its own spans may yet say it answers.
func (w *watcher) callee(now time.Time, to peerAddress) uint64 {
	if to.peer != "" {
		if a := record.AddressOf(to.peer, 0); w.peers.Lookup(now, a) != 0 {
			return a
		}
	}
	if to.host == "" {
		return 0
	}
	host, _, _ := strings.Cut(to.host, ".")
	if a := record.AddressOf(host, 0); w.peers.Lookup(now, a) != 0 {
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

// The tolerances of spanTime.
const (
	maxAhead  = time.Minute
	maxBehind = time.Hour
)

// spanTime says what is wrong with a span's times at now, in Unix nanoseconds, or "".
func spanTime(now int64, s ptrace.Span) string {
	start, end := int64(s.StartTimestamp()), int64(s.EndTimestamp())
	switch {
	case end == 0:
		return "no_end"
	case end < start:
		return "end_before_start"
	case end > now+int64(maxAhead):
		return "future"
	case end < now-int64(maxBehind):
		return "past"
	}
	return ""
}

// randomnessKey is the explicit randomness of an item as links carry it.
func randomnessKey(state string) uint64 {
	if s := sampling.ReadState(state); s.Explicit {
		return s.Randomness.Unsigned() + 1
	}
	return 0
}
