// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"fmt"
	"strings"
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

// What is known of traces as wholes is in what the buffer takes, within bounds, and goes
// with the traces.
func TestWholesAreCounted(t *testing.T) {
	const traces = 200
	held := func(whole func(*sampling.Trace) uint32) (waiting, after int64) {
		b := newBuffer(t, Options{Policy: errorsAnd(t, 0), Wait: time.Second, MaxItems: 1000, MaxBytes: 1 << 30, Whole: whole})
		var out Outcome
		for n := range traces {
			for service := range 2 * sampling.MaxServices {
				it := itemOf(n, 1, "record")
				if whole != nil {
					it.Part = &sampling.Part{Service: fmt.Sprintf("%02d-%s", service, strings.Repeat("s", 400))}
				}
				addOne(b, 0, it, &out)
			}
		}
		waiting = b.Bytes()
		b.Expire(time.Minute, &out)
		return waiting, b.Bytes()
	}
	without, withoutAfter := held(nil)
	with, after := held(func(*sampling.Trace) uint32 { return 0 })
	const named = traces * sampling.MaxServices * sampling.MaxServiceName
	require.Greater(t, with-without, int64(named), "names count")
	require.Less(t, with-without, int64(2*named), "and there is a limit to them")
	require.InDelta(t, withoutAfter, after, 64<<10, "nothing stays")
}
