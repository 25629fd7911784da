// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"cmp"
	"slices"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/internal/recordlog"
)

// reclaim gives back the part of the log that no trace needs. If much of it is
// dead, the oldest traces move to its end: a few that wait longer than the
// others must not hold the whole log.
//
// What has been released for a short while is about to go anyway, and is moved only if
// there is pressure.
func (s *shard) reclaim(pressure bool) {
	segments := int64(s.log.SegmentSize())
	if s.log.Usage().Unpacked > s.live+s.live/2+4*segments {
		s.move(s.log.Usage().Unpacked-(s.live+s.live/4+2*segments), pressure)
	}
	s.giveBack()
}

// squeeze is reclaim where room is short because an outlet takes nothing: what waits for it
// may do so for long, and would hold the log behind it.
func (s *shard) squeeze() {
	if excess := s.log.Usage().Unpacked - (s.live + s.live/8 + 2*int64(s.log.SegmentSize())); excess > 0 {
		s.move(excess, true)
		s.giveBack()
	}
}

// soonTaken is how long a released trace is expected to be taken soon.
const soonTaken = time.Second

// giveBack gives back what lies before all traces.
func (s *shard) giveBack() {
	if e := s.lowest(); e != nil {
		s.log.Release(e.first)
	} else {
		s.log.Release(s.log.End())
	}
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

// lyingRecord is a record and its trace.
type lyingRecord struct {
	at   recordlog.Position
	of   *entry
	sent bool // it has been delivered, and may be joined
}

// move rewrites at the end of the log as many of the traces that lie lowest as it takes
// to free so many bytes. It does so in the order in which their records lie: each packed
// block is unpacked once, however many of the traces have records in it.
func (s *shard) move(excess int64, pressure bool) {
	var records []lyingRecord
	moved := int64(0)
	for e := s.lowest(); e != nil && s.log.Before(e.first)-moved < excess; e = s.lowest() {
		if e.state == leaving && e.deadline > int64(s.now) && !pressure {
			break
		}
		sent := uint32(0)
		for i, p := range s.trail(e) {
			r := lyingRecord{p, e, i < int(e.sent)}
			if r.sent {
				if e.state == delivered && s.log.Link(p).Kind == kindLog {
					continue // nothing is joined to it
				}
				sent++
			}
			records = append(records, r)
		}
		e.sent = sent
		moved += int64(e.bytes)
		s.live -= int64(e.bytes)
		s.beginAnew(e)
		e.records, e.bytes = 0, 0
	}
	slices.SortFunc(records, func(x, y lyingRecord) int { return cmp.Compare(x.at, y.at) })
	for _, r := range records {
		s.rewrite(r)
	}
	s.log.Forget()
}

// rewrite writes the record again, for its trace. One that lies packed shall not take
// more than before, so for each segment that such ones fill another one is packed.
func (s *shard) rewrite(of lyingRecord) {
	r, taken, packed := s.log.At(of.at), s.log.Usage().Taken+s.log.Usage().Filed, s.log.Link(of.at).Packed
	if of.sent && r.Kind == kindSpan {
		r.Kind = kindCompanion
	}
	var origin Origin
	if s.files != nil {
		origin = s.log.OriginOf(of.at)
	}
	// A log that was sent is not to be found without a note of that, should the process end
	// between this record and the next one.
	if s.store(of.of, r.Kind, r.Outlet, origin, r.Envelope, r.Data); of.sent && (r.Kind == kindLog || of.of.records == of.of.sent) {
		s.sent(of.of)
	}
	if packed && s.log.Usage().Taken+s.log.Usage().Filed > taken {
		s.log.Pack()
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

func (s *shard) usage() usage { return usage{s.bytes(), s.log.Usage()} }

// report adds what the shard's size changed by to the buffer's.
func (s *shard) report() {
	now := s.usage()
	s.used.Add(now.memory - s.reported.memory)
	s.logs.Add(now.log.Taken + now.log.Filed - s.reported.log.Taken - s.reported.log.Filed)
	s.unpacked.Add(now.log.Unpacked - s.reported.log.Unpacked)
	s.reported = now
	growth := s.growth()
	s.growing.Add(growth - s.growthReported)
	s.growthReported = growth
}
