// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin

package tracebuffer

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
	"github.com/otelcol-correlation/correlationprocessor/internal/storage"
)

// process is a buffer in a store that is killed now and then.
type process struct {
	*world
	opts      Options
	directory string
	store     *storage.Store
	items     map[string]Item // by their records
	recovered bool            // all that was left before
	reach     uint64          // recordlog.Files.Reach
}

// inMemory returns a directory in memory, where there is one.
func inMemory(t require.TestingT) string {
	parent := "/dev/shm"
	if _, err := os.Stat(parent); err != nil {
		parent = ""
	}
	directory, err := os.MkdirTemp(parent, "tracebuffer")
	require.NoError(t, err)
	return directory
}

func openStore(t require.TestingT, directory string, size int64) *storage.Store {
	s, err := storage.Open(storage.Options{Directory: directory, MaxBytes: size, Warn: func(string, error) {}})
	require.NoError(t, err)
	return s
}

func newProcess(t *rapid.T, opts Options, percentages ...float64) *process {
	p := &process{directory: inMemory(t), items: map[string]Item{}, recovered: true, reach: uint64(rapid.SampledFrom([]int{1, 3, 1 << 16}).Draw(t, "reach"))}
	p.store = openStore(t, p.directory, storage.MinBytes)
	opts.Storage = p.store
	p.world = newWorld(t, opts, percentages...)
	p.buf.files.Reach = p.reach
	p.opts = opts
	p.opts.Policy = p.policy
	p.opts.VerdictBytes = opts.MaxBytes / 16
	return p
}

// kill ends the process and starts another one, on the files as they were.
func (p *process) kill() {
	next := inMemory(p.t)
	for _, name := range []string{"records", "verdicts"} {
		b, err := os.ReadFile(filepath.Join(p.directory, name))
		require.NoError(p.t, err)
		require.NoError(p.t, os.WriteFile(filepath.Join(next, name), b, 0o600))
	}
	p.close()
	p.directory, p.store = next, openStore(p.t, next, storage.MinBytes)
	p.opts.Storage = p.store
	var err error
	p.buf, err = New(p.opts)
	require.NoError(p.t, err)
	p.buf.files.Reach = p.reach
	for sig, b := range p.batches {
		if b != nil {
			for _, r := range b.Records {
				if !r.Companion {
					delete(p.seen, string(r.Data)) // it may come once more
				}
			}
		}
		p.batches[sig] = nil
	}
	p.recovered = false
}

func (p *process) close() {
	require.NoError(p.t, p.buf.Close())
	require.NoError(p.t, p.store.Close())
	require.NoError(p.t, os.RemoveAll(p.directory))
}

// killedHere ends a recovery in the middle.
type killedHere struct{}

// recover has what was left go on, but for what it leaves after so many steps, or ends in
// the middle of one. A step is a replay, or that records are held.
func (p *process) recover(steps int, kill bool) (_ Recovered) {
	defer func() {
		if cause := recover(); cause != nil && cause != (killedHere{}) {
			panic(cause)
		}
	}()
	stop, stopped := make(chan struct{}), false
	step := func() {
		if steps--; steps == -1 && !stopped {
			close(stop)
			stopped = true
		}
	}
	step()
	var held [signals]int
	r := p.buf.Recover(&Recovery{
		Outlets: [signals]int{0, 1},
		Now:     func() time.Duration { return p.now },
		Held: func(sig Signal, n int) {
			if held[sig] += n; n > 0 {
				step()
			}
		},
		Replay: func(sig Signal, _ *Envelope, records []Record) {
			p.replay(sig, records)
			if step(); stopped && kill {
				panic(killedHere{})
			}
		},
		CarryOut: func(out *Outcome) {
			if p.carryOut(out); !p.buf.files.Fits(0) {
				p.deliverAll() // it waits for that
			}
		},
		Stop: stop,
	})
	p.recovered = !stopped
	for sig, n := range held {
		require.Equal(p.t, r.Undecided[sig]+r.Kept[sig]+r.Dropped[sig], n, "each record that goes on is held once")
	}
	return r
}

