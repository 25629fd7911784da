// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"sync"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/internal/idtable"
	"github.com/otelcol-correlation/correlationprocessor/internal/recordlog"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// shard holds the traces of one part of the hash space.
type shard struct {
	*shared

	mu    sync.Mutex
	table idtable.Table[entry]
	// waiting has a ticket for each trace and kind of wait, by deadline; lying
	// has one for each trace by the position of its first record.
	waiting [waitKinds]queue
	lying   queue
	// queues have a ticket for each trace that an outlet has not taken yet, by outlet, and
	// hindsight one for each that is decided and still lies there.
	queues    []queue
	hindsight queue
	log       recordlog.Log
	live      int64 // bytes of records in use, prefixes left out
	// late remembers every verdict for a while, special those that do not
	// follow from the trace id: forgetting the others costs only the
	// knowledge that an item is late.
	late, special  memory
	wholes         wholes
	edges          edges
	now            time.Duration // the latest reading, so that the queues stay in order
	flushed        bool          // nothing is held any more
	closed         bool          // the log's memory is gone
	decided        bool          // traces were decided within Add
	reported       usage
	growthReported int64
	path           []recordlog.Position // scratch of trail
	noting         []byte               // scratch of notes
	touched        uint64               // keeps the reads of touch from being optimised away
}

// usage is what a shard holds, in bytes.
type usage struct {
	memory int64           // that it takes
	log    recordlog.Usage // of it, the log
}

// add decides on one item or holds it.
func (s *shard) add(key uint64, it *Item, out *Outcome) Fate {
	e, at, met := s.table.Meet(key, it.high())
	if !it.Unheld && !s.log.CanHold(len(it.Record), it.Envelope) {
		it.Unheld = true // the files are full
	}
	switch {
	case e == nil:
		if v, ok := s.remembered(key, it.high()); ok {
			return s.addLate(key, v, it)
		}
		if s.flushed || it.Unheld || !s.decides && !s.waits(it) {
			return s.decideAlone(key, it, out)
		}
		e = s.open(at, it)
	case e.state == leaving:
		return s.addLate(key, s.verdict(e, it), it)
	case e.state == dropped:
		return s.addInHindsight(e, it, met, out)
	case e.state == delivered:
		return s.addAfter(e, it, out)
	}
	e.merge(it, met)
	if e.state == undecided {
		s.wholes.add(e.key, it.Part)
		if s.policy.Settled(e.found) {
			if v := s.settle(e, out); e.state == undecided {
				s.note(e, v, true)
				s.drop(e, v, out)
				s.close(e)
				return s.fate(v)
			}
		} else if it.Unheld {
			s.decided = true
			return s.fate(s.decide(e, TriggerPressure, out))
		}
	}
	fate := s.holdOrPass(e, it)
	s.hasten(e, it)
	if e.state == undecided && s.full(e) {
		s.decided = true
		s.decide(e, TriggerLimit, out)
	}
	return fate
}

// waits reports whether an item of a trace that is kept has a reason to be in the
// table: a log to be joined, or a span a log may want to join.
func (s *shard) waits(it *Item) bool {
	return s.opts.Join && it.Record != nil && (it.Signal == Span || it.Joins)
}

func (s *shard) remembered(key, high uint64) (sampling.Verdict, bool) {
	if v, ok := s.special.get(key, high); ok {
		return v, true
	}
	return s.late.get(key, high)
}

// fate is what becomes of an item whose trace has the verdict.
func (s *shard) fate(v sampling.Verdict) Fate {
	f := Fate{Action: Drop, Verdict: v, Decided: true}
	if v.Keep || s.opts.DryRun {
		f.Action = Pass
	}
	return f
}

// addLate decides on an item of a trace whose verdict has been carried out.
// Stronger evidence changes the verdict for later items: the item
// would have been kept in any case, so it must not weigh as one of many.
func (s *shard) addLate(key uint64, v sampling.Verdict, it *Item) Fate {
	upgraded := false
	if s.policy.Rule(it.Finding) < v.Rule {
		// Of size 0: the trace was counted, and has taken its part of a limit.
		own := s.policy.Decide(it.Finding, sampling.Size{}, it.Randomness)
		if own.Keep && s.policy.KeepsMore(own, v) {
			s.special.put(key, idtable.Own(key, it.high()), own, true)
			s.putVerdict(it.ID, own)
			v, upgraded = own, !v.Keep
		}
	}
	s.policy.Follow(v, it.size())
	fate := s.fate(v)
	fate.Late, fate.Upgraded = true, upgraded
	return fate
}

// verdict is that on a trace in the table, or what late items have made of it.
func (s *shard) verdict(e *entry, it *Item) sampling.Verdict {
	if v, ok := s.remembered(e.key, it.high()); ok {
		return v
	}
	return e.verdict.Unpack()
}

