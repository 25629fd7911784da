// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import "github.com/otelcol-correlation/correlationprocessor/internal/recordlog"

// reclaim gives back the part of the log that no trace needs. If much of it is
// dead, the oldest traces move to its end: a few that wait longer than the
// others must not hold the whole log.
func (s *shard) reclaim() {
	end := s.log.End()
	for e := s.lowest(); e != nil && e.first < end && s.sparse(); e = s.lowest() {
		s.move(e)
		s.log.Release(s.lowest().first)
	}
	if e := s.lowest(); e != nil {
		s.log.Release(e.first)
	} else {
		s.log.Release(end)
	}
}

// sparse reports whether so much of the log is dead that its oldest traces shall move.
func (s *shard) sparse() bool {
	return s.log.Usage().Unpacked > s.live+s.live/2+4*int64(s.log.SegmentSize())
}

// lowest returns the trace whose first record lies lowest.
func (s *shard) lowest() *entry {
	for q := &s.lying; q.len > 0; q.pop() {
		t := q.at(0)
		if e := s.table.Find(t.key); e != nil && e.first == recordlog.Position(t.at) {
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
		r := s.log.At(p)
		s.store(e, r.Kind, r.Outlet, r.Envelope, r.Data)
	}
}

// bytes is the memory the shard takes.
func (s *shard) bytes() int64 {
	tickets := len(s.lying.ring) + len(s.hindsight.ring)
	for i := range s.queues {
		tickets += len(s.queues[i].ring)
	}
	for k := range s.waiting {
		tickets += len(s.waiting[k].ring)
	}
	return s.log.Usage().Taken + int64(tickets)*ticketBytes + s.wholes.bytes() + int64(s.edges.count)*edgeBytes + int64(s.table.Bytes()+s.late.Bytes()+s.special.Bytes())
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
	for _, q := range [...]*queue{&s.lying, &s.hindsight, &s.waiting[waitFull], &s.waiting[waitRoot]} {
		if q.len+growAhead > len(q.ring) {
			n += int64(len(q.ring)) * ticketBytes
		}
	}
	return n
}

// report adds what the shard's size changed by to the buffer's.
func (s *shard) report() {
	now := usage{s.bytes(), s.log.Usage()}
	s.used.Add(now.memory - s.reported.memory)
	s.logs.Add(now.log.Taken - s.reported.log.Taken)
	s.unpacked.Add(now.log.Unpacked - s.reported.log.Unpacked)
	s.reported = now
	growth := s.growth()
	s.growing.Add(growth - s.growthReported)
	s.growthReported = growth
}