func (p *process) replay(sig Signal, records []Record) {
	items, fates := make([]Item, len(records)), make([]Fate, len(records))
	for i, r := range records {
		it, ok := p.items[string(r.Data)]
		require.True(p.t, ok, "what was never sent")
		require.Equal(p.t, sig, it.Signal)
		require.Equal(p.t, "envelope", r.Envelope.Content)
		it.Record, it.Envelope, it.Origin = r.Data, r.Envelope, r.Origin
		items[i] = it
	}
	var out Outcome
	p.buf.Add(p.now, items, fates, &out)
	for i, f := range fates {
		switch f.Action {
		case Pass:
			r := records[i]
			r.Verdict = f.Verdict
			p.buf.Adopt(uint8(sig), []Record{r})
		case Drop:
			p.dropped[sig]++
		}
	}
	p.carryOut(&out)
}

// add adds items like the world, and knows them again.
func (p *process) add(items []Item) {
	for i := range items {
		p.items[string(items[i].Record)] = items[i]
	}
	p.world.add(items)
}

// move has the traces that lie lowest in each shard lie elsewhere, as if room were short:
// as many as reclaim might move, which moves none twice.
func (p *process) move() {
	p.buf.eachShard(func(s *shard) {
		if excess := s.log.Usage().Unpacked - s.live - 2*int64(s.log.SegmentSize()); excess > 0 {
			s.move(excess, true)
			s.giveBack()
		}
	})
}

// many adds roots of traces of their own, which go before those that wait for theirs.
func (p *process) many() {
	items := make([]Item, 150)
	for i := range items {
		it := p.draw1(byte(10+i), Span, 1000)
		it.Match, it.Root = p.policy.Default(), true
		items[i] = it
	}
	p.add(items)
	p.now += 5 * time.Second
	p.expire()
}

// Whenever the process is killed, also while it recovers, nothing is lost that was taken
// in, and nothing comes out twice but what was on its way: at every step at which all is
// recovered received = passed + dropped + delivered + held, and when all was delivered
// nothing is left.
func TestNothingIsLostByAKill(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		opts, rules := drawOptions(t)
		opts.MaxBytes = 1 << 20
		p := newProcess(t, opts, rules...)
		defer p.close()
		t.Repeat(map[string]func(*rapid.T){
			"add":     func(t *rapid.T) { p.t = t; p.add(p.drawAll(rapid.IntRange(1, 8).Draw(t, "batch"))) },
			"take":    func(t *rapid.T) { p.take(Signal(rapid.IntRange(0, 1).Draw(t, "outlet"))) },
			"deliver": func(t *rapid.T) { p.deliver(Signal(rapid.IntRange(0, 1).Draw(t, "outlet"))) },
			"pack":    func(*rapid.T) { p.pack() },
			"move":    func(*rapid.T) { p.move() },
			"wait": func(t *rapid.T) {
				p.now += time.Duration(rapid.IntRange(0, 9000).Draw(t, "ms")) * time.Millisecond
			},
			"expire": func(*rapid.T) { p.expire() },
			"many": func(t *rapid.T) {
				if p.t = t; rapid.IntRange(0, 3).Draw(t, "really") == 0 {
					p.many()
				}
			},
			"half delivered": func(t *rapid.T) {
				p.t = t
				p.deliverAll()
				p.add(p.drawAll(20))
				p.now += 30 * time.Second
				p.expire()
				sig := Signal(rapid.IntRange(0, 1).Draw(t, "outlet"))
				p.take(sig)
				p.deliver(sig)
			},
			"make room": func(*rapid.T) { p.makeRoom() },
			"adopt": func(t *rapid.T) {
				p.t = t
				it := p.draw()
				p.items[string(it.Record)] = it
				p.received[it.Signal]++
				p.buf.Adopt(it.Outlet, []Record{{Envelope: it.Envelope, Data: it.Record, Signal: it.Signal, Outlet: it.Outlet, Verdict: sampling.Verdict{Rule: sampling.NoRule}}})
			},
			"park": func(t *rapid.T) {
				p.t = t
				it := p.draw()
				p.items[string(it.Record)] = it
				p.received[it.Signal]++
				parked := p.buf.Park(Record{Envelope: it.Envelope, Data: it.Record, Signal: it.Signal, Outlet: it.Outlet})
				if rapid.Bool().Draw(t, "stays") {
					return // until the next kill
				}
				p.buf.Unpark(parked, func(r Record) { p.replay(r.Signal, []Record{r}) })
			},
			"kill": func(t *rapid.T) {
				if !p.recovered && rapid.Bool().Draw(t, "not again") {
					return
				}
				p.t = t
				for range rapid.IntRange(1, 4).Draw(t, "times") {
					p.kill()
					p.recover(rapid.SampledFrom([]int{0, 1, 2, 3, 5, 8, 1000}).Draw(t, "steps"), rapid.Bool().Draw(t, "in the middle"))
				}
			},
			"": func(t *rapid.T) {
				p.t = t
				if p.recovered {
					p.conserved()
				}
				require.Zero(t, p.buf.files.Spilled())
			},
		})
		p.t = t
		p.kill()
		r := p.recover(1<<30, false)
		require.Zero(t, r.Lost+r.LostParts)
		p.conserved()
		p.end()
		p.kill()
		r = p.recover(1<<30, false)
		require.Equal(t, Recovered{Verdicts: r.Verdicts, Bytes: r.Bytes}, r, "nothing is left")
	})
}

