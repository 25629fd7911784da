// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// BenchmarkAddAndDrop is the cost of a record that waits and is dropped, with so
// many traces of eight records in the buffer at any time.
func BenchmarkAddAndDrop(b *testing.B) { benchmarkAddAndDrop(b, func(*Options) {}) }

func benchmarkAddAndDrop(b *testing.B, change func(*Options)) {
	for _, traces := range []int{1_000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(traces), func(b *testing.B) {
			policy, err := sampling.NewPolicy(
				sampling.Rule{Threshold: contrib.AlwaysSampleThreshold},
				sampling.Rule{Threshold: contrib.NeverSampleThreshold})
			require.NoError(b, err)
			const batch = 512
			perTrace := 8
			wait := time.Duration(traces*perTrace/batch) * time.Millisecond
			opts := Options{Policy: policy, Wait: wait, MaxItems: 1000, MaxBytes: 1 << 36}
			change(&opts)
			buf := newBuffer(b, opts)
			rng := rand.New(rand.NewPCG(1, 1))
			record := make([]byte, 500)
			items := make([]Item, batch)
			fates := make([]Fate, batch)
			now := 1000 * time.Second
			h := buf.Intern(nil, []byte("envelope"))
			ids := make([][16]byte, traces)
			next := 0
			step := func() {
				for i := range items {
					id := &ids[rng.IntN(min(64*batch, len(ids)))]
					if rng.IntN(perTrace) == 0 || *id == [16]byte{} {
						binary.BigEndian.PutUint64(id[8:], rng.Uint64())
					}
					items[i] = Item{ID: *id, Randomness: sampling.IDRandomness(*id), Finding: sampling.Finding{Match: 1}, Envelope: h, Record: record}
				}
				now += time.Millisecond
				next++
				var out Outcome
				buf.Add(now, items, fates, &out)
				if next%50 == 0 {
					buf.Expire(now, &out)
				}
			}
			for range 2 * traces * perTrace / batch {
				step()
			}
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N / batch {
				step()
			}
			b.ReportMetric(float64(buf.Traces()), "traces")
			b.ReportMetric(float64(buf.Bytes())/float64(buf.Traces()), "B/trace")
		})
	}
}

// BenchmarkRelease is the cost of a record that lay packed and is released, of traces
// with so many records, some of which are kept: deciding, taking and giving back.
func BenchmarkRelease(b *testing.B) {
	for _, perTrace := range []int{8, 300} {
		for _, percentage := range []float64{90, 5} {
			b.Run(fmt.Sprintf("%d/%v%%", perTrace, percentage), func(b *testing.B) {
				var spent time.Duration
				records := 0
				for records < b.N {
					buf, kept := packedTraces(b, 60_000, perTrace, percentage)
					began := time.Now()
					var out Outcome
					buf.Expire(time.Hour, &out)
					var batch Batch
					n := 0
					for buf.Take(0, Span, &batch) {
						n += batch.Count
						buf.Delivered(&batch)
						buf.Expire(time.Hour, &out)
					}
					spent += time.Since(began)
					require.Equal(b, kept, n)
					records += n
					require.NoError(b, buf.Close())
				}
				b.ReportMetric(float64(spent.Nanoseconds())/float64(records), "ns/record")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// packedTraces returns a buffer with so many records, nearly all of them packed, of
// traces that overlap each other, and how many of them are kept.
func packedTraces(b *testing.B, records, perTrace int, percentage float64) (buf *Buffer, kept int) {
	policy := errorsAnd(b, percentage)
	buf, err := New(Options{Policy: policy, Wait: time.Minute, MaxItems: 1000, MaxBytes: 256 << 20})
	require.NoError(b, err)
	rng := rand.New(rand.NewPCG(1, 1))
	text := strings.Repeat("http.request.method GET url.path /users ", 12)
	var ids [256][16]byte
	left := [len(ids)]int{}
	envelope := buf.Intern(buf.Intern(nil, nil), nil)
	for n := range records {
		i := rng.IntN(len(ids))
		if left[i] == 0 {
			binary.BigEndian.PutUint64(ids[i][8:], rng.Uint64())
			left[i] = perTrace
		}
		left[i]--
		it := Item{ID: ids[i], Randomness: sampling.IDRandomness(ids[i]), Finding: sampling.Finding{Match: 1}, Envelope: envelope, Record: fmt.Append(nil, n, text, rng.Uint64())}
		if policy.Decide(it.Finding, it.size(), it.Randomness).Keep {
			kept++
		}
		var out Outcome
		var fate [1]Fate
		buf.Add(0, []Item{it}, fate[:], &out)
	}
	for i := range buf.shards {
		s := &buf.shards[i]
		for before := int64(-1); s.log.Usage().Saved > before; {
			before = s.log.Usage().Saved
			s.log.Pack()
		}
	}
	return buf, kept
}
