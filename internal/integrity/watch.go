// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

import (
	"sync"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/internal/idtable"
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

// minShardBytes is the least a shard is worth having for.
const minShardBytes = 1 << 14

// New returns an empty watch.
func New(opts Options) *Watch {
	n := idtable.Shards()
	for n > 1 && opts.MaxBytes/int64(n) < minShardBytes {
		n /= 2
	}
	w := &Watch{opts: opts, shards: make([]shard, n), shift: idtable.ShardShift(n)}
	w.scratch.New = func() any { return new(idtable.Parts) }
	half := int(opts.MaxBytes) / n / 2
	for i := range w.shards {
		s := &w.shards[i]
		s.Watch = w
		s.limit = half
		s.seen.Memory = idtable.NewMemory(half) // the other half is for what was seen
	}
	return w
}

// Add takes items in. What shows at once goes to the report. Each shard is locked
// once.
func (w *Watch) Add(now time.Time, items []Item, r *Report) {
	parts := w.scratch.Get().(*idtable.Parts)
	defer w.scratch.Put(parts)
	parts.Split(len(items), w.shift, func(i int) uint64 { return items[i].Low })
	b := batch{now: now.UnixNano(), items: items, parts: parts.Items, r: r}
	for n, i := range parts.Heads[:len(w.shards)] {
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
	now   int64 // Unix nanoseconds
	items []Item
	parts []idtable.Part
	r     *Report
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
	w.eachShard(func(s *shard) { n += s.table.Len() })
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