// openIn opens a buffer with a store in the directory.
func openIn(t require.TestingT, directory string, size int64, opts Options) *Buffer {
	opts.Storage = openStore(t, directory, size)
	b, err := New(opts)
	require.NoError(t, err)
	return b
}

// closeIn closes what openIn opened.
func closeIn(t require.TestingT, b *Buffer) {
	require.NoError(t, b.Close())
	require.NoError(t, b.opts.Storage.Close())
}

// A trace that was decided keeps its verdict: what comes late after a kill meets it, also
// where it does not follow from the id; evidence brings one back whole that was dropped
// before.
func TestVerdictsSurvive(t *testing.T) {
	directory := inMemory(t)
	opts := Options{Policy: errorsAnd(t, 0), Wait: time.Second, MaxItems: 100, MaxBytes: 1 << 20, VerdictBytes: 1 << 16, Hindsight: time.Minute}
	b := openIn(t, directory, storage.MinBytes, opts)
	var out Outcome
	require.Equal(t, Pass, addOne(b, 0, itemOf(1, 0, "error"), &out).Action)
	require.Equal(t, Hold, addOne(b, 0, itemOf(2, 1, "ordinary"), &out).Action)
	require.Equal(t, Hold, addOne(b, 0, itemOf(3, 1, "ordinary"), &out).Action)
	b.Expire(2*time.Second, &out)
	require.Equal(t, Drop, addOne(b, 0, Item{ID: itemOf(2, 1, "").ID, Randomness: itemOf(2, 1, "").Randomness, Finding: sampling.Finding{Match: 1}, Unheld: true}, &out).Action)
	closeIn(t, b)

	b = openIn(t, directory, storage.MinBytes, opts)
	require.Equal(t, Pass, addOne(b, 0, itemOf(1, 1, "late"), &out).Action, "before all is recovered")
	r := b.Recover(&Recovery{Outlets: [signals]int{0, 1}, Held: func(Signal, int) {}, Now: func() time.Duration { return 0 }, CarryOut: func(*Outcome) {}, Stop: make(chan struct{})})
	require.Equal(t, 2, r.Dropped[Span])
	require.Equal(t, 1, r.Verdicts)
	late := addOne(b, 0, itemOf(2, 0, "error"), &out)
	require.Equal(t, Hold, late.Action)
	var got []string
	for _, r := range takeAll(b, 0, Span) {
		require.True(t, r.Restored)
		got = append(got, string(r.Data))
	}
	require.Equal(t, []string{"ordinary", "error"}, got)
	b.Expire(2*time.Minute, &out)
	closeIn(t, b)

	// Under other rules verdicts mean nothing.
	opts.Policy = errorsAnd(t, 50)
	b = openIn(t, directory, storage.MinBytes, opts)
	r = b.Recover(&Recovery{Outlets: [signals]int{0, 1}, Held: func(Signal, int) {}, Now: func() time.Duration { return 0 }, CarryOut: func(*Outcome) {}, Stop: make(chan struct{})})
	require.Equal(t, Recovered{Bytes: r.Bytes}, r)
	closeIn(t, b)
}

