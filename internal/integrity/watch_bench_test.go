// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

import (
	"testing"
	"time"
)

// BenchmarkWatch is the cost of a link from arrival to examination, in whole
// traces of 8 spans and 4 logs, of which 1000 are open at a time.
func BenchmarkWatch(b *testing.B) {
	w := New(Options{Window: 10 * time.Second, MaxItems: 1000, MaxBytes: 64 << 20, Peers: NewPeers(), Spans: true, Logs: true})
	items := make([]Item, 12)
	for i := range items {
		l := Link{Span: uint64(i) + 1, Parent: uint64(i), Start: int64(i), End: 100, Service: 1, Name: 1, Kind: KindInternal}
		if i >= 8 {
			l = Link{Span: uint64(i) - 7, Service: 1, Name: 1, Kind: KindLog}
		}
		items[i].Link = l
	}
	var r Report
	now := time.Unix(1_000_000, 0)
	b.ReportAllocs()
	traces := 0
	for n := 0; b.Loop(); n++ {
		for i := range items {
			items[i].Low = mix(uint64(n))
		}
		now = now.Add(10 * time.Millisecond)
		w.Add(now, items, &r)
		if n%5 == 0 {
			w.Expire(now, &r)
		}
		traces++
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(traces*len(items)), "ns/link")
	if len(r.Counts) != 2 {
		b.Fatal(r.Counts)
	}
}
