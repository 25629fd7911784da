// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"math/rand/v2"

	"github.com/otelcol-correlation/correlationprocessor/internal/idtable"
	"github.com/otelcol-correlation/correlationprocessor/internal/recovery"
)

// Adopt has records of one signal, and their companions, wait for the outlet as if their
// traces had been kept. They are copied, and count as held until they are Delivered.
// Adopt reports whether the buffer is open.
func (b *Buffer) Adopt(outlet uint8, records []Record) bool { return b.adopt(outlet, records, nil) }

// AdoptSent does what Adopt does for records of one signal that are on their way already:
// the batch, which is a new one, stands for them as if it had taken them, and has none.
func (b *Buffer) AdoptSent(outlet uint8, records []Record, batch *Batch) bool {
	batch.outlet, batch.signal = outlet, records[0].Signal
	return b.adopt(outlet, records, batch)
}

func (b *Buffer) adopt(outlet uint8, records []Record, sent *Batch) bool {
	var out Outcome // the caller knows the outlet
	at := rand.IntN(len(b.shards))
	s := &b.shards[at]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	for len(records) > 0 {
		n := 1
		for n < len(records) && records[n].Trace == records[0].Trace && records[n].Verdict == records[0].Verdict && records[n].Restored == records[0].Restored {
			n++
		}
		e := s.adopt(outlet, records[:n])
		if sent != nil {
			e.outlets = 1
			s.outlets[outlet].Add(int64(e.bytes))
			s.noteOf(e, recovery.Taken, sent.signal)
			sent.traces, sent.Count = append(sent.traces, taken{at, e.key}), sent.Count+n
		} else {
			s.release(e, &out)
		}
		records = records[n:]
	}
	s.report()
	return true
}

// adopt holds the records of one trace, which is kept.
func (s *shard) adopt(outlet uint8, records []Record) *entry {
	e := s.make()
	v := records[0].Verdict
	e.state, e.verdict, e.rnd, e.explicit, e.restored = leaving, v.Pack(), v.Randomness, v.Explicit, records[0].Restored
	s.begin(e, [16]byte{})
	for i := range records {
		s.hold1(e, &records[i], outlet)
	}
	return e
}

// make makes an entry that is no trace.
func (s *shard) make() *entry {
	for {
		if key := idtable.KeyOf(0, rand.Uint64()); s.table.Find(key) == nil {
			e := s.table.Insert(key, 0)
			e.key, e.made, e.waits = key, true, waitNone
			return e
		}
	}
}

// hold1 holds a record of an entry that was made.
func (s *shard) hold1(e *entry, r *Record, outlet uint8) {
	kind := uint8(r.Signal)
	if !r.Companion {
		e.held[r.Signal]++
		s.held[r.Signal].Add(1)
	} else {
		outlet = r.Outlet
		if r.Signal == Span {
			kind = kindCompanion
		}
	}
	s.store(e, kind, outlet, r.Origin, r.Envelope, r.Data)
}

// Parked is a record that Park took.
type Parked struct {
	shard uint8
	key   uint64
}

// Park holds a record, which is copied, until Unpark.
func (b *Buffer) Park(r Record) Parked {
	n := rand.IntN(len(b.shards))
	s := &b.shards[n]
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.make()
	e.state = parked
	s.begin(e, [16]byte{})
	s.hold1(e, &r, r.Outlet)
	s.report()
	return Parked{uint8(n), e.key}
}

// Unpark has use decide on the record, which is good until it returns, and holds it no more.
func (b *Buffer) Unpark(p Parked, use func(Record)) {
	s := &b.shards[p.shard]
	s.mu.Lock()
	e := s.table.Find(p.key)
	held := s.log.At(e.last)
	l := s.log.Link(e.last)
	r := Record{Envelope: b.Share(held.Envelope), Data: append([]byte(nil), held.Data...), Signal: signalOf(l.Kind), Outlet: l.Outlet}
	if s.files != nil {
		r.Origin = s.log.OriginOf(e.last)
	}
	s.mu.Unlock()
	use(r)
	b.Forget([]*Envelope{r.Envelope})
	s.mu.Lock()
	defer s.mu.Unlock()
	e = s.table.Find(p.key)
	s.held[r.Signal].Add(-1)
	s.close(e)
	s.giveBack()
	s.report()
}