// addAfter decides on an item of a trace that was delivered and still lies there. A log
// leaves at once, but by way of an outlet, which joins it to the trace's spans. A late
// span passes, and lies there for the logs after it.
func (s *shard) addAfter(e *entry, it *Item, out *Outcome) Fate {
	fate := s.addLate(e.key, s.verdict(e, it), it)
	switch {
	case fate.Action != Pass || it.Record == nil || s.full(e):
	case it.Signal == Span:
		s.store(e, kindCompanion, it.Outlet, 0, it.Envelope, it.Record)
	default:
		fate.Action = Hold
		s.lingering.Add(-1)
		e.verdict = fate.Verdict.Pack()
		s.hold(e, kindLog, it)
		s.release(e, out)
	}
	return fate
}

// addInHindsight decides on an item of a trace that was dropped and still lies there.
// With stronger evidence the whole trace comes back; else the item lies there too.
func (s *shard) addInHindsight(e *entry, it *Item, met idtable.Meeting, out *Outcome) Fate {
	v := e.verdict.Unpack()
	found := e.found.Merge(it.Finding)
	e.merge(it, met)
	if s.policy.Rule(found) < v.Rule {
		// Of size 0, as in addLate.
		if own := s.policy.Decide(found, sampling.Size{}, e.rnd); own.Keep && s.policy.KeepsMore(own, v) {
			fate := s.holdLate(e, own, it)
			s.restore(e, own, out)
			return fate
		}
	}
	return s.holdLate(e, v, it)
}

// holdLate holds an item of a trace that has the verdict and still lies there. One that
// cannot be held follows the verdict at once.
func (s *shard) holdLate(e *entry, v sampling.Verdict, it *Item) Fate {
	fate := s.fate(s.policy.Judged(v, e.rnd, e.explicit))
	fate.Late = true
	if !it.Unheld && !s.full(e) {
		s.hold(e, uint8(it.Signal), it)
		fate.Action, fate.Decided = Hold, false
	}
	return fate
}

// restore has a trace that was dropped leave like one that is kept by the verdict.
func (s *shard) restore(e *entry, v sampling.Verdict, out *Outcome) {
	s.lingering.Add(-1)
	e.verdict, e.restored = v.Pack(), true
	out.decided(v, TriggerHindsight)
	s.leave(e, v, out)
}

// decideAlone decides on an item that need not wait for the rest of its trace, or
// cannot: nothing can change the verdict, it may not be held, or there is no waiting
// any more.
func (s *shard) decideAlone(key uint64, it *Item, out *Outcome) Fate {
	v := s.policy.Decide(it.Finding, it.size(), it.Randomness)
	if s.remember(key, idtable.Own(key, it.high()), v, it.Explicit, false) {
		s.putVerdict(it.ID, v)
	}
	if s.decides {
		why := TriggerPressure
		if s.flushed {
			why = TriggerShutdown
		}
		out.decided(v, why)
	}
	s.followed(key, v, out)
	return s.fate(v)
}

// remember notes a verdict for the trace's late items. Where nothing can change a
// verdict, every item comes to it alone, unless the trace brought a randomness
// of its own. The trace lay or would lie under key at. What does not follow from the
// id is also found by its low half alone; the rest is if such items were seen. It reports
// whether the verdict does not follow from the id.
func (s *shard) remember(at, own uint64, v sampling.Verdict, explicit, byHalf bool) (special bool) {
	special = s.exceptional(v, explicit)
	switch {
	case special:
		s.special.put(at, own, v, true)
	case s.decides:
		s.late.put(at, own, v, byHalf)
	}
	return special
}

// exceptional reports whether a verdict does not follow from the trace's id.
func (s *shard) exceptional(v sampling.Verdict, explicit bool) bool {
	return explicit || !s.policy.Ordinary(v)
}

// open makes an entry for the item's trace.
func (s *shard) open(at uint64, it *Item) *entry {
	e := s.table.Insert(at, it.high())
	e.key, e.rnd, e.found = at, it.Randomness, it.Finding
	e.linked = s.edges.toKept(at)
	s.begin(e, it.ID)
	s.wait(e, waitFull, s.now+s.opts.Wait)
	return e
}

// wait sets the entry's kind of wait and its deadline.
func (s *shard) wait(e *entry, k waitKind, until time.Duration) {
	e.waits, e.deadline = k, int64(until)
	s.waiting[k].push(ticket{e.key, e.deadline})
}

