// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/idtable"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// world drives a buffer with random arrivals and keeps the books beside it.
type world struct {
	t      *rapid.T
	buf    *Buffer
	policy *sampling.Policy
	now    time.Duration

	received, passed, dropped, delivered [signals]int
	// batches are what the two outlets have taken and not delivered yet.
	batches [signals]*Batch
	// gone has, for each trace whose verdict was carried out, that verdict.
	gone map[byte]bool
	// best is the best match of a trace's items since it was opened.
	best map[byte]sampling.Match
	seen map[string]bool // records that came out
	sent int
}

func newWorld(t *rapid.T, opts Options, percentages ...float64) *world {
	var rules []sampling.Rule
	for i, p := range percentages {
		th, err := sampling.PercentageThreshold(p)
		require.NoError(t, err)
		rules = append(rules, sampling.Rule{Name: fmt.Sprint(i), Threshold: th})
	}
	policy, err := sampling.NewPolicy(rules...)
	require.NoError(t, err)
	opts.Policy = policy
	return &world{
		t: t, buf: newBuffer(t, opts), policy: policy, now: 1000 * time.Second,
		gone: map[byte]bool{}, best: map[byte]sampling.Match{}, seen: map[string]bool{},
	}
}

// traceID spreads the few traces of the model over shards and thresholds.
func traceID(n byte) (id [16]byte) {
	binary.BigEndian.PutUint64(id[:8], uint64(n))
	binary.BigEndian.PutUint64(id[8:], (uint64(n)+1)*0x9e3779b97f4a7c15)
	return id
}

func (w *world) draw() Item {
	return w.draw1(byte(rapid.IntRange(0, 5).Draw(w.t, "trace")), Signal(rapid.IntRange(0, 1).Draw(w.t, "signal")), rapid.IntRange(0, 1500).Draw(w.t, "size"))
}

// draw1 draws an item of the trace, with a record of about so many bytes.
func (w *world) draw1(trace byte, sig Signal, size int) Item {
	id := traceID(trace)
	w.sent++
	return Item{
		ID:         id,
		Randomness: sampling.IDRandomness(id),
		Finding:    sampling.Finding{Match: sampling.Match(rapid.IntRange(0, len(w.policy.Rules())-1).Draw(w.t, "match"))},
		Signal:     sig,
		Outlet:     uint8(sig),
		Root:       sig == Span && rapid.Bool().Draw(w.t, "root"),
		Joins:      sig == Log && rapid.Bool().Draw(w.t, "joins"),
		Envelope:   w.buf.Intern(nil, []byte("envelope")),
		Record:     fmt.Appendf(nil, "%d:%d:%s", id[7], w.sent, make([]byte, size)),
	}
}

// drawAll draws so many items.
func (w *world) drawAll(n int) []Item {
	items := make([]Item, n)
	for i := range items {
		items[i] = w.draw()
	}
	return items
}

func (w *world) add(items []Item) {
	fates := make([]Fate, len(items))
	var out Outcome
	w.buf.Add(w.now, items, fates, &out)
	for i := range items {
		w.fate(&items[i], fates[i])
	}
	w.carryOut(&out)
}

func (w *world) fate(it *Item, f Fate) {
	w.received[it.Signal]++
	switch f.Action {
	case Pass:
		w.passed[it.Signal]++
		w.emerged(string(it.Record))
	case Drop:
		w.dropped[it.Signal]++
	}
}

// emerged notes that a record came out; none may do so twice.
func (w *world) emerged(record string) {
	require.False(w.t, w.seen[record], "record came out twice")
	w.seen[record] = true
}

func (w *world) carryOut(out *Outcome) {
	for sig, n := range out.Dropped {
		w.dropped[sig] += n
	}
	for outlet := range out.Ready.Each {
		require.Positive(w.t, w.buf.Waiting(outlet), "outlet %d is woken for nothing", outlet)
	}
}

// take has the outlet of the signal take what waits, if it has delivered what it took
// before.
func (w *world) take(sig Signal) bool {
	if w.batches[sig] != nil {
		return false
	}
	b := new(Batch)
	if !w.buf.Take(uint8(sig), sig, b) {
		return false
	}
	w.batches[sig] = b
	count := 0
	for _, r := range b.Records {
		require.Equal(w.t, "envelope", r.Envelope.Content)
		require.Equal(w.t, r.Companion, r.Signal != sig)
		require.Equal(w.t, r.Signal, Signal(r.Outlet))
		if !r.Companion {
			count++
			w.emerged(string(r.Data))
		}
	}
	require.Equal(w.t, count, b.Count)
	return true
}

