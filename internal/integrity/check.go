// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

import (
	"math/bits"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/internal/idtable"
)

// check looks for the flaws of one trace at a time. It keeps its memory from one to
// the next.
type check struct {
	links []Link
	// The trace lies in the table under the key, which lacks a bit of its id.
	table   *idtable.Table[entry]
	key     uint64
	leftOut bool
	// nodes are the spans of the links, and ids that only others speak of:
	// parents and the spans of logs. Spans with an id seen before are no nodes.
	nodes []node
	slots []uint32 // a hash table of nodes by id, unless they are few: the node's number plus 1
	opts  *Options
	calls *calls
	r     *Report
	now   time.Duration
}

// node is a span id of the trace.
type node struct {
	id   uint64
	link int32 // the span's link, -1 if it did not arrive
	up   int32 // another node of the same piece, or itself
	// called is, of an id that did not arrive, the Name of a service that was called by
	// the span with the id, or 0.
	called    uint16
	served    bool // has a child in another service
	delegated bool // has a client span as a child
	logged    bool // a log speaks of it
}

const noLink = -1

// run checks the trace of e.links.
func (e *check) run(now time.Duration, opts *Options, c *calls, r *Report) {
	e.now, e.opts, e.calls, e.r = now, opts, c, r
	e.reset()
	spans, logs := e.gather()
	for n := range spans {
		e.attach(int32(n))
	}
	home, root := e.shape(spans)
	e.clients(spans)
	r.Add(Finding{What: TracesChecked, Service: home, Kind: root})
	if opts.Logs && opts.Spans {
		e.compareSignals(spans, logs, home)
	}
}

func (e *check) reset() {
	e.nodes = e.nodes[:0]
	if len(e.links) <= few {
		return
	}
	// Each link adds at most two nodes, and the table is at most half full.
	size := 1 << bits.Len(uint(4*len(e.links)))
	if cap(e.slots) < size {
		e.slots = make([]uint32, size)
	}
	e.slots = e.slots[:size]
	clear(e.slots)
}

// few is how many links a trace may have for whose nodes the table does not pay.
const few = 12

// node returns the number of the id's node, and whether it was there before.
func (e *check) node(id uint64) (n int32, known bool) {
	if len(e.links) > few {
		return e.hashed(id)
	}
	for n := range e.nodes {
		if e.nodes[n].id == id {
			return int32(n), true
		}
	}
	return e.newNode(id), false
}

func (e *check) newNode(id uint64) int32 {
	n := int32(len(e.nodes))
	e.nodes = append(e.nodes, node{id: id, link: noLink, up: n})
	return n
}

func (e *check) hashed(id uint64) (n int32, known bool) {
	mask := len(e.slots) - 1
	for i := int(idtable.Mix(id)) & mask; ; i = (i + 1) & mask {
		switch found := e.slots[i]; {
		case found == 0:
			n = e.newNode(id)
			e.slots[i] = uint32(n) + 1
			return n, false
		case e.nodes[found-1].id == id:
			return int32(found - 1), true
		}
	}
}

// gather makes the nodes of the spans that arrived and counts both signals.
func (e *check) gather() (spans, logs int) {
	for i := range e.links {
		l := &e.links[i]
		if l.Kind == KindLog {
			logs++
			continue
		}
		n, known := e.node(l.Span)
		if known {
			e.duplicate(n, l)
			continue
		}
		e.nodes[n].link = int32(i)
	}
	return len(e.nodes), logs
}

// duplicate judges a span whose id is taken. In Zipkin's model a request has one
// span that its client and its server share.
func (e *check) duplicate(n int32, l *Link) {
	first := e.span(n)
	if l.Kind.leaves() && first.Kind.enters() || l.Kind.enters() && first.Kind.leaves() {
		e.nodes[n].served = true
		return
	}
	why := Conflicting
	if l.Start == first.Start && l.End == first.End && l.Kind == first.Kind {
		why = Repeated
	}
	e.flaw(SpansDuplicateID, why, l.Service, l.Span)
}

func (e *check) span(n int32) *Link { return &e.links[e.nodes[n].link] }

// attach links a span to its parent, or counts a parent that did not arrive.
func (e *check) attach(n int32) {
	child := e.span(n)
	if child.Parent == 0 {
		return
	}
	p, _ := e.node(child.Parent)
	e.join(n, p)
	if e.nodes[p].link == noLink {
		e.missing(child, p)
		return
	}
	parent := e.span(p)
	switch {
	case child.Kind.enters() || child.Name != parent.Name:
		e.nodes[p].served = true
	case child.Kind.leaves():
		e.nodes[p].delegated = true
	}
	if skew := parent.Start - child.Start; remote(child) && skew > 0 && skew < maxSkew {
		e.r.Skews = append(e.r.Skews, Age{Service: child.Service, Age: asDuration(skew), Of: e.example(child.Span)})
	}
	if e.opts.Heuristics && child.Flags.has(FlagsKnown) && parent.Flags.has(FlagsKnown) && (child.Flags ^ parent.Flags).has(Sampled) {
		e.flaw(PropagationBroken, FlagsInconsistent, child.Service, child.Span)
	}
}

// maxSkew is the difference, in nanoseconds, from which on a start is not from a clock
// that is wrong but from none: it was not set, or counts from the boot of its machine.
const maxSkew = int64(30 * 24 * time.Hour)

// remote reports whether the span's parent is in another process, by what the
// span says or else by its kind.
func remote(l *Link) bool {
	if l.Flags.has(RemoteKnown) {
		return l.Flags.has(ParentRemote)
	}
	return l.Kind.enters()
}

func (e *check) missing(child *Link, parent int32) {
	what := SpansOrphan
	if remote(child) {
		what = SpansRemoteParentUnseen
		e.nodes[parent].called = child.Name
	}
	e.r.Flaw(Finding{What: what, Kind: child.Kind, Service: child.Service}, e.example(child.Span))
}

// flaw counts a flaw of the trace, of which the span is an example.
func (e *check) flaw(w What, why Reason, service uint16, span uint64) {
	e.r.flaw(w, why, service, e.example(span))
}

// example makes the span one. The trace's id is not held, but follows from what is, unless
// the trace shares its low half with another one.
func (e *check) example(span uint64) Example {
	high := e.table.High(e.key)
	low, ok := idtable.LowOf(e.key, high, e.leftOut)
	if !ok {
		return Example{}
	}
	return Example{high, low, span}
}

// piece returns the node that stands for all nodes connected to n.
func (e *check) piece(n int32) int32 {
	for e.nodes[n].up != n {
		e.nodes[n].up = e.nodes[e.nodes[n].up].up
		n = e.nodes[n].up
	}
	return n
}

func (e *check) join(a, b int32) { e.nodes[e.piece(a)].up = e.piece(b) }