// What was delivered stays so where a kill comes between the beginning of its trace, which
// has its verdict, and its own segment.
func TestWhatWasDeliveredIsNotFoundAgain(t *testing.T) {
	directory := inMemory(t)
	defer func() { require.NoError(t, os.RemoveAll(directory)) }()
	opts := Options{Policy: errorsAnd(t, 50), Wait: time.Second, MaxItems: 100, MaxBytes: 1 << 20, VerdictBytes: 1 << 16, Join: true}
	b := openIn(t, directory, storage.MinBytes, opts)
	var out Outcome
	id := itemOf(1, 1, "").ID
	for sig := range signals {
		it := itemOf(1, 1, strings.Repeat("x", b.shards[0].log.SegmentSize()*2/3)) // a segment each
		it.Randomness, it.Signal, it.Outlet, it.Joins = sampling.Randomness(math.MaxUint64), sig, uint8(sig), sig == Log
		require.Equal(t, Hold, addOne(b, 0, it, &out).Action)
	}
	b.Expire(2*time.Second, &out)
	require.Len(t, takeAll(b, uint8(Log), Log), 2, "with the span that it is joined with")
	shard, _, _ := b.shardOf(id)
	shard.mu.Lock()
	shard.move(1, true)
	shard.mu.Unlock()
	closeIn(t, b)

	takeUp := func(b *Buffer, stop chan struct{}, held func(Signal, int)) Recovered {
		return b.Recover(&Recovery{
			Outlets: [signals]int{0, 1}, Held: held, Now: func() time.Duration { return 0 }, CarryOut: func(*Outcome) {}, Stop: stop,
			Replay: func(sig Signal, _ *Envelope, _ []Record) { t.Errorf("undecided: %d", sig) },
		})
	}
	b = openIn(t, directory, storage.MinBytes, opts)
	require.Greater(t, len(b.left), 1)
	stop := make(chan struct{})
	r := takeUp(b, stop, func(_ Signal, n int) {
		if n > 0 {
			close(stop)
		}
	})
	require.Equal(t, [signals]int{1, 0}, r.Kept)
	closeIn(t, b)

	b = openIn(t, directory, storage.MinBytes, opts)
	require.NotEmpty(t, b.left)
	r = takeUp(b, make(chan struct{}), func(Signal, int) {})
	require.Equal(t, [signals]int{1, 0}, r.Kept)
	require.Len(t, takeAll(b, uint8(Span), Span), 1)
	closeIn(t, b)
}

