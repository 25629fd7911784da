// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"time"

	"github.com/otelcol-correlation/correlationprocessor/internal/idtable"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

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