// settle notes the verdict on a trace that no further item can change.
func (s *shard) settle(e *entry, out *Outcome) sampling.Verdict {
	s.wholes.take(e.key) // nothing that it shows can change the verdict
	v := s.policy.Decide(e.found, e.size(), e.rnd)
	e.verdict = v.Pack()
	if v.Keep || s.opts.DryRun {
		e.state = passing
		out.weigh(v, e)
		s.followed(e.key, v, out)
		s.stands(e)
		if s.exceptional(v, e.explicit) {
			s.keepVerdict(e, v)
		}
	}
	if s.decides {
		out.decided(v, TriggerEvidence)
	}
	return v
}

// holdOrPass says what becomes of an item of a trace in the table, and copies
// what must be kept of it.
func (s *shard) holdOrPass(e *entry, it *Item) Fate {
	fate := Fate{Action: Hold}
	if e.state == passing {
		fate.Verdict, fate.Decided = s.policy.Judged(e.verdict.Unpack(), e.rnd, e.explicit), true
	}
	full := s.full(e)
	switch {
	case e.state == undecided:
		s.hold(e, uint8(it.Signal), it)
	case it.Signal == Span:
		fate.Action = Pass
		if s.waits(it) && !full {
			s.store(e, kindCompanion, it.Outlet, 0, it.Envelope, it.Record)
		}
	case s.waits(it) && !full:
		s.hold(e, kindLog, it)
	default:
		fate.Action = Pass
	}
	return fate
}

// maxTraceBytes is how much of one trace is held, whatever the limits.
const maxTraceBytes = 1 << 30

// full reports whether the trace may not have more records held.
func (s *shard) full(e *entry) bool {
	return int(e.records) >= s.opts.MaxItems || e.bytes >= maxTraceBytes || s.log.TooFar(e.last)
}

func (s *shard) hold(e *entry, kind uint8, it *Item) {
	s.store(e, kind, it.Outlet, it.Origin, it.Envelope, it.Record)
	e.held[it.Signal]++
	s.held[it.Signal].Add(1)
	if it.Signal == Log && e.state != passing {
		e.logBytes += uint32(len(it.Record))
	}
}

// store appends a record to the log and to the trace.
func (s *shard) store(e *entry, kind, outlet uint8, origin Origin, around *Envelope, rec []byte) {
	if e.state != undecided && s.files != nil {
		kind |= recordlog.Decided
	}
	e.last = s.log.Append(e.last, kind, outlet, origin, around, rec)
	if e.first == 0 {
		e.first = e.last
		s.lying.push(ticket{e.key, int64(e.first)})
	}
	e.records++
	e.bytes += uint32(len(rec))
	s.live += int64(len(rec))
}

// hasten moves a trace whose root has arrived to the shorter wait.
func (s *shard) hasten(e *entry, it *Item) {
	if !it.Root || s.opts.WaitAfterRoot <= 0 || e.waits == waitRoot {
		return
	}
	if due := s.now + s.opts.WaitAfterRoot; int64(due) < e.deadline {
		s.wait(e, waitRoot, due)
	}
}

// expire decides the traces that are due, and forgets those whose hindsight is over.
func (s *shard) expire(out *Outcome) {
	due := int64(s.now)
	for e := s.oldestLingering(); e != nil && e.deadline <= due; e = s.oldestLingering() {
		s.forget(e, out)
	}
	for k := range s.waiting {
		for n := 0; ; n++ {
			if n%fetched == 0 {
				s.fetch(&s.waiting[k], due)
			}
			e := s.next(waitKind(k))
			if e == nil || e.deadline > due {
				break
			}
			s.decide(e, [waitKinds]Trigger{TriggerTimeout, TriggerRoot}[k], out)
		}
	}
}

// fetched is how many traces fetch looks ahead.
const fetched = 32

// fetch reads what it takes to decide the next traces of a queue, for the misses
// to overlap. With a million traces of eight records it saves, with the same of
// Add, 4 to 15 % of a record's time.
func (s *shard) fetch(q *queue, due int64) {
	n := 0
	for ; n < min(fetched, q.len) && q.at(n).at <= due; n++ {
		s.touched += s.table.Touch(q.at(n).key)
	}
	for i := range n {
		s.touched += s.late.TouchYoung(s.table.Own(q.at(i).key))
	}
}

// next returns the trace at the head of a queue of waits, if there is one.
func (s *shard) next(k waitKind) *entry {
	for q := &s.waiting[k]; q.len > 0; q.pop() {
		t := q.at(0)
		if e := s.table.Find(t.key); e != nil && e.waits == k && e.deadline == t.at {
			return e
		}
	}
	return nil
}

// oldest returns the trace that has waited longest, of those the root's wait
// has begun for first: they are the most complete.
func (s *shard) oldest() *entry {
	if e := s.next(waitRoot); e != nil {
		return e
	}
	return s.next(waitFull)
}