// deliver ends what the outlet of the signal has taken.
func (w *world) deliver(sig Signal) {
	if b := w.batches[sig]; b != nil {
		w.delivered[sig] += b.Count
		w.buf.Delivered(b)
		w.batches[sig] = nil
	}
}

// deliverAll delivers all that waits.
func (w *world) deliverAll() {
	for sig := range signals {
		w.deliver(sig)
		for w.take(sig) {
			w.deliver(sig)
		}
	}
}

func (w *world) expire() {
	var out Outcome
	w.buf.Expire(w.now, &out)
	w.carryOut(&out)
}

func (w *world) makeRoom() {
	var out Outcome
	w.buf.MakeRoom(&out)
	w.carryOut(&out)
}

func (w *world) flush() {
	var out Outcome
	w.buf.Flush(&out)
	w.carryOut(&out)
}

// pack compresses a segment of each shard.
func (w *world) pack() {
	for i := range w.buf.shards {
		w.buf.shards[i].log.Pack()
		w.buf.shards[i].report()
	}
}

// drawOptions draws how a buffer decides, but for its limit of bytes, and its rules.
func drawOptions(t *rapid.T) (opts Options, percentages []float64) {
	return Options{
		Wait:          time.Duration(rapid.IntRange(1, 20).Draw(t, "wait")) * time.Second,
		WaitAfterRoot: time.Duration(rapid.IntRange(0, 5).Draw(t, "after root")) * time.Second,
		MaxItems:      rapid.IntRange(1, 20).Draw(t, "max items"),
		Join:          rapid.Bool().Draw(t, "join"),
		Count:         rapid.Bool().Draw(t, "count"),
		Hindsight:     time.Duration(rapid.IntRange(0, 20).Draw(t, "hindsight")) * time.Second,
	}, rapid.SampledFrom([][]float64{{100}, {50}, {100, 50}, {100, 0}, {0, 100, 50}, {100, 100}}).Draw(t, "rules")
}

// end flushes the buffer and delivers everything, after which nothing is held.
func (w *world) end() {
	w.flush()
	w.deliverAll()
	w.conserved()
	for sig := range signals {
		require.Zero(w.t, w.buf.Held(sig))
		require.Zero(w.t, w.buf.Waiting(uint8(sig)))
	}
	require.Zero(w.t, w.buf.Traces())
}

func (w *world) conserved() {
	for sig := range signals {
		require.Equal(w.t, w.received[sig],
			w.passed[sig]+w.dropped[sig]+w.delivered[sig]+int(w.buf.Held(sig)), "signal %d", sig)
	}
}

// No item has a third fate, whatever arrives, in whatever order, with whatever
// limits: at every step received = passed + dropped + released + held, nothing
// comes out twice, and nothing is left once the buffer is flushed.
func TestConservation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		opts, rules := drawOptions(t)
		opts.MaxBytes = int64(rapid.IntRange(1, 64).Draw(t, "max KiB")) << 10
		w := newWorld(t, opts, rules...)
		t.Repeat(map[string]func(*rapid.T){
			"add":     func(t *rapid.T) { w.t = t; w.add(w.drawAll(rapid.IntRange(1, 8).Draw(t, "batch"))) },
			"take":    func(t *rapid.T) { w.take(Signal(rapid.IntRange(0, 1).Draw(t, "outlet"))) },
			"deliver": func(t *rapid.T) { w.deliver(Signal(rapid.IntRange(0, 1).Draw(t, "outlet"))) },
			"pack":    func(*rapid.T) { w.pack() },
			"wait": func(t *rapid.T) {
				w.now += time.Duration(rapid.IntRange(0, 9000).Draw(t, "ms")) * time.Millisecond
			},
			"jump": func(t *rapid.T) { // as calls do that overtake each other, and worse
				w.now += time.Duration(rapid.IntRange(-100_000, 100_000).Draw(t, "s")) * time.Second
			},
			"expire":    func(*rapid.T) { w.expire() },
			"make room": func(*rapid.T) { w.makeRoom() },
			"flush": func(t *rapid.T) {
				if rapid.IntRange(0, 20).Draw(t, "flush") == 0 {
					w.flush()
				}
			},
			"": func(t *rapid.T) { w.t = t; w.conserved() },
		})
		w.t = t
		w.end()
		require.Zero(t, w.buf.lingering.Load())
		require.Zero(t, w.buf.logs.Load(), "the log is empty")
	})
}

