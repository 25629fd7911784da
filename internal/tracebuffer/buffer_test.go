// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/internal/recordlog"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// errorsAnd returns the policy that keeps errors (match 0) and a percentage.
func errorsAnd(t require.TestingT, percentage float64) *sampling.Policy {
	all, err := sampling.PercentageThreshold(100)
	require.NoError(t, err)
	rest, err := sampling.PercentageThreshold(percentage)
	require.NoError(t, err)
	p, err := sampling.NewPolicy(sampling.Rule{Name: "errors", Threshold: all}, sampling.Rule{Name: "default", Threshold: rest})
	require.NoError(t, err)
	return p
}

// newBuffer returns a buffer that the test closes.
func newBuffer(t interface {
	require.TestingT
	Cleanup(func())
}, opts Options,
) *Buffer {
	opts.VerdictBytes = opts.MaxBytes / 16
	b, err := New(opts)
	require.NoError(t, err)
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// takeAll takes and delivers all that waits for the outlet of the signal.
func takeAll(b *Buffer, outlet uint8, sig Signal) (all []Record) {
	var batch Batch
	for b.Take(outlet, sig, &batch) {
		for _, r := range batch.Records {
			r.Data = slices.Clone(r.Data)
			all = append(all, r)
		}
		b.Delivered(&batch)
	}
	return all
}

func itemOf(n int, match sampling.Match, text string) Item {
	var id [16]byte
	binary.BigEndian.PutUint64(id[8:], uint64(n)+1)
	return Item{ID: id, Randomness: sampling.IDRandomness(id), Finding: sampling.Finding{Match: match}, Record: []byte(text)}
}

func addOne(b *Buffer, now time.Duration, it Item, out *Outcome) Fate {
	var fate [1]Fate
	it.Envelope = b.Intern(nil, []byte("envelope"))
	b.Add(now, []Item{it}, fate[:], out)
	b.Forget([]*Envelope{it.Envelope})
	return fate[0]
}

// A few traces that wait for their root hold no more than what is theirs, though
// their records lie between those of thousands that went long ago.
func TestStragglersDoNotHoldTheLog(t *testing.T) {
	b := newBuffer(t, Options{Policy: errorsAnd(t, 0), Wait: time.Hour, WaitAfterRoot: time.Second, MaxItems: 1000, MaxBytes: 1 << 30})
	now := 1000 * time.Second
	var out Outcome
	text := strings.Repeat("x", 1000)
	stragglers := 0
	for n := range 100_000 {
		it := itemOf(n, 1, fmt.Sprint(n, text))
		it.Root = n%100 != 0
		if !it.Root {
			stragglers++
		}
		addOne(b, now, it, &out)
		if n%100 == 0 {
			now += 20 * time.Millisecond
			b.Expire(now, &out)
		}
	}
	now += 2 * time.Second
	b.Expire(now, &out)
	require.Equal(t, stragglers, b.Traces())
	var log, live int64
	for i := range b.shards {
		log += b.shards[i].log.Usage().Taken
		live += b.shards[i].live
	}
	require.InDelta(t, stragglers*1005, live, 10_000)
	require.Less(t, log, live+live/2+int64(len(b.shards))*12*recordlog.MaxSegment)

	b.Flush(&out)
	require.Equal(t, 100_000, out.Dropped[Span])
}

// Beyond half of the limit held records are compressed, so that many more traces
// can wait; what is kept comes out as it went in.
func TestPressureCompressesFirst(t *testing.T) {
	const limit = 16 << 20
	b := newBuffer(t, Options{Policy: errorsAnd(t, 0), Wait: time.Hour, MaxItems: 1000, MaxBytes: limit})
	now := 1000 * time.Second
	var out Outcome
	text := strings.Repeat("http.request.method GET url.path /users ", 25)
	const traces = 40_000 // 40 MB
	for n := range traces {
		require.True(t, b.MakeRoom(&out))
		require.Equal(t, Hold, addOne(b, now, itemOf(n, 1, fmt.Sprint(n, text)), &out).Action)
	}
	require.Empty(t, out.Decisions, "nothing had to be decided early")
	require.Equal(t, traces, b.Traces())
	require.Greater(t, b.Compressed(), int64(20<<20))
	require.Less(t, b.Bytes(), int64(limit))
	var want, got []string
	for n := 0; n < traces; n += 1000 {
		require.Equal(t, Pass, addOne(b, now, itemOf(n, 0, "error"), &out).Action)
		want = append(want, fmt.Sprint(n, text))
	}
	b.Flush(&out)
	for _, r := range takeAll(b, 0, Span) {
		got = append(got, string(r.Data))
	}
	require.True(t, slices.Equal(slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(got))), "what was held before the errors came out as it was")
	require.Equal(t, traces-traces/1000, out.Dropped[Span])
}

