// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"sync"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/internal/idtable"
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
	log     log
	live    int64 // bytes of records in use, prefixes left out
	// late remembers every verdict for a while, special those that do not
	// follow from the trace id: forgetting the others costs only the
	// knowledge that an item is late.
	late, special  memory
	wholes         wholes
	now            time.Duration // the latest reading, so that the queues stay in order
	flushed        bool          // nothing is held any more
	decided        bool          // traces were decided within Add
	reported       int64
	growthReported int64
	path           []position // scratch of release
	touched        uint64     // keeps the reads of touch from being optimised away
}

// add decides on one item or holds it.
func (s *shard) add(key uint64, it *Item, out *Outcome) Fate {
	e, at, met := s.table.Meet(key, it.high())
	if e == nil {
		if v, ok := s.remembered(key, it.high()); ok {
			return s.addLate(key, v, it)
		}
		if s.flushed || it.Unheld || !s.decides && !s.waits(it) {
			return s.decideAlone(key, it, out)
		}
		e = s.open(at, it)
	}
	e.merge(it, met)
	if !e.decided {
		s.wholes.add(e.key, it.Part)
	}
	if !e.decided && s.policy.Settled(e.found) {
		if v := s.settle(e, out); !e.decided {
			s.drop(e, out)
			s.close(e, v)
			return s.fate(v)
		}
	}
	if it.Unheld && !e.decided {
		s.decided = true
		return s.fate(s.decide(e, TriggerPressure, out))
	}
	fate := s.holdOrPass(e, it)
	s.hasten(e, it)
	if !e.decided && s.full(e) {
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
			v, upgraded = own, !v.Keep
		}
	}
	s.policy.Follow(v, it.size())
	fate := s.fate(v)
	fate.Late, fate.Upgraded = true, upgraded
	return fate
}

// decideAlone decides on an item that need not wait for the rest of its trace, or
// cannot: nothing can change the verdict, it may not be held, or there is no waiting
// any more.
func (s *shard) decideAlone(key uint64, it *Item, out *Outcome) Fate {
	v := s.policy.Decide(it.Finding, it.size(), it.Randomness)
	s.remember(key, idtable.Own(key, it.high()), v, it.Explicit, false)
	if s.decides {
		why := TriggerPressure
		if s.flushed {
			why = TriggerShutdown
		}
		out.decided(v, why, nil)
	}
	return s.fate(v)
}

// remember notes a verdict for the trace's late items. Where nothing can change a
// verdict, every item comes to it alone, unless the trace brought a randomness
// of its own. The trace lay or would lie under key at. What does not follow from the
// id is also found by its low half alone; the rest is if such items were seen.
func (s *shard) remember(at, own uint64, v sampling.Verdict, explicit, byHalf bool) {
	switch {
	case explicit || !s.policy.Ordinary(v):
		s.special.put(at, own, v, true)
	case s.decides:
		s.late.put(at, own, v, byHalf)
	}
}

// open makes an entry for the item's trace.
func (s *shard) open(at uint64, it *Item) *entry {
	e := s.table.Insert(at, it.high())
	e.key, e.rnd, e.found = at, it.Randomness, it.Finding
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
	e.verdict, e.decided = v.Pack(), v.Keep || s.opts.DryRun
	if s.decides {
		out.decided(v, TriggerEvidence, e)
	}
	return v
}