// What was delivered stays so where nothing is left of its trace's beginning, which had its
// verdict, and a span came after it.
func TestWhatWasDeliveredIsNotDecidedAnew(t *testing.T) {
	directory := inMemory(t)
	defer func() { require.NoError(t, os.RemoveAll(directory)) }()
	opts := Options{Policy: errorsAnd(t, 50), Wait: time.Minute, WaitAfterRoot: time.Second, MaxItems: 100, MaxBytes: 1 << 20, VerdictBytes: 1 << 16, Hindsight: 5 * time.Second, Join: true}
	b := openIn(t, directory, storage.MinBytes, opts)
	var out Outcome
	large := strings.Repeat("x", b.shards[0].log.SegmentSize()*2/3) // a segment each
	item := func(n int, sig Signal, text string) Item {
		it := itemOf(n, 1, text)
		it.Randomness, it.Signal, it.Outlet, it.Joins = sampling.Randomness(math.MaxUint64), sig, uint8(sig), sig == Log
		return it
	}
	shard, _, _ := b.shardOf(itemOf(1, 1, "").ID)
	other := 2
	for s, _, _ := b.shardOf(itemOf(other, 1, "").ID); s != shard; s, _, _ = b.shardOf(itemOf(other, 1, "").ID) {
		other++
	}
	root := item(1, Span, large)
	root.Root = true
	require.Equal(t, Hold, addOne(b, 0, root, &out).Action)
	b.Expire(2*time.Second, &out)
	require.Len(t, takeAll(b, uint8(Span), Span), 1)
	require.Equal(t, Hold, addOne(b, 2*time.Second, item(1, Log, large), &out).Action)
	shard.mu.Lock()
	shard.move(1, true)
	shard.mu.Unlock()
	require.Len(t, takeAll(b, uint8(Log), Log), 2)
	require.Equal(t, Hold, addOne(b, 2*time.Second, item(other, Span, "waits"), &out).Action)
	require.Equal(t, Pass, addOne(b, 2*time.Second, item(1, Span, "late"), &out).Action)
	before := shard.log.Usage().Unpacked
	b.Expire(20*time.Second, &out)
	require.Less(t, shard.log.Usage().Unpacked, before, "the beginning was given back")
	closeIn(t, b)

	b = openIn(t, directory, storage.MinBytes, opts)
	var undecided []string
	b.Recover(&Recovery{
		Outlets: [signals]int{0, 1}, Held: func(Signal, int) {}, Now: func() time.Duration { return 0 }, CarryOut: func(*Outcome) {}, Stop: make(chan struct{}),
		Replay: func(_ Signal, _ *Envelope, records []Record) {
			for _, r := range records {
				undecided = append(undecided, string(r.Data))
			}
		},
	})
	require.Equal(t, []string{"waits"}, undecided)
	closeIn(t, b)
}

// Where what was left takes all of the files, no more of it is taken in than there is room
// for until the outlets have delivered that: nothing comes to lie in memory, where a kill
// would end it.
func TestARecoveryWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		directory := inMemory(t)
		defer func() { require.NoError(t, os.RemoveAll(directory)) }()
		opts := Options{Policy: errorsAnd(t, 50), Wait: time.Minute, MaxItems: 100, MaxBytes: 1 << 30, VerdictBytes: 1 << 16}
		b, rng, n := openIn(t, directory, 16<<20, opts), rand.New(rand.NewPCG(1, 1)), 0
		var out Outcome
		for ; b.MakeRoom(&out); n++ {
			random := make([]byte, 100)
			for i := range random {
				random[i] = byte(rng.Uint32())
			}
			it := itemOf(n/64*2+n%2, 1, fmt.Sprint(n, " ", strings.Repeat("x", 900), string(random)))
			it.Randomness = sampling.Randomness(math.MaxUint64)
			require.Equal(t, Hold, addOne(b, 0, it, &out).Action)
		}
		b.Expire(2*time.Minute, &out)
		require.Zero(t, b.files.Spilled())
		require.Greater(t, int64(n)*1000, 3*b.files.Room(), "it is packed")
		closeIn(t, b)

		takeUp := func(b *Buffer) (stop chan struct{}, done chan Recovered) {
			stop, done = make(chan struct{}), make(chan Recovered, 1)
			go func() {
				done <- b.Recover(&Recovery{
					Outlets: [signals]int{0, 1}, Held: func(Signal, int) {}, Now: func() time.Duration { return 0 }, CarryOut: func(*Outcome) {}, Stop: stop,
					Replay: func(Signal, *Envelope, []Record) { t.Error("undecided") },
				})
			}()
			return stop, done
		}
		b = openIn(t, directory, 16<<20, opts)
		stop, done := takeUp(b)
		synctest.Wait()
		require.Empty(t, done, "it waits")
		require.Zero(t, b.files.Spilled())
		close(stop)
		require.Less(t, (<-done).Kept[Span], n/4)
		closeIn(t, b)

		b = openIn(t, directory, 16<<20, opts)
		_, done = takeUp(b)
		seen := map[string]bool{}
		for len(done) == 0 || b.Waiting(0) > 0 {
			for _, r := range takeAll(b, 0, Span) {
				require.False(t, seen[string(r.Data)])
				seen[string(r.Data)] = true
			}
			synctest.Wait()
		}
		require.Len(t, seen, n)
		require.Less(t, b.files.Spilled(), b.files.Room()/4)
		r := <-done
		require.Equal(t, Recovered{Kept: [signals]int{n, 0}, Verdicts: r.Verdicts, Bytes: r.Bytes}, r)
		closeIn(t, b)
	})
}

