// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import "github.com/otelcol-correlation/correlationprocessor/internal/sampling"

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
	s.note(e, v)
	s.release(e, out)
}

// note remembers the verdict on a trace in the table.
func (s *shard) note(e *entry, v sampling.Verdict) {
	s.remember(e.key, s.table.Own(e.key), v, e.explicit, e.byHalf)
}

// turnDown drops a trace: at once where there is no room or no time, else after the
// hindsight.
func (s *shard) turnDown(e *entry, v sampling.Verdict, t Trigger, out *Outcome) {
	s.note(e, v)
	if s.opts.Hindsight <= 0 || t == TriggerPressure || s.flushed {
		s.drop(e, v, out)
		s.close(e)
		return
	}
	e.state, e.waits, e.deadline = dropped, waitNone, int64(s.now+s.opts.Hindsight)
	s.hindsight.push(ticket{e.key, e.deadline})
	s.lyingDropped.Add(1)
}

// oldestDropped returns the trace that was dropped first, of those that still lie there.
func (s *shard) oldestDropped() *entry {
	for q := &s.hindsight; q.len > 0; q.pop() {
		t := q.at(0)
		if e := s.table.Find(t.key); e != nil && e.state == dropped && e.deadline == t.at {
			return e
		}
	}
	return nil
}

// forget drops a trace for good that was dropped before.
func (s *shard) forget(e *entry, out *Outcome) {
	s.lyingDropped.Add(-1)
	s.drop(e, e.verdict.Unpack(), out)
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
	s.live -= int64(e.bytes)
	s.table.Remove(e.key)
}

// release has a kept trace wait for each outlet that its records came through, to be
// taken where they lie.
func (s *shard) release(e *entry, out *Outcome) {
	e.state, e.waits, e.deadline = leaving, waitNone, 0
	var outlets Outlets
	for p, n := e.last, e.records; n > 0; n-- {
		l := s.log.link(p)
		if l.kind != kindCompanion && outlets.add(l.outlet) {
			e.outlets++
		}
		p = s.log.before(p, l)
	}
	if e.outlets == 0 {
		s.close(e)
		return
	}
	s.ready.Add(int64(e.bytes))
	for outlet := range outlets.Each {
		for len(s.queues) <= int(outlet) {
			s.queues = append(s.queues, queue{})
		}
		s.queues[outlet].push(ticket{key: e.key})
		s.outlets[outlet].Add(int64(e.bytes))
		out.Ready.add(outlet)
	}
}

// left notes that an outlet has delivered what it took of a trace.
func (s *shard) left(key uint64, outlet uint8) {
	e := s.table.Find(key)
	s.outlets[outlet].Add(-int64(e.bytes))
	if e.outlets--; e.outlets == 0 {
		s.ready.Add(-int64(e.bytes))
		s.close(e)
	}
}

// take adds the traces that wait for the batch's outlet, until it is full.
func (s *shard) take(b *Batch) {
	if s.closed || int(b.outlet) >= len(s.queues) {
		return
	}
	q, from := &s.queues[b.outlet], len(b.refs)
	size := 0
	for q.len > 0 && !b.full() {
		e := s.table.Find(q.at(0).key)
		q.pop()
		b.traces = append(b.traces, taken{b.shard, e.key})
		b.Bytes += int64(e.bytes)
		size += int(e.bytes)
		s.refer(e, b)
	}
	b.read(s, from, size)
}

// refer adds references to the records of the trace that the batch's outlet gets: its
// own, and for the sake of these those of the other signal.
func (s *shard) refer(e *entry, b *Batch) {
	v := s.policy.Judged(e.verdict.Unpack(), e.rnd, e.explicit)
	others := b.signal == Log && s.opts.Join || b.signal == Span && s.opts.Count
	for _, p := range s.trail(e) {
		l := s.log.link(p)
		r := Record{Trace: e.key, Verdict: v, Signal: signalOf(l.kind), Outlet: l.outlet, Restored: e.restored}
		switch {
		case r.Signal != b.signal:
			if !others {
				continue
			}
			r.Companion = true
		case l.kind == kindCompanion || l.outlet != b.outlet:
			continue
		default:
			b.Count++
		}
		b.refs = append(b.refs, reference{at: p, record: len(b.Records), packed: s.log.isPacked(p)})
		b.Records = append(b.Records, r)
	}
}

func signalOf(kind uint8) Signal {
	if kind == kindLog {
		return Log
	}
	return Span
}

// trail returns the positions of a trace's records in the order of their arrival. It is
// good until the next call.
func (s *shard) trail(e *entry) []position {
	n := int(e.records)
	if cap(s.path) < n {
		s.path = make([]position, n)
	}
	path := s.path[:n]
	for p := e.last; n > 0; n-- {
		path[n-1] = p
		p = s.log.before(p, s.log.link(p))
	}
	return path
}
