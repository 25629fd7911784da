// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"encoding/binary"
	"sync"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// shard holds the traces of one part of the hash space.
type shard struct {
	*shared

	mu      sync.Mutex
	table   map[uint64]uint32
	entries entries
	blocks  blocks
	// late remembers every verdict for a while, special those that do not
	// follow from the trace id: forgetting the others costs only the
	// knowledge that an item is late.
	late, special memory
	flushed       bool // nothing is held any more
	reported      int64
	prefix        []byte
}

func lowHalf(id [16]byte) uint64 { return binary.BigEndian.Uint64(id[8:]) }

// add decides on one item or holds it.
func (s *shard) add(now time.Time, it *Item, out *Outcome) Fate {
	key := lowHalf(it.ID)
	i, known := s.table[key]
	if !known {
		if v, ok := s.remembered(key); ok {
			return s.addLate(key, v, it)
		}
		if s.flushed || !s.decides && !s.waits(it) {
			return s.decideAlone(key, it, out)
		}
		i = s.open(now, key, it)
	}
	e := &s.entries.all[i]
	e.merge(it)
	if !e.decided && s.policy.Settled(e.match) {
		if v := s.settle(e, out); !v.Keep {
			s.drop(e, out)
			s.close(i, v)
			return Fate{Action: Drop, Rule: v.Rule}
		}
	}
	fate := s.holdOrPass(e, it)
	s.hasten(now, i, it)
	if !e.decided && int(e.records) >= s.opts.MaxItems {
		s.decide(i, TriggerLimit, out)
	}
	return fate
}

// waits reports whether an item of a trace that is kept has a reason to be in the
// table: a log to be joined, or a span a log may want to join.
func (s *shard) waits(it *Item) bool {
	return s.opts.Join && it.Record != nil && (it.Signal == Span || it.Joins)
}

func (s *shard) remembered(key uint64) (sampling.Verdict, bool) {
	if v, ok := s.special.get(key); ok {
		return v, true
	}
	return s.late.get(key)
}

// addLate decides on an item of a trace whose verdict has been carried out.
func (s *shard) addLate(key uint64, v sampling.Verdict, it *Item) Fate {
	fate := Fate{Action: Drop, Rule: v.Rule, Late: true}
	if v.Keep {
		fate.Action = Pass
		return fate
	}
	if own := s.policy.Decide(it.Match, it.Randomness); own.Keep && own.Rule < v.Rule {
		s.special.put(key, own)
		fate.Action, fate.Rule, fate.Upgraded = Pass, own.Rule, true
	}
	return fate
}

// decideAlone decides on an item that need not wait for the rest of its trace:
// nothing can change the verdict, or there is no waiting any more.
func (s *shard) decideAlone(key uint64, it *Item, out *Outcome) Fate {
	v := s.policy.Decide(it.Match, it.Randomness)
	s.remember(key, v, it.Explicit)
	if s.decides {
		out.decided(v, TriggerShutdown)
	}
	fate := Fate{Action: Drop, Rule: v.Rule}
	if v.Keep {
		fate.Action = Pass
	}
	return fate
}

// remember notes a verdict for the trace's late items. Where nothing can change a
// verdict, every item comes to it alone, unless the trace brought a randomness
// of its own.
func (s *shard) remember(key uint64, v sampling.Verdict, explicit bool) {
	switch {
	case v.Rule != s.policy.Default() || explicit:
		s.special.put(key, v)
	case s.decides:
		s.late.put(key, v)
	}
}

// open makes an entry for the item's trace.
func (s *shard) open(now time.Time, key uint64, it *Item) uint32 {
	i := s.entries.take()
	e := &s.entries.all[i]
	e.key, e.rnd, e.match = key, it.Randomness, it.Match
	e.deadline = now.Add(s.opts.Wait).UnixNano()
	s.entries.push(i, waitFull)
	s.table[key] = i
	return i
}

// settle notes the verdict on a trace that no further item can change.
func (s *shard) settle(e *entry, out *Outcome) sampling.Verdict {
	v := s.policy.Decide(e.match, e.rnd)
	e.decided = v.Keep
	if s.decides {
		out.decided(v, TriggerEvidence)
	}
	return v
}

// holdOrPass says what becomes of an item of a trace in the table, and copies
// what must be kept of it.
func (s *shard) holdOrPass(e *entry, it *Item) Fate {
	fate := Fate{Action: Hold, Rule: e.match}
	full := int(e.records) >= s.opts.MaxItems
	switch {
	case !e.decided:
		s.hold(e, uint8(it.Signal), it)
	case it.Signal == Span:
		fate.Action = Pass
		if s.waits(it) && !full {
			s.store(e, kindContext, it)
		}
	case s.waits(it) && !full:
		s.hold(e, kindLog, it)
	default:
		fate.Action = Pass
	}
	return fate
}

