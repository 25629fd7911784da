// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"cmp"
	"slices"

	"github.com/otelcol-correlation/correlationprocessor/internal/recordlog"
	"github.com/otelcol-correlation/correlationprocessor/internal/recovery"
)

// Batch is what an outlet takes at a time: whole traces, as far as they are its own. The
// caller owns it and may use it again for what it takes next.
type Batch struct {
	Records []Record
	// Count is the number of Records, companions left out.
	Count int
	// Bytes is what is held of the traces.
	Bytes int64

	outlet uint8
	signal Signal
	limit  int64 // of Bytes
	shard  int   // whose turn it is
	traces []taken
	refs   []reference
	data   []byte // of Records
}

// taken is a trace in a batch.
type taken struct {
	shard int
	key   uint64
}

// reference is where a record of the batch lies, in the log and then in the batch.
type reference struct {
	at         recordlog.Position
	record     int
	start, end int
	packed     bool
}

// The records a batch has, give or take a trace, and the part of the limit that their
// traces may take: decoded they take about ten times of that, besides what is held.
const (
	maxBatch   = 8192
	batchShare = 64
)

func (b *Batch) full() bool { return len(b.Records) >= maxBatch || b.Bytes >= b.limit }

// reset empties the batch. One that a large trace has made large is not kept.
func (b *Batch) reset(outlet uint8, sig Signal, limit int64) {
	if int64(cap(b.data)) > 2*limit+64<<10 {
		b.data = nil
	}
	clear(b.Records)
	*b = Batch{
		outlet: outlet, signal: sig, limit: limit, shard: b.shard,
		Records: b.Records[:0], traces: b.traces[:0], refs: b.refs[:0], data: b.data[:0],
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
		s.noteOf(e, recovery.Taken, b.signal)
	}
	b.read(s, from, size)
}

// refer adds references to the records of the trace that the batch's outlet gets: its
// own, and for the sake of these those of the other signal.
func (s *shard) refer(e *entry, b *Batch) {
	v := s.policy.Judged(e.verdict.Unpack(), e.rnd, e.explicit)
	others := b.signal == Log && s.opts.Join || b.signal == Span && s.opts.Count
	for i, p := range s.trail(e) {
		l := s.log.Link(p)
		r := Record{Trace: e.key, Verdict: v, Signal: signalOf(l.Kind), Outlet: l.Outlet, Restored: e.restored}
		switch {
		case i < int(e.sent) && r.Signal == b.signal:
			continue
		case r.Signal != b.signal:
			if !others {
				continue
			}
			r.Companion = true
		case l.Kind == kindCompanion || l.Outlet != b.outlet:
			continue
		default:
			b.Count++
		}
		b.refs = append(b.refs, reference{at: p, record: len(b.Records), packed: l.Packed})
		b.Records = append(b.Records, r)
	}
}

func signalOf(kind uint8) Signal {
	if kind == kindLog {
		return Log
	}
	return Span
}

// read copies the records of the references from the given one on, of at most size
// bytes, out of the shard's log, each packed block once.
func (b *Batch) read(s *shard, from, size int) {
	refs := b.refs[from:]
	if slices.ContainsFunc(refs, func(r reference) bool { return r.packed }) {
		slices.SortFunc(refs, func(x, y reference) int { return cmp.Compare(x.at, y.at) })
	}
	b.data = slices.Grow(b.data, size)
	for i := range refs {
		r := s.log.At(refs[i].at)
		refs[i].start = len(b.data)
		b.data = append(b.data, r.Data...)
		refs[i].end = len(b.data)
		b.Records[refs[i].record].Envelope = r.Envelope
	}
	s.log.Forget()
}

// settle gives the records their data, which does not move any more.
func (b *Batch) settle() {
	for _, r := range b.refs {
		b.Records[r.record].Data = b.data[r.start:r.end:r.end]
	}
}

// Take has the batch take what waits for the outlet of the signal, as much as goes on
// together, and reports whether there was something. It stays held until the batch is
// Delivered, which must come first for what the batch had before.
func (b *Buffer) Take(outlet uint8, sig Signal, batch *Batch) bool {
	batch.reset(outlet, sig, b.opts.MaxBytes/batchShare)
	if b.Waiting(outlet) == 0 {
		return false
	}
	for range b.shards {
		s := &b.shards[batch.shard]
		s.mu.Lock()
		s.take(batch)
		s.report()
		s.mu.Unlock()
		if batch.full() {
			break
		}
		batch.shard = (batch.shard + 1) % len(b.shards)
	}
	batch.settle()
	return len(batch.Records) > 0
}

// Delivered ends the account of a batch: it went on, or was lost.
func (b *Buffer) Delivered(batch *Batch) {
	b.held[batch.signal].Add(-int64(batch.Count))
	b.futile.Store(false)
	for i := 0; i < len(batch.traces); {
		n := batch.traces[i].shard
		s := &b.shards[n]
		s.mu.Lock()
		for ; i < len(batch.traces) && batch.traces[i].shard == n; i++ {
			s.left(batch.traces[i].key, batch.outlet, batch.signal)
		}
		s.giveBack()
		s.report()
		s.mu.Unlock()
	}
	batch.traces = batch.traces[:0]
	select {
	case b.delivered <- struct{}{}:
	default:
	}
}

// Waiting is how many bytes of traces wait for the outlet, unpacked, those in a batch
// included.
func (b *Buffer) Waiting(outlet uint8) int64 {
	return b.outlets[outlet].Load()
}

// awaitsOutlets reports whether something waits for an outlet, or is on its way.
func (b *Buffer) awaitsOutlets() bool {
	for n := range b.outlets {
		if b.Waiting(uint8(n)) > 0 {
			return true
		}
	}
	return false
}
