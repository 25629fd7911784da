// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Under the race detector a sync.Pool loses a quarter of what it is given, at
// random, so that allocations cannot be counted.
//go:build !race

package acceptance

import (
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// mallocs returns how many heap objects it takes to hold and drop so many batches
// of so many spans, ticks and telemetry included.
func mallocs(t *testing.T, batches, spans int) (n uint64) {
	synctest.Test(t, func(t *testing.T) {
		var p pipelines
		p.start(t, func(c *Config) {
			c.Sampling.SamplingPercentage = 0
			c.DecisionWait, c.DecisionWaitAfterRoot = time.Second, 0
		}, consumertest.NewNop(), consumertest.NewNop())
		defer p.shutdown()
		rng := rand.New(rand.NewPCG(1, 1))
		proto := benchTraces(rng, spans)
		round := func() (m runtime.MemStats) {
			data := make([]ptrace.Traces, batches)
			for i := range data {
				data[i] = ptrace.NewTraces()
				proto.CopyTo(data[i])
				renumber(rng, data[i])
			}
			var before runtime.MemStats
			runtime.ReadMemStats(&before)
			for i := range data {
				p.send(data[i])
				time.Sleep(99 * time.Millisecond) // so that no round ends at the instant of a tick
			}
			runtime.ReadMemStats(&m)
			m.Mallocs -= before.Mallocs
			return m
		}
		for range 3 { // until tables, queues and the log have their size
			round()
		}
		held := p.sum("spans_held")
		n = round().Mallocs
		require.Positive(t, held, "spans were held")
		time.Sleep(2 * time.Second)
		require.EqualValues(t, 4*batches*spans, p.sum("spans_dropped"), "and dropped")
	})
	return n
}

// To hold and drop a span takes no heap object of its own: what is allocated
// belongs to the batch and the tick.
func TestDroppedSpansAllocateNothing(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection empties the pools
	const batches = 20
	small, large := mallocs(t, batches, 256), mallocs(t, batches, 1280)
	perSpan := (float64(large) - float64(small)) / (batches * 1024)
	require.Less(t, perSpan, 0.01, "%d objects for batches of 256 spans, %d for 1280", small, large)
}
