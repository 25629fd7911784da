// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// BenchmarkAddAndDrop is the cost of a record that waits and is dropped, with so
// many traces of eight records in the buffer at any time.
func BenchmarkAddAndDrop(b *testing.B) {
	for _, traces := range []int{1_000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(traces), func(b *testing.B) {
			policy, err := sampling.NewPolicy(
				sampling.Rule{Threshold: contrib.AlwaysSampleThreshold},
				sampling.Rule{Threshold: contrib.NeverSampleThreshold})
			require.NoError(b, err)
			const batch = 512
			perTrace := 8
			wait := time.Duration(traces*perTrace/batch) * time.Millisecond
			buf := newBuffer(b, Options{Policy: policy, Wait: wait, MaxItems: 1000, MaxBytes: 1 << 36})
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