// Whatever is damaged, the buffer starts, and what comes out is what was sent.
func FuzzDamage(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 7))
		directory := inMemory(t)
		defer func() { require.NoError(t, os.RemoveAll(directory)) }()
		opts := Options{Policy: errorsAnd(t, 50), Wait: time.Second, MaxItems: 100, MaxBytes: 1 << 20, VerdictBytes: 1 << 16, Hindsight: time.Minute, Join: true}
		sent := map[string]bool{}
		for range 2 {
			b := openIn(t, directory, storage.MinBytes, opts)
			came := func(r *Record) {
				require.True(t, sent[string(r.Data)], "what was never sent")
				require.Equal(t, "envelope", r.Envelope.Content)
			}
			var out Outcome
			b.Recover(&Recovery{
				Outlets: [signals]int{0, 1}, Held: func(Signal, int) {}, Now: func() time.Duration { return 0 }, CarryOut: func(*Outcome) {}, Stop: make(chan struct{}),
				Replay: func(_ Signal, _ *Envelope, records []Record) {
					for i := range records {
						came(&records[i])
					}
				},
			})
			for n := range 300 {
				it := itemOf(rng.IntN(60), sampling.Match(min(1, rng.IntN(5))), fmt.Sprint(seed, n, strings.Repeat("x", rng.IntN(1000))))
				it.Signal = Signal(rng.IntN(2))
				it.Outlet = uint8(it.Signal)
				sent[string(it.Record)] = true
				addOne(b, time.Duration(n)*10*time.Millisecond, it, &out)
				if n%40 == 39 {
					b.Expire(time.Duration(n)*10*time.Millisecond, &out)
					b.shards[rng.IntN(len(b.shards))].log.Pack()
				}
				if n%100 == 99 {
					for _, r := range takeAll(b, uint8(it.Signal), it.Signal) {
						came(&r)
					}
				}
			}
			closeIn(t, b)
			damage(t, rng, filepath.Join(directory, "records"))
			damage(t, rng, filepath.Join(directory, "verdicts"))
		}
	})
}

// damage flips bits, swaps parts and cuts the end off.
func damage(t *testing.T, rng *rand.Rand, path string) {
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	end := len(bytes.TrimRight(b, "\x00")) // what lies behind is not used
	for range rng.IntN(60) {
		b[min(4096+rng.IntN(end), len(b)-1)] ^= 1 << rng.IntN(8)
	}
	for range rng.IntN(3) {
		n := 4096 << rng.IntN(3)
		x, y := b[4096+rng.IntN(end/n+1)*n:], b[4096+rng.IntN(end/n+1)*n:]
		if len(x) >= n && len(y) >= n {
			z := bytes.Clone(x[:n])
			copy(x[:n], y[:n])
			copy(y[:n], z)
		}
	}
	if rng.IntN(3) == 0 {
		b = b[:rng.IntN(end+1)]
	}
	require.NoError(t, os.WriteFile(path, b, 0o600))
}