func (s *shard) hold(e *entry, kind uint8, it *Item) {
	s.store(e, kind, it)
	e.held[it.Signal]++
	s.held[it.Signal].Add(1)
}

func (s *shard) store(e *entry, kind uint8, it *Item) {
	s.prefix = appendPrefix(s.prefix[:0], kind, it.Outlet, it.Header, len(it.Record))
	s.blocks.write(&e.chain, s.prefix)
	s.blocks.write(&e.chain, it.Record)
	e.records++
}

// hasten moves a trace whose root has come to the shorter wait.
func (s *shard) hasten(now time.Time, i uint32, it *Item) {
	e := &s.entries.all[i]
	if !it.Root || s.opts.WaitAfterRoot <= 0 || e.list == waitRoot {
		return
	}
	if due := now.Add(s.opts.WaitAfterRoot).UnixNano(); due < e.deadline {
		s.entries.unlink(i)
		e.deadline = due
		s.entries.push(i, waitRoot)
	}
}

// expire decides the traces that are due.
func (s *shard) expire(now time.Time, out *Outcome) {
	due := now.UnixNano()
	for k := range s.entries.lists {
		for {
			i := s.entries.lists[k].head
			if i == 0 || s.entries.all[i].deadline > due {
				break
			}
			s.decide(i, [waitKinds]Trigger{TriggerTimeout, TriggerRoot}[k], out)
		}
	}
}

// oldest returns the trace that has waited longest, of those the root's wait
// has begun for first: they are the most complete. 0 if there is none.
func (s *shard) oldest() uint32 {
	if i := s.entries.lists[waitRoot].head; i != 0 {
		return i
	}
	return s.entries.lists[waitFull].head
}

// decide ends a trace's time in the table, whatever it still might have got.
func (s *shard) decide(i uint32, t Trigger, out *Outcome) {
	e := &s.entries.all[i]
	v := s.policy.Decide(e.match, e.rnd)
	if !e.decided {
		out.decided(v, t)
	}
	if v.Keep {
		s.release(e, v.Rule, out)
	} else {
		s.drop(e, out)
	}
	s.close(i, v)
}

func (s *shard) drop(e *entry, out *Outcome) {
	for sig, n := range e.held {
		out.Dropped[sig] += int(n)
		s.held[sig].Add(-int64(n))
	}
}

// close forgets the entry and remembers its verdict.
func (s *shard) close(i uint32, v sampling.Verdict) {
	e := &s.entries.all[i]
	s.remember(e.key, v, e.explicit)
	s.blocks.release(&e.chain)
	s.entries.unlink(i)
	s.entries.free = append(s.entries.free, i)
	delete(s.table, e.key)
}

// release copies a kept trace's records out, each to the outlet it came from,
// and its spans as context to the outlets of its logs.
func (s *shard) release(e *entry, rule sampling.Match, out *Outcome) {
	if e.held[Span]+e.held[Log] == 0 {
		return
	}
	data := s.blocks.appendTo(make([]byte, 0, int(e.chain.blocks)*blockPayload), e.chain)
	logOutlets := s.releaseOwn(e, data, rule, out)
	if s.opts.Join {
		for o := range logOutlets.each {
			s.releaseContext(e, data, o, rule, out)
		}
	}
}

func (s *shard) releaseOwn(e *entry, data []byte, rule sampling.Match, out *Outcome) (logs outletSet) {
	for len(data) > 0 {
		kind, outlet, h, rec, rest := nextRecord(data)
		data = rest
		if kind == kindContext {
			continue
		}
		if kind == kindLog {
			logs.add(outlet)
		}
		r := Record{Trace: e.key, Header: s.headers.content(h), Data: rec, Rule: rule, Signal: Signal(kind)}
		out.release(outlet, r)
		s.ready.Add(int64(len(rec)))
	}
	return logs
}

func (s *shard) releaseContext(e *entry, data []byte, outlet uint8, rule sampling.Match, out *Outcome) {
	for len(data) > 0 {
		kind, _, h, rec, rest := nextRecord(data)
		data = rest
		if kind != kindLog {
			out.release(outlet, Record{Trace: e.key, Header: s.headers.content(h), Data: rec, Rule: rule, Signal: Span, Context: true})
		}
	}
}

// bytes is the memory the shard takes.
func (s *shard) bytes() int64 {
	return int64(s.blocks.used)*blockSize + int64(len(s.table))*entryBytes + s.late.bytes() + s.special.bytes()
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
