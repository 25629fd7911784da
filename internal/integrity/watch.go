// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

import (
	"math/bits"
	"runtime"
	"time"
)

// Options say what a watch looks for and what it may hold.
type Options struct {
	// Window is how long a trace's items are awaited after the first.
	Window time.Duration
	// MaxItems is how many links of a trace are held; a trace with more is not
	// examined.
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
	opts   Options
	shards []shard
	shift  uint // the top bits of a mixed key pick the shard
	calls  calls
}

// New returns an empty watch.
func New(opts Options) *Watch {
	n := 1 << bits.Len(uint(2*runtime.GOMAXPROCS(0)-1))
	w := &Watch{opts: opts, shards: make([]shard, n), shift: uint(64 - bits.TrailingZeros(uint(n)))}
	half := int(opts.MaxBytes) / n / 2
	for i := range w.shards {
		s := &w.shards[i]
		s.Watch, s.table = w, map[uint64]uint32{}
		s.limit = half
		// The other half is for what was seen: two generations, of tables
		// that are little more than a third full right after they doubled.
		s.seen.limit = half / 2 / (3 * instantBytes)
	}
	return w
}

// Add takes items in. What shows at once goes to the report.
func (w *Watch) Add(now time.Time, items []Item, r *Report) {
	var held *shard
	for i := range items {
		s := &w.shards[mix(items[i].Low)>>w.shift]
		if s != held {
			if held != nil {
				held.mu.Unlock()
			}
			s.mu.Lock()
			held = s
		}
		s.add(now, &items[i], r)
	}
	if held != nil {
		held.mu.Unlock()
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
	w.eachShard(func(s *shard) { n += len(s.table) })
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
