// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"slices"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/internal/idtable"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// Edge joins two traces: a span of one links to one of the other.
type Edge [2][16]byte

// edges are the traces that each trace of a shard is joined to, as far as they may still
// be of use: those of two generations, of which the older is forgotten.
type edges struct {
	young, old map[uint64][][16]byte
	turned     time.Duration
	count      int // in both
}

const (
	// maxEdges is how many traces a trace may be joined to: SDKs let a span link to 128.
	maxEdges = 128
	// edgeBytes is about what an edge takes, and edgeShare the part of the limit that
	// all may take.
	edgeBytes = 128
	edgeShare = 32
)

// note remembers that the trace with the key is joined to the one with the id.
func (e *edges) note(now, lifetime time.Duration, key uint64, id [16]byte, limit int) {
	if e.young == nil || now-e.turned > lifetime {
		e.count -= total(e.old)
		e.young, e.old, e.turned = map[uint64][][16]byte{}, e.young, now
	}
	if list := e.young[key]; len(list) < maxEdges && e.count < limit {
		e.young[key] = append(list, id)
		e.count++
	}
}

func total(m map[uint64][][16]byte) (n int) {
	for _, list := range m {
		n += len(list)
	}
	return n
}

// keptOne stands for a trace that is kept, in place of its id.
var keptOne [16]byte

// toKept reports whether the trace with the key is joined to one that is kept.
func (e *edges) toKept(key uint64) bool {
	return e.count > 0 && (slices.Contains(e.young[key], keptOne) || slices.Contains(e.old[key], keptOne))
}

// take forgets what the trace is joined to and returns it.
func (e *edges) take(key uint64) [][16]byte {
	if e.count == 0 {
		return nil
	}
	list := slices.Concat(e.young[key], e.old[key])
	delete(e.young, key)
	delete(e.old, key)
	e.count -= len(list)
	return list
}

// Join notes that traces are joined. Of those that one of a kept pair is, the other one
// is among the Linked of the outcome.
func (b *Buffer) Join(now time.Duration, pairs []Edge, out *Outcome) {
	for _, pair := range pairs {
		b.join(now, pair[0], pair[1], out)
		b.join(now, pair[1], pair[0], out)
	}
}

func (b *Buffer) join(now time.Duration, id, other [16]byte, out *Outcome) {
	s, key, high := b.shardOf(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	e, at, _ := s.table.Meet(key, high)
	var v sampling.Verdict
	switch {
	case e == nil:
		v, _ = s.remembered(key, high)
	case e.state != undecided:
		v = e.verdict.Unpack()
	}
	if s.keepsOthers(v) {
		out.Linked = append(out.Linked, other)
		return
	}
	s.now = max(s.now, now)
	s.noteEdge(at, other)
	s.report()
}

func (s *shard) noteEdge(key uint64, to [16]byte) {
	s.edges.note(s.now, s.opts.Wait+s.opts.Hindsight, key, to, int(s.opts.MaxBytes/edgeShare/edgeBytes)/idtable.Shards())
}

// shardOf returns the shard of a trace, with the key of its id and the high half.
func (b *Buffer) shardOf(id [16]byte) (s *shard, key, high uint64) {
	it := Item{ID: id}
	key = it.key()
	return &b.shards[key>>b.shift], key, it.high()
}

// keepsOthers reports whether a trace with the verdict keeps those it is joined to: one
// that was itself kept for another one does not.
func (s *shard) keepsOthers(v sampling.Verdict) bool {
	return s.opts.FollowLinks && v.Keep && v.Rule != s.opts.Linked
}

// followed adds what a trace is joined to, if its verdict keeps that, to the outcome.
func (s *shard) followed(key uint64, v sampling.Verdict, out *Outcome) {
	if s.keepsOthers(v) {
		out.Linked = append(out.Linked, s.edges.take(key)...)
	}
}

// KeepLinked keeps the traces, if they wait for their verdict, are yet to come, or were
// dropped and still lie there, and if no rule before that on links drops them.
func (b *Buffer) KeepLinked(ids [][16]byte, out *Outcome) {
	for _, id := range ids {
		s, key, high := b.shardOf(id)
		s.mu.Lock()
		e, at, _ := s.table.Meet(key, high)
		switch {
		case e == nil:
			s.noteEdge(at, keptOne)
		case e.state == undecided:
			e.linked = true
		case e.state == dropped && e.verdict.Unpack().Rule > s.opts.Linked:
			s.restore(e, s.byLink(e), out)
		}
		s.report()
		s.mu.Unlock()
	}
}

// byLink is the verdict on a trace that is kept for another one.
func (s *shard) byLink(e *entry) sampling.Verdict {
	return s.policy.Decide(sampling.Finding{Match: s.opts.Linked}, e.size(), e.rnd)
}
