// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

import (
	"sync"
	"time"
)

// entryBytes estimates what an entry costs: itself and its place in the table.
const entryBytes = 96

// entry is a trace whose window is open. It has no pointer.
type entry struct {
	key, high   uint64
	randomness  uint64 // explicit, plus 1
	deadline    int64  // Unix nanoseconds
	first, last uint32 // blocks
	count       uint32 // links
	next        uint32 // the entry opened after this one
	service     uint16 // of the first item
	giant       bool
	truncated   bool
	conflict    bool
}

// shard holds the traces of one part of the hash space. Every window is equally
// long, so the entries are a queue in order of their deadlines.
type shard struct {
	*Watch
	mu         sync.Mutex
	table      map[uint64]uint32
	entries    []entry // entry 0 is never used: it ends a list
	free       []uint32
	head, tail uint32
	links      links
	seen       seen
	limit      int // bytes of links and entries
	flushed    bool
	exam       exam
}

func (s *shard) add(now time.Time, it *Item, r *Report) {
	i, open := s.table[it.Low]
	if !open {
		if at := s.seen.get(it.Low); at != 0 {
			s.late(now, at, it, r)
			return
		}
		if s.flushed || s.held() >= s.limit {
			s.skip(now, it, r)
			return
		}
		i = s.open(now, it)
	}
	e := &s.entries[i]
	s.compare(e, it, r)
	switch {
	case int(e.count) >= s.opts.MaxItems:
		e.giant = true
	case it.Kind == KindLog && e.count > 0 && *s.links.newest(e) == it.Link:
		// One more log of the same span says nothing new.
	default:
		s.links.push(e, &it.Link)
	}
}

// never marks a trace as seen that was not examined: its items are not late.
const never = 1

func (s *shard) late(now time.Time, at uint32, it *Item, r *Report) {
	if at != never {
		r.Late = append(r.Late, Age{Service: it.Service, Signal: it.Kind, Age: time.Duration(now.Unix()-int64(at)) * time.Second})
	}
}

func (s *shard) skip(now time.Time, it *Item, r *Report) {
	why := Limit
	if s.flushed {
		why = Shutdown
	}
	r.trace(TracesUnchecked, why, it.Service)
	s.seen.put(now.Unix(), it.Low, never)
}

func (s *shard) open(now time.Time, it *Item) uint32 {
	i := s.take()
	s.entries[i] = entry{key: it.Low, high: it.High, service: it.Service, deadline: now.Add(s.opts.Window).UnixNano()}
	if s.tail == 0 {
		s.head = i
	} else {
		s.entries[s.tail].next = i
	}
	s.tail = i
	s.table[it.Low] = i
	return i
}

func (s *shard) take() uint32 {
	if n := len(s.free); n > 0 {
		i := s.free[n-1]
		s.free = s.free[:n-1]
		return i
	}
	if len(s.entries) == 0 {
		s.entries = append(s.entries, entry{})
	}
	s.entries = append(s.entries, entry{})
	return uint32(len(s.entries) - 1)
}

// compare finds what an item contradicts the earlier ones in. Each contradiction
// counts once a trace, for the service whose item has the shorter id or came
// later.
func (s *shard) compare(e *entry, it *Item, r *Report) {
	if it.High != e.high && !e.truncated {
		e.truncated = true
		service := it.Service
		if e.high == 0 {
			service = e.service
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

func (s *shard) expire(now time.Time, r *Report) {
	due := now.UnixNano()
	for i := s.head; i != 0 && s.entries[i].deadline <= due; i = s.head {
		e := &s.entries[i]
		if e.giant {
			r.trace(TracesUnchecked, Giant, e.service)
		} else {
			s.exam.links = s.links.appendTo(s.exam.links[:0], e)
			s.exam.run(now, &s.opts, &s.calls, r)
		}
		s.seen.put(now.Unix(), e.key, uint32(now.Unix()))
		s.close()
	}
}

// close forgets the entry at the head.
func (s *shard) close() {
	i := s.head
	e := &s.entries[i]
	s.links.release(e)
	delete(s.table, e.key)
	if s.head = e.next; s.head == 0 {
		s.tail = 0
	}
	s.free = append(s.free, i)
}

func (s *shard) flush(r *Report) {
	s.flushed = true
	for i := s.head; i != 0; i = s.head {
		r.trace(TracesUnchecked, Shutdown, s.entries[i].service)
		s.close()
	}
}

// held is the memory the open windows take.
func (s *shard) held() int { return s.links.used*blockBytes + len(s.table)*entryBytes }

func (s *shard) bytes() int { return s.held() + s.seen.bytes() }
