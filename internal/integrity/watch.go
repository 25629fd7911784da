// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

import (
	"math/bits"
	"runtime"
	"slices"
	"sync"
	"time"
)

// Options say what a watch looks for and what it may hold.
type Options struct {
	// Window is how long a trace's items are awaited after the first.
	Window time.Duration
	// MaxItems is how many links of a trace are held, at least 1; a trace with
	// more is not examined.
	MaxItems int
	// MaxBytes limits the memory taken. Traces there is no room for are not
	// examined.
	MaxBytes int64
	// Logs and Spans say which signals come at all: what only both together
	// can show is not looked for in one.
	Logs, Spans bool
	// Peers says who is called; it must not be nil.
	Peers *Peers
	// Heuristics looks for what is likely rather than certain: restarted
	// traces and flags that disagree.
	Heuristics bool
}

// Watch holds the links of traces until they are examined. It is safe for
// concurrent use.
type Watch struct {
	opts    Options
	shards  []shard
	shift   uint // the top bits of a mixed key pick the shard
	calls   calls
	scratch sync.Pool
}

const (
	// maxShards bounds the heads of a partition; GOMAXPROCS beyond 128 share.
	maxShards = 256
	// minShardBytes is the least a shard is worth having for.
	minShardBytes = 1 << 14
)

// New returns an empty watch.
func New(opts Options) *Watch {
	n := min(maxShards, 1<<bits.Len(uint(2*runtime.GOMAXPROCS(0)-1)))
	for n > 1 && opts.MaxBytes/int64(n) < minShardBytes {
		n /= 2
	}
	w := &Watch{opts: opts, shards: make([]shard, n), shift: uint(64 - bits.TrailingZeros(uint(n)))}
	w.scratch.New = func() any { return new([]thread) }
	half := int(opts.MaxBytes) / n / 2
	for i := range w.shards {
		s := &w.shards[i]
		s.Watch = w
		s.limit = half
		s.seen.limit = seenLimit(half / 2) // the other half is for what was seen: two generations
	}
	return w
}

// Add takes items in. What shows at once goes to the report. Each shard is locked
// once.
func (w *Watch) Add(now time.Time, items []Item, r *Report) {
	threads := w.scratch.Get().(*[]thread)
	defer w.scratch.Put(threads)
	var heads [maxShards]uint32
	w.partition(items, threads, &heads)
	b := batch{now: now.UnixNano(), items: items, threads: *threads, r: r}
	for n, i := range heads[:len(w.shards)] {
		if i != 0 {
			s := &w.shards[n]
			s.mu.Lock()
			s.add(&b, i)
			s.mu.Unlock()
		}
	}
}

// batch is what is taken in at once.
type batch struct {
	now     int64 // Unix nanoseconds
	items   []Item
	threads []thread
	r       *Report
}

// thread is an item's place among those of its shard.
type thread struct {
	key  uint64 // of the item's trace
	next uint32 // the item that follows plus one, or 0
}

// partition threads the items of each shard on a list in their order: heads has
// the first item of each shard plus one.
func (w *Watch) partition(items []Item, threads *[]thread, heads *[maxShards]uint32) {
	*threads = slices.Grow((*threads)[:0], len(items))[:len(items)]
	for i := len(items) - 1; i >= 0; i-- {
		key := mix(items[i].Low)
		n := key >> w.shift
		(*threads)[i] = thread{key, heads[n]}
		heads[n] = uint32(i) + 1
	}
}

// Expire examines the traces whose window is over.
func (w *Watch) Expire(now time.Time, r *Report) {
	w.eachShard(func(s *shard) { s.expire(now, r) })
}

// Flush ends the watch: what is held is not examined, for its window is not over.
func (w *Watch) Flush(r *Report) {
	w.eachShard(func(s *shard) { s.flush(r) })
}

// Traces is the number of traces whose window is open.
func (w *Watch) Traces() int {
	n := 0
	w.eachShard(func(s *shard) { n += s.table.count })
	return n
}

// Bytes is the memory taken.
func (w *Watch) Bytes() int64 {
	n := 0
	w.eachShard(func(s *shard) { n += s.bytes() })
	return int64(n)
}

func (w *Watch) eachShard(fn func(*shard)) {
	for i := range w.shards {
		s := &w.shards[i]
		s.mu.Lock()
		fn(s)
		s.mu.Unlock()
	}
}
