// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

import (
	"sync"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/internal/idtable"
)

// entry is a trace whose window is open. With its key and the high half of its id it
// is half a cache line.
type entry struct {
	randomness uint64 // explicit, plus 1
	newest     uint32 // position of its newest link
	giant      bool
	truncated  bool
	conflict   bool
	leftOut    bool // of the id, by its key
}

// shard holds the traces of one part of the hash space.
type shard struct {
	*Checker
	mu      sync.Mutex
	table   idtable.Table[entry]
	links   links
	seen    seen
	limit   int // bytes of links and entries
	flushed bool
	check   check
	walk    []uint32 // of fetch
	touched uint64   // keeps the reads of touch from being optimised away
}

// add takes in the items of the batch's part that begins at i.
func (s *shard) add(b *batch, i uint32) {
	for j := i; j != 0; j = b.parts[j-1].Next {
		// The misses of independent reads overlap; those of addItem would not.
		key := b.parts[j-1].Key
		s.touched += s.table.Touch(key) + s.seen.Touch(idtable.Own(key, b.items[j-1].High))
	}
	for j := i; j != 0; j = b.parts[j-1].Next {
		if e := s.table.Find(b.parts[j-1].Key); e != nil {
			s.touched += uint64(s.links.at(e.newest).number)
		}
	}
	for ; i != 0; i = b.parts[i-1].Next {
		s.addItem(b, b.parts[i-1].Key, &b.items[i-1])
	}
}

func (s *shard) addItem(b *batch, key uint64, it *Item) {
	e, at, met := s.table.Meet(key, it.High)
	if e == nil {
		s.begin(b, key, at, it)
		return
	}
	s.compare(e, it, met, b.r)
	newest := s.links.at(e.newest)
	switch {
	case int(newest.number) >= s.opts.MaxItems:
		e.giant = true
	case it.Kind == KindLog && newest.Link == it.Link:
		// One more log of the same span says nothing new.
	default:
		e.newest = s.links.push(&it.Link, at, e.newest, newest.number+1)
	}
}

// begin takes in an item whose trace has no open window, and would lie under at.
func (s *shard) begin(b *batch, key, at uint64, it *Item) {
	switch checked := s.seen.Recall(key, it.High); {
	case checked == never:
	case checked != 0:
		b.r.Late = append(b.r.Late, Age{Service: it.Service, Signal: it.Kind, Age: b.now.Truncate(time.Second) - checkedAt(checked), Of: it.Example()})
	case s.flushed:
		s.skip(b, key, it, Shutdown)
	case !s.fits():
		s.skip(b, key, it, Limit)
	default:
		s.links.mark(int64(b.now + s.opts.Window))
		e := s.table.Insert(at, it.High)
		e.randomness = it.Randomness
		e.leftOut = idtable.LeftOut(it.High, it.Low)
		e.newest = s.links.push(&it.Link, at, 0, 1)
	}
}

func (s *shard) skip(b *batch, key uint64, it *Item, why Reason) {
	b.r.flaw(TracesUnchecked, why, it.Service, it.Example())
	s.seen.put(b.now, key, idtable.Own(key, it.High), never, false)
}

// fits reports whether there is room for one more trace, also if it makes the
// table grow. What follows of the traces that are open is taken in any case.
func (s *shard) fits() bool {
	need := s.table.Growth(1)
	if s.links.room() < 2 { // a mark and a link
		need += segmentBytes
	}
	return s.held()+need <= s.limit
}

// compare finds what an item contradicts the earlier ones in. Each contradiction
// counts once a trace, for the service whose item has the shorter id or arrived
// later.
func (s *shard) compare(e *entry, it *Item, met idtable.Meeting, r *Report) {
	if met != idtable.Same && !e.truncated {
		e.truncated = true
		service := it.Service
		if met == idtable.Completed {
			service = s.links.first(e.newest).Service
		}
		r.flaw(PropagationBroken, TraceIDTruncated, service, it.Example())
	}
	if it.Randomness == 0 || e.conflict {
		return
	}
	if e.randomness == 0 {
		e.randomness = it.Randomness
	} else if e.randomness != it.Randomness {
		e.conflict = true
		r.flaw(PropagationBroken, RandomnessConflict, it.Service, it.Example())
	}
}

// expire checks the traces that are due, a segment of the log at a time.
func (s *shard) expire(now time.Duration, r *Report) {
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	for due := int64(now); !s.links.empty(); {
		ready := s.ready(due)
		if ready == s.links.start {
			break
		}
		s.fetch(ready)
		for s.links.start != ready {
			if rec := s.links.at(s.links.start); rec.number == 1 {
				s.checkTrace(now, rec, r)
			}
			s.links.drop()
		}
	}
	s.links.trim()
}

// ready returns the position up to which the oldest segment is due, and touches
// what a check of it needs.
func (s *shard) ready(due int64) uint32 {
	p := s.links.start
	for p != s.links.end {
		switch rec := s.links.at(p); {
		case rec.number == mark && rec.Start > due:
			return p
		case rec.number == 1:
			s.touched += s.table.Touch(rec.key)
		}
		if p++; p%segmentRecords == 0 {
			break
		}
	}
	return p
}

// fetch reads the links of the traces that begin before the position, one of each
// at a time: those of one trace lead to each other, so that their misses would
// add up, and those of many overlap. In traces of 8 links that arrive over 64
// batches it saves a fourth of all.
func (s *shard) fetch(ready uint32) {
	s.walk = s.walk[:0]
	for p := s.links.start; p != ready; p++ {
		if rec := s.links.at(p); rec.number == 1 {
			s.walk = append(s.walk, s.table.Find(rec.key).newest)
			s.touched += s.seen.TouchYoung(s.table.Own(rec.key))
		}
	}
	for left := s.walk; len(left) > 0; {
		n := 0
		for _, p := range left {
			if rec := s.links.at(p); rec.number > 1 {
				left[n] = rec.prev
				n++
			}
		}
		left = left[:n]
	}
}

// checkTrace closes the window of the trace whose first link is given.
func (s *shard) checkTrace(now time.Duration, first *record, r *Report) {
	e := s.table.Find(first.key)
	s.check.table, s.check.key, s.check.leftOut = &s.table, first.key, e.leftOut
	if e.giant {
		r.flaw(TracesUnchecked, Giant, first.Service, s.check.example(first.Span))
	} else {
		s.check.links = s.links.chain(s.check.links, e.newest)
		s.check.run(now, &s.opts, &s.calls, r)
	}
	s.seen.put(now, first.key, s.table.Own(first.key), checkedNow(now), e.truncated)
	s.table.Remove(first.key)
}

func (s *shard) flush(r *Report) {
	s.flushed = true
	for ; !s.links.empty(); s.links.drop() {
		if rec := s.links.at(s.links.start); rec.number == 1 {
			r.trace(TracesUnchecked, Shutdown, rec.Service)
			s.table.Remove(rec.key)
		}
	}
}

// held is the memory the open windows take.
func (s *shard) held() int { return s.links.used*segmentBytes + s.table.Bytes() }

// bytes is the memory taken. What is spare was once held, so it is within the
// limit too.
func (s *shard) bytes() int { return s.held() + len(s.links.spare)*segmentBytes + s.seen.Bytes() }