// A trace has one verdict: whatever the order, the batches and the gaps in which
// its items arrive, and whether or not they arrive in time, all or none of them
// come out, unless evidence came after the trace was dropped.
func TestOneVerdict(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const traces = 6
		w := newWorld(t, Options{Wait: 10 * time.Second, WaitAfterRoot: 2 * time.Second, MaxItems: 1000, MaxBytes: 1 << 30, Join: true}, 100, 50)
		kept, dropped := map[byte]int{}, map[byte]int{}
		evidence, upgraded := map[byte]bool{}, map[byte]bool{}
		count := func(it *Item, f Fate) {
			switch {
			case f.Upgraded, upgraded[it.ID[7]]:
				upgraded[it.ID[7]] = true
				require.Equal(t, Pass, f.Action)
			case f.Action == Pass:
				kept[it.ID[7]]++
			case f.Action == Drop:
				dropped[it.ID[7]]++
			}
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			it := w.draw()
			late := w.gone[it.ID[7]]
			if !late {
				evidence[it.ID[7]] = evidence[it.ID[7]] || it.Match == 0
			}
			fates := make([]Fate, 1)
			var out Outcome
			w.buf.Add(w.now, []Item{it}, fates, &out)
			require.Equal(t, late, fates[0].Late)
			count(&it, fates[0])
			w.now += time.Duration(rapid.IntRange(0, 4000).Draw(t, "ms")) * time.Millisecond
			before := w.live()
			w.buf.Expire(w.now, &out)
			after := w.live()
			for n, was := range before {
				if was && !after[n] {
					w.gone[n] = true
				}
			}
			for sig := range signals {
				for _, r := range takeAll(w.buf, uint8(sig), sig) {
					if !r.Companion {
						kept[r.Data[0]-'0']++
					}
				}
			}
		}
		for n := range byte(traces) {
			ordinary := w.policy.Decide(sampling.Finding{Match: 1}, sampling.Size{}, sampling.IDRandomness(traceID(n))).Keep
			if evidence[n] || ordinary {
				require.Zero(t, dropped[n], "trace %d is kept, but items of it were dropped", n)
			} else {
				require.Zero(t, kept[n], "trace %d is dropped, but items of it came out", n)
			}
		}
	})
}

// live returns the traces that may still get items.
func (w *world) live() map[byte]bool {
	live := map[byte]bool{}
	for n := range byte(6) {
		id := traceID(n)
		key := idtable.KeyOf(0, binary.BigEndian.Uint64(id[8:]))
		e := w.buf.shards[key>>w.buf.shift].table.Find(key)
		live[n] = e != nil && (e.state == undecided || e.state == passing)
	}
	return live
}

// A trace waits as long as it should by the latest reading anyone has had, whatever the
// readings of single calls: one that is behind neither delays what is due nor
// hastens what is not.
func TestNoReadingDelaysADecision(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const wait = 10 * time.Second
		b := newBuffer(t, Options{Policy: errorsAnd(t, 0), Wait: wait, WaitAfterRoot: time.Second, MaxItems: 100, MaxBytes: 1 << 24})
		var out Outcome
		opened, now := 0, 1000*time.Second
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			now += time.Duration(rapid.IntRange(0, 3000).Draw(t, "ms")) * time.Millisecond
			b.Expire(now, &out)
			it := itemOf(opened, 1, "record")
			it.Root = rapid.Bool().Draw(t, "root")
			opened++
			behind := time.Duration(rapid.IntRange(0, 3_600_000).Draw(t, "ms behind")) * time.Millisecond
			require.Equal(t, Hold, addOne(b, now-behind, it, &out).Action)
			require.Equal(t, opened, b.Traces()+out.Dropped[Span])
		}
		before := out.Dropped[Span]
		b.Expire(now-time.Hour, &out)
		require.Equal(t, before, out.Dropped[Span])
		b.Expire(now+wait, &out)
		require.Equal(t, opened, out.Dropped[Span])
		require.Zero(t, b.Traces())
	})
}