// What others take within the limit is room the traces do not have: they are decided
// earlier, and nobody is refused for it.
func TestTracesMakeRoomForWhatLiesBeside(t *testing.T) {
	const limit = 4 << 20
	b := newBuffer(t, Options{Policy: errorsAnd(t, 0), Wait: time.Hour, MaxItems: 1000, MaxBytes: limit})
	rng := rand.New(rand.NewPCG(1, 1))
	b.Beside(limit / 4)
	var out Outcome
	for n := range 20_000 { // 20 MB
		require.True(t, b.MakeRoom(&out))
		addOne(b, time.Duration(n), itemOf(n, 1, noise(rng, 1000)), &out)
		require.LessOrEqual(t, b.Bytes(), int64(limit))
	}
	require.NotEmpty(t, out.Decisions)
	require.Positive(t, b.Traces())
	before := b.Bytes()
	b.Beside(0)
	require.Equal(t, before-limit/4, b.Bytes())
}

// noise does not compress.
func noise(rng *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return string(b)
}

// However large one trace is, it is decided and not dropped for its size, and
// the others go on.
func TestOneGiantTraceHurtsNoOther(t *testing.T) {
	b := newBuffer(t, Options{Policy: errorsAnd(t, 50), Wait: time.Hour, MaxItems: 100, MaxBytes: 1 << 20})
	now := 1000 * time.Second
	var out Outcome
	small := itemOf(1, 1, "small")
	require.Equal(t, Hold, addOne(b, now, small, &out).Action)
	giant := itemOf(2, 1, strings.Repeat("x", 2000)) // one that is kept, by its id
	binary.BigEndian.PutUint64(giant.ID[8:], 1<<56-1)
	giant.Randomness = sampling.IDRandomness(giant.ID)
	passed := 0
	for range 10_000 {
		require.True(t, b.MakeRoom(&out))
		if addOne(b, now, giant, &out).Action == Pass {
			passed++
		}
		passed += len(takeAll(b, 0, Span))
	}
	require.Equal(t, 10_000, passed)
	require.Equal(t, 1, b.Traces())
	require.EqualValues(t, 1, b.Held(Span))
}

// No more than the limit is taken, whoever adds how much at the same time: what
// was let in has its room.
func TestTheLimitHolds(t *testing.T) {
	const limit, producers, batches, batch = 64 << 20, 4, 200, 512
	b := newBuffer(t, Options{Policy: errorsAnd(t, 0), Wait: time.Hour, MaxItems: 1000, MaxBytes: limit})
	now := 1000 * time.Second
	noise := make([]byte, 1<<20)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise) // does not compress
	var all sync.WaitGroup
	var most atomic.Int64
	for n := range producers {
		all.Go(func() {
			items, fates := make([]Item, batch), make([]Fate, batch)
			envelope := b.Intern(nil, []byte("envelope"))
			for k := range batches {
				var out Outcome
				b.MakeRoom(&out)
				for i := range items {
					items[i] = itemOf((n*batches+k)*batch+i, 1, "")
					items[i].Record = noise[(i*1009)%len(noise):][:600]
					items[i].Envelope = envelope
				}
				b.Add(now, items, fates, &out)
				most.Store(max(most.Load(), b.Bytes()))
			}
		})
	}
	all.Wait()
	require.LessOrEqual(t, most.Load(), int64(limit))
	require.Greater(t, most.Load(), int64(limit*9/10))
}

