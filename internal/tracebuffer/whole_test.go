// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// Each undecided trace is looked at once as a whole, with all of its items that arrived
// in time, whatever ends its wait; and nothing of it stays.
func TestTracesAreLookedAtOnceAsWholes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seen := []sampling.Trace{}
		opts := Options{Wait: 10 * time.Second, WaitAfterRoot: 2 * time.Second, MaxItems: 6, MaxBytes: 1 << 30}
		opts.Whole = func(tr *sampling.Trace) uint32 { seen = append(seen, *tr); return 0 }
		w := newWorld(rt, opts, 100, 1)
		sent := map[[16]byte]int{}
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			it := w.draw()
			it.Match = 1 // nothing decides before the end
			it.Part = &sampling.Part{Service: fmt.Sprint("service-", rapid.IntRange(0, 30).Draw(rt, "service")), Log: it.Signal == Log, Root: it.Root}
			var out Outcome
			fates := make([]Fate, 1)
			w.buf.Add(w.now, []Item{it}, fates, &out)
			if fates[0].Action == Hold && !fates[0].Late {
				sent[it.ID]++
			}
			w.now += time.Duration(rapid.IntRange(0, 3).Draw(rt, "seconds")) * time.Second
			w.buf.Expire(w.now, &out)
		}
		var out Outcome
		w.buf.Flush(&out)
		total := 0
		for i := range seen {
			require.LessOrEqual(rt, seen[i].Spans+seen[i].Logs, 6)
			total += seen[i].Spans + seen[i].Logs
		}
		held := 0
		for _, n := range sent {
			held += n
		}
		require.Equal(rt, held, total)
		for i := range w.buf.shards {
			require.Zero(rt, w.buf.shards[i].wholes.traces.Len())
			require.Zero(rt, w.buf.shards[i].wholes.held)
		}
	})
}
