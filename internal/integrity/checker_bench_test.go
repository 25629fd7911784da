// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/internal/idtable"
)

// BenchmarkWatch is the cost of a link from arrival to check, in whole
// traces of 8 spans and 4 logs, of which 1000 are open at a time.
func BenchmarkWatch(b *testing.B) {
	w := New(Options{Window: 10 * time.Second, MaxItems: 1000, MaxBytes: 64 << 20, Peers: NewPeers(1 << 20), Spans: true, Logs: true})
	items := make([]Item, 12)
	for i := range items {
		l := Link{Span: uint64(i) + 1, Parent: uint64(i), Start: int64(i), End: 100, Service: 1, Name: 1, Kind: KindInternal}
		if i >= 8 {
			l = Link{Span: uint64(i) - 7, Service: 1, Name: 1, Kind: KindLog}
		}
		items[i].Link = l
	}
	var r Report
	now := 1_000_000 * time.Second
	b.ReportAllocs()
	traces := 0
	for n := 0; b.Loop(); n++ {
		for i := range items {
			items[i].Low = idtable.Mix(uint64(n))
		}
		now += 10 * time.Millisecond
		w.Add(now, items, &r)
		if n%5 == 0 {
			w.Expire(now, &r)
		}
		traces++
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(traces*len(items)), "ns/link")
	if n := len(maps.Collect(r.Counts())); n != 2 {
		b.Fatal(n)
	}
}

// BenchmarkWatchInterleaved is the cost of a link in batches of 512 of many
// traces and 20 services: traces of 1.6 items that come in one batch, and of
// some 8 that come over 64 batches.
func BenchmarkWatchInterleaved(b *testing.B) {
	for _, open := range []int{1_000, 30_000, 1_000_000} {
		b.Run(fmt.Sprintf("short/%d", open), func(b *testing.B) {
			benchInterleaved(b, open, 1.6, func(n int) int { return n })
		})
		b.Run(fmt.Sprintf("long/%d", open), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(2, 2))
			benchInterleaved(b, open, 8, func(n int) int { return n - rng.IntN(min(64*512/8, open)) })
		})
	}
}

// seenBytes is what a generation of checked traces takes in the benchmark, half of
// what it may at the default of max_bytes, and seenInBench how many those are.
const seenBytes, seenInBench = 8 << 20, 490_000

// benchInterleaved draws the trace of each item with pick, which is given the
// number of the newest, of a new one every perTrace items.
func benchInterleaved(b *testing.B, open int, perTrace float64, pick func(newest int) int) {
	const batch, window = 512, 10 * time.Second
	w := New(Options{Window: window, MaxItems: 1000, MaxBytes: 1 << 30, Peers: NewPeers(1 << 20), Spans: true, Logs: true, Heuristics: true})
	for i := range w.shards { // and it is full
		w.shards[i].seen.Memory = idtable.NewMemory(2 * seenBytes / len(w.shards))
	}
	rng := rand.New(rand.NewPCG(1, 1))
	items, newest, tick := make([]Item, batch), open, window*time.Duration(batch)/time.Duration(float64(open)*perTrace)
	now, due := 1_000_000*time.Second, time.Duration(0)
	var added, checked Report
	gap, spent := perTrace, time.Duration(0) // without the drawing of items
	step := func() {
		for i := range items {
			if gap--; gap < 0 {
				gap += perTrace
				newest++
			}
			key := idtable.Mix(uint64(pick(newest)))
			at, service := int64(now), uint16(1+key%20)
			items[i] = Item{Low: key, High: key, Link: Link{Span: rng.Uint64() | 1, Start: at, End: at + 1000, Service: service, Name: service, Kind: KindServer}}
			if i%3 == 0 {
				items[i].Link = Link{Span: key, Service: service, Name: service, Kind: KindLog, Flags: FlagsKnown | Sampled}
			}
		}
		now += tick
		began := time.Now()
		w.Add(now, items, &added)
		added.Reset()
		if now >= due {
			w.Expire(now, &checked)
			checked.Reset()
			due = now + window/100
		}
		spent += time.Since(began)
	}
	for range int(float64(2*open+5*seenInBench/2)*perTrace) / batch {
		step()
	}
	b.ReportAllocs()
	b.ResetTimer()
	spent = 0
	for range b.N/batch + 1 {
		step()
	}
	b.ReportMetric(float64(spent)/float64((b.N/batch+1)*batch), "ns/op")
	b.ReportMetric(float64(w.Traces()), "traces")
	b.ReportMetric(float64(w.Bytes())/float64(w.Traces()), "B/trace")
}