// Many producers at once lose nothing (run with -race).
func TestConcurrentProducers(t *testing.T) {
	b := newBuffer(t, Options{Policy: errorsAnd(t, 50), Wait: time.Millisecond, MaxItems: 100, MaxBytes: 1 << 20})
	now := 1000 * time.Second
	const producers, each = 8, 2000
	outs := make([]Outcome, producers+1)
	passed := make([]int, producers)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() {
		for at := now; ; at += time.Millisecond {
			select {
			case <-stop:
				return
			default:
				b.Expire(at, &outs[producers])
			}
		}
	})
	var producing sync.WaitGroup
	for p := range producers {
		producing.Go(func() {
			for n := range each {
				b.MakeRoom(&outs[p])
				switch addOne(b, now, itemOf(n%500, 1, "record"), &outs[p]).Action {
				case Pass:
					passed[p]++
				case Drop:
					outs[p].Dropped[Span]++
				}
			}
		})
	}
	producing.Wait()
	close(stop)
	wg.Wait()
	b.Flush(&outs[producers])
	total := 0
	for i := range outs {
		total += outs[i].Dropped[Span]
	}
	total += len(takeAll(b, 0, Span))
	for _, n := range passed {
		total += n
	}
	require.Equal(t, producers*each, total)
	require.Zero(t, b.Held(Span))
}

// held is what lives on the heap and what is mapped for the buffer.
func held(b *Buffer) int64 { return heap() + b.logs.Load() + b.memory.Spare() }

// heap is what is live. It takes two collections to have what earlier tests left
// in pools, and what the first one had only begun to sweep.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// The limit would mean little if what is counted were not what is taken.
func TestReportedBytesAreTheHeap(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for name, opts := range map[string]Options{
		"plain":      {MaxBytes: 1 << 30},
		"compressed": {MaxBytes: 48 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			opts.Policy, opts.Wait, opts.MaxItems = errorsAnd(t, 1), time.Minute, 10_000
			now := 1000 * time.Second
			text := strings.Repeat("http.request.method GET url.path /users ", 12)
			before := heap()
			b := newBuffer(t, opts)
			var out Outcome
			for n := range 200_000 {
				b.MakeRoom(&out)
				addOne(b, now, itemOf(int(rng.Uint64N(50_000)), 1, fmt.Sprint(n, text, rng.Uint64())), &out)
				now += time.Millisecond / 10
			}
			taken := held(b) - before
			require.InEpsilon(t, taken, b.Bytes(), 0.15)
			require.Greater(t, taken, int64(20<<20), "enough is held to tell")
			require.Empty(t, out.Decisions)
			runtime.KeepAlive(b)
		})
	}
}

// While the next component takes nothing, what lies packed is not unpacked for it
// beyond the limit, however much is due and however many senders ask for room. When it
// goes on, everything comes out.
func TestReleasesThatNobodyTakesStayWithinTheLimit(t *testing.T) {
	const limit = 16 << 20
	b := newBuffer(t, Options{Policy: errorsAnd(t, 0), Wait: time.Second, MaxItems: 1000, MaxBytes: limit})
	var out Outcome
	text := strings.Repeat("http.request.method GET url.path /users ", 25)
	traces := 0
	for ; b.MakeRoom(&out) && traces < 60_000; traces++ {
		addOne(b, 0, itemOf(traces, 1, fmt.Sprint(traces, text)), &out)
	}
	require.Greater(t, b.Compressed(), int64(limit*9/10), "more is packed than has room")
	for n := range traces {
		require.Equal(t, Pass, addOne(b, 0, itemOf(n, 0, "error"), &out).Action)
	}
	for n := range 100 {
		b.MakeRoom(&out)
		b.Expire(time.Minute+time.Duration(n), &out)
		require.LessOrEqual(t, b.Bytes(), int64(limit))
	}
	taken := len(takeAll(b, 0, Span))
	require.Zero(t, b.Traces())
	require.Equal(t, traces, taken+out.Dropped[Span])
	require.Greater(t, taken, traces/4)
	require.Zero(t, b.Held(Span))
}