// holdOrPass says what becomes of an item of a trace in the table, and copies
// what must be kept of it.
func (s *shard) holdOrPass(e *entry, it *Item) Fate {
	fate := Fate{Action: Hold}
	if e.decided {
		fate.Verdict, fate.Decided = s.policy.Judged(e.verdict.Unpack(), e.rnd, e.explicit), true
	}
	full := s.full(e)
	switch {
	case !e.decided:
		s.hold(e, uint8(it.Signal), it)
		if it.Signal == Log {
			e.logBytes += uint32(len(it.Record))
		}
	case it.Signal == Span:
		fate.Action = Pass
		if s.waits(it) && !full {
			s.store(e, kindCompanion, it.Outlet, it.Envelope, it.Record)
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
	return int(e.records) >= s.opts.MaxItems || e.bytes >= maxTraceBytes
}

func (s *shard) hold(e *entry, kind uint8, it *Item) {
	s.store(e, kind, it.Outlet, it.Envelope, it.Record)
	e.held[it.Signal]++
	s.held[it.Signal].Add(1)
}

// store appends a record to the log and to the trace.
func (s *shard) store(e *entry, kind, outlet uint8, around *Envelope, rec []byte) {
	e.last = s.log.append(e.last, kind, outlet, around, rec)
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

// expire decides the traces that are due, as far as there is room for what they release.
func (s *shard) expire(out *Outcome) {
	due := int64(s.now)
	for k := range s.waiting {
		for n := 0; ; n++ {
			if n%fetched == 0 {
				s.fetch(&s.waiting[k], due)
			}
			e := s.next(waitKind(k))
			if e == nil || e.deadline > due || s.stuck() {
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

// decide ends a trace's time in the table, whatever it still might have got, and
// returns its verdict.
func (s *shard) decide(e *entry, t Trigger, out *Outcome) (v sampling.Verdict) {
	if e.decided {
		v = e.verdict.Unpack()
	} else {
		if whole := s.wholes.take(e.key); whole != nil {
			e.found.Facts |= s.opts.Whole(whole)
		}
		v = s.policy.Decide(e.found, e.size(), e.rnd)
		out.decided(v, t, e)
	}
	if v.Keep || s.opts.DryRun {
		s.release(e, s.policy.Judged(v, e.rnd, e.explicit), out)
	} else {
		s.drop(e, out)
	}
	s.close(e, v)
	return v
}

func (s *shard) drop(e *entry, out *Outcome) {
	for sig, n := range e.held {
		out.Dropped[sig] += int(n)
		s.held[sig].Add(-int64(n))
	}
}

// close forgets the entry and remembers its verdict.
func (s *shard) close(e *entry, v sampling.Verdict) {
	s.remember(e.key, s.table.Own(e.key), v, e.explicit, e.byHalf)
	s.live -= int64(e.bytes)
	s.table.Remove(e.key)
}

// release copies a kept trace's records out, each to the outlet it came from, and
// as companions to the outlets of the other signal.
func (s *shard) release(e *entry, v sampling.Verdict, out *Outcome) {
	if e.held[Span]+e.held[Log] == 0 {
		return
	}
	data := make([]byte, 0, e.bytes)
	records := make([]Record, 0, e.records)
	outlets := make([]uint8, 0, e.records)
	var from [signals]outletSet
	for _, p := range s.trail(e) {
		r := s.log.at(p)
		start := len(data)
		data = append(data, r.data...)
		records = append(records, Record{
			Trace: e.key, Envelope: s.envelopes.at(r.envelope), Data: data[start:], Verdict: v,
			Signal: signalOf(r.kind), Outlet: r.outlet, Companion: r.kind == kindCompanion,
		})
		outlets = append(outlets, r.outlet)
		if r.kind != kindCompanion {
			from[signalOf(r.kind)].add(r.outlet)
		}
	}
	for i, r := range records {
		if !r.Companion {
			out.release(outlets[i], r)
			s.ready.Add(int64(len(r.Data)))
		}
	}
	if s.opts.Join {
		for outlet := range from[Log].each {
			out.companions(outlet, records, Span)
		}
	}
	if s.opts.Count {
		for outlet := range from[Span].each {
			out.companions(outlet, records, Log)
		}
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
		p = s.log.at(p).prev
	}
	return path
}

// reclaim gives back the part of the log that no trace needs. If much of it is
// dead, the oldest traces move to its end: a few that wait longer than the
// others must not hold the whole log.
func (s *shard) reclaim() {
	end := s.log.end()
	for e := s.lowest(); e != nil && e.first < end && s.log.written > s.live+s.live/2+4*int64(s.log.size); e = s.lowest() {
		s.move(e)
		s.log.release(s.lowest().first)
	}
	if e := s.lowest(); e != nil {
		s.log.release(e.first)
	} else {
		s.log.release(end)
	}
}

// lowest returns the trace whose first record lies lowest.
func (s *shard) lowest() *entry {
	for q := &s.lying; q.len > 0; q.pop() {
		t := q.at(0)
		if e := s.table.Find(t.key); e != nil && e.first == position(t.at) {
			return e
		}
	}
	return nil
}

// move rewrites a trace's records at the end of the log.
func (s *shard) move(e *entry) {
	path := s.trail(e)
	s.live -= int64(e.bytes)
	e.first, e.last, e.records, e.bytes = 0, 0, 0, 0
	for _, p := range path {
		r := s.log.at(p)
		s.store(e, r.kind, r.outlet, s.envelopes.at(r.envelope), r.data)
	}
}

// bytes is the memory the shard takes.
func (s *shard) bytes() int64 {
	tickets := len(s.lying.ring)
	for k := range s.waiting {
		tickets += len(s.waiting[k].ring)
	}
	return s.log.bytes + int64(tickets)*ticketBytes + s.wholes.bytes() + int64(s.table.Bytes()+s.late.Bytes()+s.special.Bytes())
}

// growAhead is how many traces a shard may get in the calls at hand.
const growAhead = 1024

// growth is by how much the tables that are nearly full are about to grow: those of
// all shards double at the same time.
func (s *shard) growth() int64 {
	n := int64(s.table.Growth(growAhead))
	if s.opts.Whole != nil {
		n += int64(s.wholes.traces.Growth(growAhead))
	}
	for _, q := range [...]*queue{&s.lying, &s.waiting[waitFull], &s.waiting[waitRoot]} {
		if q.len+growAhead > len(q.ring) {
			n += int64(len(q.ring)) * ticketBytes
		}
	}
	return n
}

// report adds what the shard's size changed by to the buffer's.
func (s *shard) report() {
	s.envelopes.forget(s.log.unnamed)
	clear(s.log.unnamed)
	s.log.unnamed = s.log.unnamed[:0]
	if cap(s.log.unnamed) > 16*fewNames {
		s.log.unnamed = nil
	}
	now := s.bytes()
	s.used.Add(now - s.reported)
	s.reported = now
	growth := s.growth()
	s.growing.Add(growth - s.growthReported)
	s.growthReported = growth
}

// outletSet is a set of outlets.
type outletSet [256 / 64]uint64

func (o *outletSet) add(n uint8) { o[n/64] |= 1 << (n % 64) }

func (o *outletSet) each(yield func(uint8) bool) {
	for n := range 256 {
		if o[n/64]&(1<<(n%64)) != 0 && !yield(uint8(n)) {
			return
		}
	}
}
