// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

import (
	"sync"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/internal/idtable"
)

// Options say what a checker looks for and what it may hold.
type Options struct {
	// Window is how long a trace's items are awaited after the first.
	Window time.Duration
	// MaxItems is how many links of a trace are held, at least 1; a trace with
	// more is not checked.
	MaxItems int
	// MaxBytes limits the memory taken. Traces there is no room for are not
	// checked.
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

// Checker holds the links of traces until they are checked. It is safe for
// concurrent use.
type Checker struct {
	opts    Options
	shards  []shard
	shift   uint // the top bits of a mixed key pick the shard
	calls   calls
	scratch sync.Pool
}

// minShardBytes is the least a shard is worth having for.
const minShardBytes = 1 << 14

// New returns an empty checker.
func New(opts Options) *Checker {
	n := idtable.Shards()
	for n > 1 && opts.MaxBytes/int64(n) < minShardBytes {
		n /= 2
	}
	c := &Checker{opts: opts, shards: make([]shard, n), shift: idtable.ShardShift(n)}
	c.scratch.New = func() any { return new(idtable.Parts) }
	half := int(opts.MaxBytes) / n / 2
	for i := range c.shards {
		s := &c.shards[i]
		s.Checker = c
		s.limit = half
		s.seen.Memory = idtable.NewMemory(half) // the other half is for what was seen
	}
	return c
}

// Add takes items in. What shows at once goes to the report. Each shard is locked
// once. Here and elsewhere now is a reading of one monotonic clock, since whatever
// moment.
func (c *Checker) Add(now time.Duration, items []Item, r *Report) {
	parts := c.scratch.Get().(*idtable.Parts)
	defer c.scratch.Put(parts)
	parts.Split(len(items), c.shift, func(i int) uint64 { return idtable.KeyOf(items[i].High, items[i].Low) })
	b := batch{now: now, items: items, parts: parts.Items, r: r}
	for n, i := range parts.Heads[:len(c.shards)] {
		if i != 0 {
			s := &c.shards[n]
			s.mu.Lock()
			s.add(&b, i)
			s.mu.Unlock()
		}
	}
}

// batch is what is taken in at once.
type batch struct {
	now   time.Duration
	items []Item
	parts []idtable.Part
	r     *Report
}

// Expire checks the traces whose window is over.
func (c *Checker) Expire(now time.Duration, r *Report) {
	c.eachShard(func(s *shard) { s.expire(now, r) })
}

// Flush ends the checks: what is held is not checked, for its window is not over.
func (c *Checker) Flush(r *Report) {
	c.eachShard(func(s *shard) { s.flush(r) })
}

// Traces is the number of traces whose window is open.
func (c *Checker) Traces() int {
	n := 0
	c.eachShard(func(s *shard) { n += s.table.Len() })
	return n
}

// Bytes is the memory taken.
func (c *Checker) Bytes() int64 {
	n := 0
	c.eachShard(func(s *shard) { n += s.bytes() })
	return int64(n)
}

func (c *Checker) eachShard(fn func(*shard)) {
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		fn(s)
		s.mu.Unlock()
	}
}
