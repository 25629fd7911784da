// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

import (
	"sync"
	"time"
)

// shard holds the traces of one part of the hash space.
type shard struct {
	*Watch
	mu      sync.Mutex
	table   table
	links   links
	seen    seen
	limit   int // bytes of links and entries
	flushed bool
	exam    exam
	touched uint64 // keeps the reads of touch from being optimised away
}

// batch takes in the items of a thread that begins at i, number i-1 in items; 0
// ends it.
func (s *shard) batch(now time.Time, items []Item, next []uint32, i uint32, r *Report) {
	for j := i; j != 0; j = next[j-1] {
		// The misses of independent reads overlap; those of add would not.
		s.touch(items[j-1].Low)
	}
	for ; i != 0; i = next[i-1] {
		s.add(now, &items[i-1], r)
	}
}

func (s *shard) touch(key uint64) { s.touched += s.table.touch(key) + s.seen.touch(key) }

func (s *shard) add(now time.Time, it *Item, r *Report) {
	e := s.table.find(it.Low)
	if e == nil {
		s.begin(now, it, r)
		return
	}
	s.compare(e, it, r)
	newest := s.links.at(e.newest)
	switch {
	case int(newest.number) >= s.opts.MaxItems:
		e.giant = true
	case it.Kind == KindLog && newest.Link == it.Link:
		// One more log of the same span says nothing new.
	default:
		e.newest = s.links.push(&it.Link, it.Low, e.newest, newest.number+1)
	}
}

// begin takes in an item whose trace has no open window.
func (s *shard) begin(now time.Time, it *Item, r *Report) {
	switch at := s.seen.get(it.Low); {
	case at != 0:
		s.late(now, at, it, r)
	case s.flushed:
		s.skip(now, it, Shutdown, r)
	case !s.fits():
		s.skip(now, it, Limit, r)
	default:
		s.links.mark(now.Add(s.opts.Window).UnixNano())
		e := s.table.insert(it.Low)
		e.high, e.randomness = it.High, it.Randomness
		e.newest = s.links.push(&it.Link, it.Low, 0, 1)
	}
}

// never marks a trace as seen that was not examined: its items are not late.
const never = 1

func (s *shard) late(now time.Time, at uint32, it *Item, r *Report) {
	if at != never {
		r.Late = append(r.Late, Age{Service: it.Service, Signal: it.Kind, Age: time.Duration(now.Unix()-int64(at)) * time.Second})
	}
}

func (s *shard) skip(now time.Time, it *Item, why Reason, r *Report) {
	r.trace(TracesUnchecked, why, it.Service)
	s.seen.put(now.Unix(), it.Low, never)
}

// fits reports whether there is room for one more trace, also if it makes the
// table grow. What follows of the traces that are open is taken in any case.
func (s *shard) fits() bool {
	need := s.table.growth() * entryBytes
	if s.links.room() < 2 { // a mark and a link
		need += segmentBytes
	}
	return s.held()+need <= s.limit
}

// compare finds what an item contradicts the earlier ones in. Each contradiction
// counts once a trace, for the service whose item has the shorter id or came
// later.
func (s *shard) compare(e *entry, it *Item, r *Report) {
	if it.High != e.high && !e.truncated {
		e.truncated = true
		service := it.Service
		if e.high == 0 {
			service = s.links.first(e.newest).Service
		}
		r.trace(PropagationBroken, TraceIDTruncated, service)
	}
	if it.Randomness == 0 || e.conflict {
		return
	}
	if e.randomness == 0 {
		e.randomness = it.Randomness
	} else if e.randomness != it.Randomness {
		e.conflict = true
		r.trace(PropagationBroken, RandomnessConflict, it.Service)
	}
}

// expire examines the traces that are due, a segment of the log at a time.
func (s *shard) expire(now time.Time, r *Report) {
	for due := now.UnixNano(); !s.links.empty(); {
		ready := s.ready(due)
		if ready == s.links.start {
			break
		}
		for s.links.start != ready {
			if rec := s.links.at(s.links.start); rec.number == 1 {
				s.examine(now, rec, r)
			}
			s.links.drop()
		}
	}
	s.links.trim()
}

// ready returns the position up to which the oldest segment is due, and touches
// what examining it needs.
func (s *shard) ready(due int64) uint32 {
	p := s.links.start
	for p != s.links.end {
		switch rec := s.links.at(p); {
		case rec.number == mark && rec.Start > due:
			return p
		case rec.number == 1:
			s.touch(rec.key)
		}
		if p++; p%segmentRecords == 0 {
			break
		}
	}
	return p
}

// examine closes the window of the trace whose first link is given.
func (s *shard) examine(now time.Time, first *record, r *Report) {
	if e := s.table.find(first.key); e.giant {
		r.trace(TracesUnchecked, Giant, first.Service)
	} else {
		s.exam.links = s.links.chain(s.exam.links, e.newest)
		s.exam.run(now, &s.opts, &s.calls, r)
	}
	s.seen.put(now.Unix(), first.key, uint32(now.Unix()))
	s.table.remove(first.key)
}

func (s *shard) flush(r *Report) {
	s.flushed = true
	for ; !s.links.empty(); s.links.drop() {
		if rec := s.links.at(s.links.start); rec.number == 1 {
			r.trace(TracesUnchecked, Shutdown, rec.Service)
			s.table.remove(rec.key)
		}
	}
}

// held is the memory the open windows take.
func (s *shard) held() int { return s.links.used*segmentBytes + len(s.table.slots)*entryBytes }

// bytes is the memory taken. What is spare was once held, so it is within the
// limit too.
func (s *shard) bytes() int { return s.held() + len(s.links.spare)*segmentBytes + s.seen.bytes() }
