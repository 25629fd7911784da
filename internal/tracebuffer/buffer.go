// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"math/bits"
	"sync"
	"sync/atomic"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/internal/idtable"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// Options say how a buffer decides and what it may hold.
type Options struct {
	// Policy decides; it must not be nil.
	Policy *sampling.Policy
	// Whole returns the facts that a trace shows as a whole. It is asked once for a
	// trace, at the end of its wait, if items of it have a Part. It must be safe for
	// concurrent use.
	Whole func(*sampling.Trace) uint32
	// Wait is how long a trace may wait for its verdict after its first item.
	Wait time.Duration
	// WaitAfterRoot shortens the wait once the root span is there; 0 does not.
	WaitAfterRoot time.Duration
	// MaxItems is how many items of a trace are held; the trace is decided
	// when it has as many, and later items share the verdict.
	MaxItems int
	// MaxBytes limits the memory taken.
	MaxBytes int64
	// Join makes logs wait for their spans in traces that are kept, and sends
	// the spans along with the logs.
	Join bool
	// Count sends the logs along with the spans.
	Count bool
	// DryRun lets pass what the verdict is to drop.
	DryRun bool
}

// Buffer holds traces until they are decided. It is safe for concurrent use.
type Buffer struct {
	shared
	shards  []shard
	shift   uint          // the top bits of a mixed key pick the shard
	packing atomic.Uint32 // the shard that compressed last
	scratch sync.Pool
}

// shared is what all shards see.
type shared struct {
	opts      Options
	policy    *sampling.Policy
	decides   bool // later items of a trace may change its verdict
	envelopes envelopes
	held      [signals]atomic.Int64 // records, from Hold to Delivered or dropped
	ready     atomic.Int64          // bytes released and not yet delivered
	beside    atomic.Int64          // bytes that others take within the limit
	used      atomic.Int64          // bytes in the shards
	growing   atomic.Int64          // bytes the shards' tables are about to grow by
	promised  atomic.Int64          // bytes that calls let in have not added yet
}

// memoryShare is the part of MaxBytes that remembered verdicts may take, 1/16:
// at the default of 512 MiB up to a million verdicts of either kind.
const memoryShare = 16

// New returns an empty buffer.
func New(opts Options) *Buffer {
	n := idtable.Shards()
	b := &Buffer{shards: make([]shard, n), shift: idtable.ShardShift(n)}
	b.opts, b.policy = opts, opts.Policy
	b.decides = b.policy.Waits()
	b.envelopes.byContent, b.envelopes.byNumber = map[layer]*Envelope{}, map[uint32]*Envelope{}
	b.scratch.New = func() any { return new(idtable.Parts) }
	remembering := idtable.NewMemory(int(opts.MaxBytes/memoryShare) / n / 2)
	segment := int64(1) << bits.Len64(uint64(opts.MaxBytes/int64(64*n)))
	for i := range b.shards {
		s := &b.shards[i]
		s.shared = &b.shared
		s.log.size = int(min(max(segment, minSegment), maxSegment))
		s.late.Memory, s.special.Memory = remembering, remembering
	}
	return b
}

// Intern returns the envelope with the content, which is borrowed, in another one or,
// where that is nil, in none. It is the caller's until Forget.
func (b *Buffer) Intern(around *Envelope, content []byte) *Envelope {
	return b.envelopes.intern(around, content, 0)
}

// InternOutermost is Intern for one with nothing around it, of which there shall be no
// more than the limit at any time. Of one too many it returns nil.
func (b *Buffer) InternOutermost(content []byte, limit int) *Envelope {
	return b.envelopes.intern(nil, content, limit)
}

// Share returns the envelope, which may be nil, with one more use to be ended by Forget.
func (b *Buffer) Share(e *Envelope) *Envelope {
	if e != nil {
		e.refs.Add(1)
	}
	return e
}

// Forget ends the use of envelopes, of which some may be nil: those that no held record
// names are gone.
func (b *Buffer) Forget(list []*Envelope) { b.envelopes.forget(list) }

// Add takes the items of a batch in and returns the fate of each in fates, which must
// be as long as items. Each shard is locked once. Here and in Expire now is a reading
// of one monotonic clock, since whatever moment.
func (b *Buffer) Add(now time.Duration, items []Item, fates []Fate, out *Outcome) {
	parts := b.scratch.Get().(*idtable.Parts)
	defer b.scratch.Put(parts)
	parts.Split(len(items), b.shift, func(i int) uint64 { return items[i].key() })
	for n, i := range parts.Heads[:len(b.shards)] {
		if i == 0 {
			continue
		}
		s := &b.shards[n]
		s.mu.Lock()
		// The misses of independent reads overlap; those of add would not.
		for j := i; j != 0; j = parts.Items[j-1].Next {
			s.touched += s.table.Touch(parts.Items[j-1].Key)
		}
		for j := i; j != 0; j = parts.Items[j-1].Next {
			if key := parts.Items[j-1].Key; s.table.Find(key) == nil {
				s.touched += s.late.Touch(idtable.Own(key, items[j-1].high()))
			}
		}
		s.now = max(s.now, now)
		for ; i != 0; i = parts.Items[i-1].Next {
			fates[i-1] = s.add(parts.Items[i-1].Key, &items[i-1], out)
		}
		if s.decided {
			s.decided = false
			s.reclaim()
		}
		s.report()
		s.mu.Unlock()
	}
}

