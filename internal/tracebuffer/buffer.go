// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/internal/heaplimit"
	"github.com/otelcol-correlation/correlationprocessor/internal/idtable"
	"github.com/otelcol-correlation/correlationprocessor/internal/mapped"
	"github.com/otelcol-correlation/correlationprocessor/internal/recordlog"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
	"github.com/otelcol-correlation/correlationprocessor/internal/storage"
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
	// MaxBytes limits the memory taken, and VerdictBytes what remembered verdicts take of
	// it, half of that those that do not follow from the trace id.
	MaxBytes, VerdictBytes int64
	// Hindsight is how long a decided trace may lie there, as far as there is room: one
	// that was dropped, to come back whole when evidence comes late, and one that was kept
	// after a wait, for late logs to be joined to its spans. 0 lets none.
	Hindsight time.Duration
	// FollowLinks has traces that are kept keep those that they are joined to, by the rule
	// Linked of the policy.
	FollowLinks bool
	Linked      sampling.Match
	// Join makes logs wait for their spans in traces that are kept, and sends
	// the spans along with the logs.
	Join bool
	// Count sends the logs along with the spans.
	Count bool
	// DryRun lets pass what the verdict is to drop.
	DryRun bool
	// Storage has what is held lie in files, so that it outlives the process: nil for none.
	// The buffer has it alone until it is closed. MaxBytes is then for what is in memory
	// besides, and the files have room of their own.
	Storage *storage.Store
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
	envelopes *recordlog.Envelopes
	memory    *mapped.Memory        // of the logs
	held      [signals]atomic.Int64 // records, from Hold or Adopt to Delivered or dropped
	outlets   [256]atomic.Int64     // bytes of traces that wait for each outlet, unpacked
	logs      atomic.Int64          // bytes of the logs, and of the records in them unpacked
	unpacked  atomic.Int64
	futile    atomic.Bool  // to decide traces early made no room; since the last Expire or Delivered
	beside    atomic.Int64 // bytes that others take within the limit
	used      atomic.Int64 // bytes in the shards
	growing   atomic.Int64 // bytes the shards' tables are about to grow by
	promised  atomic.Int64 // bytes that calls let in have not added yet

	lingering atomic.Int64 // traces that are decided and lie there for the hindsight
	unreserve func()       // of the memory outside the heap

	stored
}

// New returns an empty buffer, which takes memory outside the heap until it is closed.
// The buffer is good for use even if there is an error, which says why its memory is
// the heap's.
func New(opts Options) (*Buffer, error) {
	n := idtable.Shards()
	b := &Buffer{shards: make([]shard, n), shift: idtable.ShardShift(n)}
	b.opts, b.policy = opts, opts.Policy
	b.decides = b.policy.Waits()
	b.envelopes = recordlog.NewEnvelopes()
	b.scratch.New = func() any { return new(idtable.Parts) }
	remembering := idtable.NewMemory(int(opts.VerdictBytes) / n / 2)
	for i := range b.shards {
		s := &b.shards[i]
		s.shared = &b.shared
		s.late.Memory, s.special.Memory = remembering, remembering
		s.special.Keeps = true // a trace that still grows keeps its verdict
	}
	b.unreserve = func() {}
	if opts.Storage != nil {
		b.openStored()
		return b, nil
	}
	err := b.openMapped()
	return b, err
}

// openMapped has the buffer's logs lie in memory of its own.
func (b *Buffer) openMapped() (err error) {
	limit, n := b.opts.MaxBytes, len(b.shards)
	size := recordlog.SegmentSize(limit / int64(n))
	if b.memory, err = mapped.New(size, int((limit+limit/2)/int64(size))+4*n); err != nil {
		err = fmt.Errorf("cannot map memory: %w", err)
	} else {
		b.unreserve = heaplimit.Reserve(limit)
	}
	for i := range b.shards {
		b.shards[i].log = recordlog.New(b.memory, b.envelopes, size)
	}
	return err
}

// Close gives the memory back. What comes after it is decided on at once. What no outlet
// has taken is lost, but what lies in a store stays there for the next one.
func (b *Buffer) Close() error {
	b.eachShard(func(s *shard) { s.flushed, s.closed, s.table = true, true, idtable.Table[entry]{} })
	b.unreserve()
	return b.memory.Close()
}

// Intern returns the envelope with the content, which is borrowed, in another one or,
// where that is nil, in none. It is the caller's until Forget.
func (b *Buffer) Intern(around *Envelope, content []byte) *Envelope {
	return b.envelopes.Intern(around, content, 0)
}

