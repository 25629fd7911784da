// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"github.com/otelcol-correlation/correlationprocessor/internal/recordlog"
	"github.com/otelcol-correlation/correlationprocessor/internal/recovery"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// decide ends a trace's wait, whatever it still might have got, and returns its
// verdict.
func (s *shard) decide(e *entry, t Trigger, out *Outcome) (v sampling.Verdict) {
	if e.state == passing {
		v = e.verdict.Unpack()
	} else {
		if whole := s.wholes.take(e.key); whole != nil {
			e.found.Facts |= s.opts.Whole(whole)
		}
		v = s.policy.Decide(e.found, e.size(), e.rnd)
		if e.linked && !v.Keep && v.Rule > s.opts.Linked {
			v = s.byLink(e)
		}
		e.verdict = v.Pack()
		out.decided(v, t)
		if !v.Keep && !s.opts.DryRun {
			s.turnDown(e, v, t, out)
			return v
		}
	}
	s.leave(e, v, out)
	return v
}

// leave has a trace leave that is kept by the verdict.
func (s *shard) leave(e *entry, v sampling.Verdict, out *Outcome) {
	if e.state != passing {
		out.weigh(v, e)
		s.followed(e.key, v, out)
	}
	s.note(e, v, e.state != passing)
	s.release(e, out)
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

// byLink is the verdict on a trace that is kept for another one.
func (s *shard) byLink(e *entry) sampling.Verdict {
	return s.policy.Decide(sampling.Finding{Match: s.opts.Linked}, e.size(), e.rnd)
}

// note remembers the verdict on a trace in the table, which may be news.
func (s *shard) note(e *entry, v sampling.Verdict, news bool) {
	if s.remember(e.key, s.table.Own(e.key), v, e.explicit, e.byHalf) && news {
		s.keepVerdict(e, v)
	}
}

// turnDown drops a trace: at once where there is no room or no time, else after the
// hindsight.
func (s *shard) turnDown(e *entry, v sampling.Verdict, t Trigger, out *Outcome) {
	s.note(e, v, true)
	if s.opts.Hindsight <= 0 || t == TriggerPressure || s.flushed {
		s.drop(e, v, out)
		s.close(e)
		return
	}
	s.linger(e, dropped)
}

// linger has a decided trace lie there for the hindsight.
func (s *shard) linger(e *entry, as state) {
	e.state, e.waits, e.deadline = as, waitNone, int64(s.now+s.opts.Hindsight)
	s.hindsight.push(ticket{e.key, e.deadline})
	s.lingering.Add(1)
	s.stands(e)
}

// oldestLingering returns the trace that has lain there longest for the hindsight.
func (s *shard) oldestLingering() *entry {
	for q := &s.hindsight; q.len > 0; q.pop() {
		t := q.at(0)
		if e := s.table.Find(t.key); e != nil && (e.state == dropped || e.state == delivered) && e.deadline == t.at {
			return e
		}
	}
	return nil
}

// forget ends the hindsight of a trace: one that was dropped is so for good.
func (s *shard) forget(e *entry, out *Outcome) {
	s.lingering.Add(-1)
	if e.state == dropped {
		s.drop(e, e.verdict.Unpack(), out)
	}
	s.close(e)
}

// drop counts what is held of a trace, by its verdict, as dropped.
func (s *shard) drop(e *entry, v sampling.Verdict, out *Outcome) {
	out.weigh(v, e)
	for sig, n := range e.held {
		out.Dropped[sig] += int(n)
		s.held[sig].Add(-int64(n))
	}
}

// close takes the trace out of the table. What it has in the log is free.
func (s *shard) close(e *entry) {
	s.ends(e)
	s.live -= int64(e.bytes)
	s.table.Remove(e.key)
}

// release has a kept trace wait for each outlet that its records came through, as far as
// they have not been delivered, to be taken where they lie.
func (s *shard) release(e *entry, out *Outcome) {
	e.state, e.waits, e.deadline = leaving, waitNone, int64(s.now+soonTaken)
	outlets := s.outletsOf(e)
	if outlets == (Outlets{}) {
		s.gone(e)
		return
	}
	s.stands(e)
	for outlet := range outlets.Each {
		e.outlets++
		for len(s.queues) <= int(outlet) {
			s.queues = append(s.queues, queue{})
		}
		s.queues[outlet].push(ticket{key: e.key})
		s.outlets[outlet].Add(int64(e.bytes))
		out.Ready.add(outlet)
	}
}

// outletsOf are the outlets that records of the trace came through, without companions and
// what has been delivered.
func (s *shard) outletsOf(e *entry) (set Outlets) {
	for p, n := e.last, e.records; n > e.sent; n-- {
		l := s.log.Link(p)
		if l.Kind != kindCompanion {
			set.add(l.Outlet)
		}
		p = l.Prev
	}
	return set
}

// left notes that an outlet has delivered what it took of a trace.
func (s *shard) left(key uint64, outlet uint8, sig Signal) {
	e := s.table.Find(key)
	s.outlets[outlet].Add(-int64(e.bytes))
	if e.outlets--; e.outlets == 0 {
		s.gone(e)
		return
	}
	s.noteOf(e, recovery.Delivered, sig)
	e.got |= 1 << sig
}

// gone notes that all of a trace has gone out. What late logs may be joined to lies there
// for the hindsight, where traces wait: else its spans are few and go with their wait.
func (s *shard) gone(e *entry) {
	spans := e.sent > 0 || e.records > e.held[Log]
	if e.made || !spans || !s.decides || !s.opts.Join || s.opts.Hindsight <= 0 || s.flushed {
		s.close(e)
		return
	}
	e.sent, e.held, e.restored, e.got = e.records, [signals]uint32{}, false, 0
	s.linger(e, delivered)
}

// trail returns the positions of a trace's records in the order of their arrival. It is
// good until the next call.
func (s *shard) trail(e *entry) []recordlog.Position {
	n := int(e.records)
	if cap(s.path) < n {
		s.path = make([]recordlog.Position, n)
	}
	path := s.path[:n]
	for p := e.last; n > 0; n-- {
		path[n-1] = p
		p = s.log.Link(p).Prev
	}
	return path
}