// Expire decides the traces whose wait is over. It is for one caller at a time.
func (b *Buffer) Expire(now time.Duration, out *Outcome) {
	b.eachShard(func(s *shard) {
		s.now = max(s.now, now)
		s.expire(out)
		s.reclaim()
		s.log.forget()
	})
}

// Flush decides every trace and holds nothing from then on: later items are decided
// at once.
func (b *Buffer) Flush(out *Outcome) {
	b.eachShard(func(s *shard) {
		s.flushed = true
		for e := s.oldest(); e != nil; e = s.oldest() {
			s.decide(e, TriggerShutdown, out)
		}
		s.reclaim()
		s.log.forget()
	})
}

func (b *Buffer) eachShard(fn func(*shard)) {
	for i := range b.shards {
		s := &b.shards[i]
		s.mu.Lock()
		fn(s)
		s.report()
		s.mu.Unlock()
	}
}

// MakeRoom reports whether the buffer may take more. Beyond half of the limit it
// compresses what has been held longest, near the limit it decides the oldest
// traces of every shard until a sixteenth of it is free. What they release still
// counts until it is delivered, so a next component that does not take it is
// felt here, and not by the decisions.
func (b *Buffer) MakeRoom(out *Outcome) bool {
	if b.Bytes() <= b.opts.MaxBytes/2 {
		return true
	}
	b.compress()
	full := b.opts.MaxBytes - b.opts.MaxBytes/headroom
	if b.stuck() {
		return b.claimed() <= full
	}
	around := b.envelopes.size()
	if b.claimed() > full {
		b.decideOldest(b.used.Load()+around, out)
	}
	if around > b.opts.MaxBytes/16 && b.claimed() > full {
		// The envelopes have not gone with their share of the records.
		b.decideOldest(b.used.Load(), out)
	}
	return b.claimed() <= full
}

// stuck reports whether the limit is taken up by what the next components have not taken
// yet. To decide more traces would not make room then: what is released lies there
// unpacked, and would take more than before.
func (s *shared) stuck() bool {
	ready := s.ready.Load()
	return ready > s.opts.MaxBytes/8 && ready+s.used.Load()+s.beside.Load() > s.opts.MaxBytes-s.opts.MaxBytes/headroom
}

// claimed is the memory taken, and what is about to be.
func (b *Buffer) claimed() int64 { return b.Bytes() + b.growing.Load() + b.promised.Load() }

// decideOldest decides the oldest traces of each shard until a sixteenth of the limit
// is free, where all of them take so many bytes.
func (b *Buffer) decideOldest(used int64, out *Outcome) {
	over := b.claimed() - (b.opts.MaxBytes - b.opts.MaxBytes/16)
	used = max(1, used)
	b.eachShard(func(s *shard) {
		share := float64(over) * float64(s.reported) / float64(used)
		goal := s.reported - int64(share)
		for e := s.oldest(); e != nil && s.bytes() > goal; e = s.oldest() {
			s.decide(e, TriggerPressure, out)
			s.reclaim()
		}
		s.log.forget()
	})
}

// Promise says that a call is about to add so many bytes, or with a negative number
// that it has done so. It keeps many calls that are let in at the same moment from
// taking the same room.
func (b *Buffer) Promise(bytes int64) { b.promised.Add(bytes) }

// headroom is the part of the limit that is left free, 1/32, for what the calls
// that were let in are about to add: their records, a segment, a larger table.
const headroom = 32

// packPerCall is how many segments one call of MakeRoom compresses at most: more
// than a batch fills, so that the calls together keep up, and few enough that
// none of them takes long.
const packPerCall = 8

func (b *Buffer) compress() {
	for range packPerCall {
		s := &b.shards[b.packing.Add(1)%uint32(len(b.shards))]
		s.mu.Lock()
		s.log.pack()
		s.report()
		s.mu.Unlock()
		if b.Bytes() <= b.opts.MaxBytes/2 {
			return
		}
	}
}

// Adopt adds records that the caller holds to the account of what is held, until they
// are Delivered.
func (b *Buffer) Adopt(r *Release) {
	b.ready.Add(r.Bytes)
	for i := range r.Records {
		r.hold(r.Records[i].Envelope)
	}
	for sig, n := range r.Counts {
		b.held[sig].Add(int64(n))
	}
}

// Delivered ends the account of a release: it went on, or was dropped.
func (b *Buffer) Delivered(r *Release) {
	b.ready.Add(-r.Bytes)
	for sig, n := range r.Counts {
		b.held[sig].Add(-int64(n))
	}
	b.envelopes.forget(r.holds)
	r.holds = nil
}

// Beside notes how many bytes others take within the limit.
func (b *Buffer) Beside(bytes int64) { b.beside.Store(bytes) }

// Bytes is the memory taken, what lies beside included.
func (b *Buffer) Bytes() int64 {
	return b.used.Load() + b.ready.Load() + b.envelopes.size() + b.beside.Load()
}

// Held is the number of records of the signal that are held.
func (b *Buffer) Held(sig Signal) int64 { return b.held[sig].Load() }

// Traces is the number of traces in the table.
func (b *Buffer) Traces() int {
	n := 0
	b.eachShard(func(s *shard) { n += s.table.Len() })
	return n
}

// Compressed is what the records that lie compressed would take otherwise.
func (b *Buffer) Compressed() int64 {
	var n int64
	b.eachShard(func(s *shard) { n += s.log.saved })
	return n
}

// Remembered is the number of verdicts remembered.
func (b *Buffer) Remembered() int {
	n := 0
	b.eachShard(func(s *shard) { n += s.late.Len() + s.special.Len() })
	return n
}
