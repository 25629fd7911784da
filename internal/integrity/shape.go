// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

import "time"

// shape looks at the trace as a tree and returns the service it belongs to: that
// of its first root, else of its first span, else of its first log. The kind is
// that of the root, KindProbe if that is one, or KindLog if there is none.
func (e *check) shape(spans int) (home uint16, root Kind) {
	if spans == 0 {
		return e.links[0].Service, KindLog
	}
	first, last, roots := e.tops(spans)
	top := e.span(first)
	switch {
	case roots == 0 && remote(top):
		e.flaw(TracesRootless, ParentRemoteUnseen, top.Service, top.Span)
	case roots == 0:
		e.flaw(TracesRootless, ParentLocal, top.Service, top.Span)
	case roots > 1:
		e.flaw(TracesMultiRoot, ReasonNone, e.span(last).Service, e.span(last).Span)
	}
	if apart, ok := e.apart(first, spans); ok {
		e.flaw(TracesDisconnected, ReasonNone, e.span(apart).Service, e.span(apart).Span)
	}
	if roots == 0 {
		return top.Service, KindLog
	}
	if top.Flags.has(Probe) {
		return top.Service, KindProbe
	}
	return top.Service, top.Kind
}

// tops returns the first and the last root and how many there are. Without a
// root the first is the earliest span whose parent did not arrive, and in a trace
// that is one circle the earliest span.
func (e *check) tops(spans int) (first, last int32, roots int) {
	for n := range int32(spans) {
		l, best := e.span(n), e.span(first)
		if l.Parent == 0 {
			roots++
			e.restarted(l)
			if roots == 1 || l.Start < best.Start {
				first = n
			}
			if roots == 1 || l.Start >= e.span(last).Start {
				last = n
			}
		} else if roots == 0 && e.before(n, first) {
			first = n
		}
	}
	return first, last, roots
}

// before reports whether a is the better top of a trace without a root.
func (e *check) before(a, b int32) bool {
	if at, bt := e.parentless(a), e.parentless(b); at != bt {
		return at
	}
	return e.span(a).Start < e.span(b).Start
}

// parentless reports whether the span's parent did not arrive.
func (e *check) parentless(n int32) bool {
	p, _ := e.node(e.span(n).Parent)
	return e.nodes[p].link == noLink
}

// apart returns the earliest span that is not in one piece with the given one.
func (e *check) apart(from int32, spans int) (apart int32, ok bool) {
	home := e.piece(from)
	for n := range int32(spans) {
		if e.piece(n) != home && (!ok || e.span(n).Start < e.span(apart).Start) {
			apart, ok = n, true
		}
	}
	return apart, ok
}

// clients looks for requests whose receiver did not join the trace. One that
// failed may never have got there, and probes are seldom traced where they arrive.
func (e *check) clients(spans int) {
	for n := range int32(spans) {
		l := e.span(n)
		if !l.Kind.leaves() || l.Callee == 0 || l.Flags&(Failed|Probe) != 0 || e.nodes[n].delegated {
			continue
		}
		peer := e.opts.Peers.Lookup(e.now, l.Callee)
		if peer == 0 {
			continue
		}
		f := Finding{What: ClientSpans, Service: l.Service, Peer: peer}
		e.r.Add(f)
		if e.nodes[n].served {
			continue
		}
		f.What = ClientWithoutServer
		e.r.Flaw(f, e.example(l.Span))
		e.unanswered(l, peer)
	}
}

// unanswered notes a request that another trace's root may be the answer to.
func (e *check) unanswered(l *Link, peer uint16) {
	if !e.opts.Heuristics {
		return
	}
	if service, ok := e.calls.unanswered(l, peer); ok {
		e.flaw(PropagationBroken, Restarted, service, l.Span)
	}
}

// restarted notes a root that may be the answer to another trace's call.
func (e *check) restarted(l *Link) {
	if e.opts.Heuristics && l.Kind.enters() && !l.Flags.has(Probe) && e.calls.began(l) {
		e.flaw(PropagationBroken, Restarted, l.Service, l.Span)
	}
}

func asDuration(ns int64) time.Duration { return time.Duration(ns) }