// InternOutermost is Intern for one with nothing around it, of which there shall be no
// more than the limit at any time. Of one too many it returns nil.
func (b *Buffer) InternOutermost(content []byte, limit int) *Envelope {
	return b.envelopes.Intern(nil, content, limit)
}

// Share returns the envelope, which may be nil, with one more use to be ended by Forget.
func (b *Buffer) Share(e *Envelope) *Envelope { return b.envelopes.Share(e) }

// Forget ends the use of envelopes, of which some may be nil: those that no held record
// names are gone.
func (b *Buffer) Forget(list []*Envelope) { b.envelopes.Forget(list) }

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
			if origin := items[i-1].Origin; origin != 0 && fates[i-1].Action == Drop {
				s.void(origin)
			}
		}
		if s.decided {
			s.decided = false
			s.reclaim(false)
		}
		s.report()
		s.mu.Unlock()
	}
}

// Expire decides the traces whose wait is over. It is for one caller at a time.
func (b *Buffer) Expire(now time.Duration, out *Outcome) {
	b.futile.Store(false)
	b.eachShard(func(s *shard) {
		s.now = max(s.now, now)
		s.expire(out)
		s.reclaim(false)
		s.log.Forget()
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
		for e := s.oldestLingering(); e != nil; e = s.oldestLingering() {
			s.forget(e, out)
		}
		s.reclaim(false)
		s.log.Forget()
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

// MakeRoom tidies and decides early.
func (b *Buffer) MakeRoom(out *Outcome) bool {
	b.Tidy(out)
	return b.DecideEarly(out)
}

// DecideEarly decides, where the buffer is not Roomy, the oldest traces of every shard until
// a sixteenth of the limit is free. It reports whether the buffer may take more.
func (b *Buffer) DecideEarly(out *Outcome) bool {
	// At first as if the envelopes went with their share of the records.
	for around := b.envelopes.Bytes(); !b.Roomy() && !b.futile.Load(); around = 0 {
		before, blocked := out.Dropped, b.blocked()
		if b.decideOldest(b.used.Load()+around, blocked, out); out.Dropped == before {
			b.futile.Store(blocked != Outlets{})
			break // what is kept makes room when it was delivered
		}
	}
	return b.claimed() <= b.opts.MaxBytes-b.opts.MaxBytes/headroom
}

// Tidy makes the room that costs nobody anything: beyond half of the limit it forgets
// decided traces and, a sixteenth later, compresses what has come last.
func (b *Buffer) Tidy(out *Outcome) {
	b.forgetDecided(b.opts.MaxBytes/2, out)
	if b.filled() > b.loose() {
		b.compress()
	}
	if b.claimed() > b.opts.MaxBytes/4*3 && b.blocked() != (Outlets{}) {
		b.eachShard((*shard).squeeze)
	}
}

// Roomy reports whether the buffer may take more and no trace need be decided early for
// that: what is kept then must still be delivered, before the room is short.
func (b *Buffer) Roomy() bool {
	return b.claimed() <= b.opts.MaxBytes-b.opts.MaxBytes/headroom-b.opts.MaxBytes/64
}

// Blocked reports whether so much waits for the outlet that what comes through it has
// to be refused: half of the limit or, where the room for others becomes short, an
// eighth. Traces that are still to be decided may have to wait for it as well.
func (b *Buffer) Blocked(outlet uint8) bool {
	waits, limit := b.taken(b.outlets[outlet].Load()), b.opts.MaxBytes
	return waits > limit/2 || waits > limit/8 && b.claimed() > limit/8*5
}

// blocked are the outlets that are Blocked.
func (b *Buffer) blocked() (set Outlets) {
	for n := range b.outlets {
		if b.Blocked(uint8(n)) {
			set.add(uint8(n))
		}
	}
	return set
}

// taken is about what records of so many bytes take as they lie, packed or not.
func (b *Buffer) taken(bytes int64) int64 {
	logs, unpacked := b.logs.Load(), b.unpacked.Load()
	if logs >= unpacked {
		return b.inUnits(bytes)
	}
	return b.inUnits(int64(float64(bytes) * float64(logs) / float64(unpacked)))
}

// inUnits is what bytes of the logs are in bytes of memory or, where they lie in files,
// scaled.
func (b *Buffer) inUnits(bytes int64) int64 {
	if b.files == nil {
		return bytes
	}
	return b.scaled(bytes)
}

// claimed is the memory taken, and what is about to be.
func (b *Buffer) claimed() int64 {
	if b.files == nil {
		return b.Bytes() + b.growing.Load() + b.promised.Load()
	}
	return max(b.Bytes()+b.growing.Load(), b.ofFiles(b.promised.Load()))
}

// taking is what all shards take of what is short.
func (b *Buffer) taking(byFiles bool) int64 {
	if byFiles {
		return b.ofFiles(0)
	}
	return b.used.Load()
}

// forgetDecided forgets the decided traces that have lain there longest, until the
// goal is met or there are no more.
func (b *Buffer) forgetDecided(goal int64, out *Outcome) {
	byFiles := b.byFiles()
	over, used := b.filled()-goal, max(1, b.taking(byFiles))
	if over <= 0 || b.lingering.Load() == 0 {
		return
	}
	b.eachShard(func(s *shard) {
		takes := s.takes(s.reported, byFiles)
		goal := takes - int64(float64(over)*float64(takes)/float64(used))
		for e := s.oldestLingering(); e != nil && s.takes(s.usage(), byFiles) > goal; e = s.oldestLingering() {
			if e.state == dropped {
				out.Forgotten++
			}
			s.forget(e, out)
			s.reclaim(true)
		}
	})
}

// decideOldest decides the oldest traces of each shard until a sixteenth of the limit
// is free, where all of them take so many bytes. It stops at one that is kept and waits for
// an outlet that is blocked: those after it would make no room either.
func (b *Buffer) decideOldest(used int64, blocked Outlets, out *Outcome) {
	limit := b.opts.MaxBytes
	over := b.claimed() - (limit - limit/16)
	if over <= 0 {
		return
	}
	byFiles := b.byFiles()
	used = max(1, used)
	if byFiles {
		used = max(1, b.taking(true))
	}
	b.eachShard(func(s *shard) {
		takes := s.takes(s.reported, byFiles)
		share := int64(float64(over) * float64(takes) / float64(used))
		goal, decided := takes-share, int64(0)
		// What is kept does not go now: to decide more would not make room either.
		for e := s.oldest(); e != nil && s.takes(s.usage(), byFiles) > goal && b.taken(decided) <= 2*share; e = s.oldest() {
			stuck := blocked.meet(s.outletsOf(e))
			if stuck && e.state == passing {
				break
			}
			decided += int64(e.bytes)
			if v := s.decide(e, TriggerPressure, out); stuck && (v.Keep || s.opts.DryRun) {
				break
			}
			s.reclaim(true)
		}
		s.log.Forget()
	})
}

// Promise says that a call is about to add so many bytes, or with a negative number
// that it has done so. It keeps many calls that are let in at the same moment from
// taking the same room.
func (b *Buffer) Promise(bytes int64) { b.promised.Add(bytes) }

// headroom is the part of the limit that is left free, 1/32, for what the calls
// that were let in are about to add: their records, a segment, a larger table.
const headroom = 32

// packPerCall is how many segments one call of Tidy compresses at most: more
// than a batch fills, so that the calls together keep up, and few enough that
// none of them takes long.
const packPerCall = 8

func (b *Buffer) compress() {
	for range packPerCall {
		s := &b.shards[b.packing.Add(1)%uint32(len(b.shards))]
		s.mu.Lock()
		s.log.Pack()
		s.report()
		s.mu.Unlock()
		if b.filled() <= b.loose() {
			return
		}
	}
}

// loose is how much may be in use before something is compressed: less than what a
// pipeline may be Blocked from, and not reached by traces that are only remembered.
func (b *Buffer) loose() int64 { return b.opts.MaxBytes / 16 * 9 }

// Beside notes how many bytes others take within the limit.
func (b *Buffer) Beside(bytes int64) { b.beside.Store(bytes) }

// Bytes is the memory taken, what lies beside included.
func (b *Buffer) Bytes() int64 {
	return b.used.Load() + b.spare() + b.envelopes.Bytes() + b.beside.Load()
}

// spare is the memory that lies ready for the logs.
func (b *Buffer) spare() int64 {
	if b.files != nil {
		return 0
	}
	return b.memory.Spare()
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
	b.eachShard(func(s *shard) { n += s.log.Usage().Saved })
	return n
}

// Remembered is the number of verdicts remembered.
func (b *Buffer) Remembered() int {
	n := 0
	b.eachShard(func(s *shard) { n += s.late.Len() + s.special.Len() })
	return n
}
