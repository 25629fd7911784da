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

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

func idOf(high, low uint64) (id [16]byte) {
	binary.BigEndian.PutUint64(id[:8], high)
	binary.BigEndian.PutUint64(id[8:], low)
	return id
}

// itemWith is an item with the id; 0 is an error, 1 an ordinary one.
func itemWith(id [16]byte, match sampling.Match, text string) Item {
	r, _ := sampling.SourceAuto.Of(id)
	return Item{ID: id, Randomness: r, Finding: sampling.Finding{Match: match}, Record: []byte(text)}
}

// Ids that share their low half are traces of their own, whatever pads or numbers
// them: each is kept by itself, and one error keeps one of them.
func TestTracesWithOneLowHalfAreApart(t *testing.T) {
	const traces = 1000
	for name, id := range map[string]func(n uint64) [16]byte{
		"padded on the right": func(n uint64) [16]byte { return idOf(n*0x9e3779b97f4a7c15, 0) },
		"a constant":          func(n uint64) [16]byte { return idOf(n+1, 0xffff_ffff_ffff) },
		"UUIDs of one host":   func(n uint64) [16]byte { return idOf(n<<32|0xa1b2_11f1, 0x8a3b_b827_eb12_3456) },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBuffer(t, Options{Policy: errorsAnd(t, 0), Wait: time.Second, MaxItems: 10_000, MaxBytes: 1 << 26})
			var out Outcome
			for n := range uint64(traces) {
				addOne(b, 0, itemWith(id(n), 1, fmt.Sprint(n)), &out)
			}
			require.Equal(t, traces, b.Traces())
			require.Equal(t, Pass, addOne(b, 0, itemWith(id(7), 0, "error"), &out).Action)
			b.Expire(2*time.Second, &out)
			require.Equal(t, traces-1, out.Dropped[Span])
			require.Len(t, takeAll(b, 0, Span), 1)
			for n := range uint64(traces) {
				late := addOne(b, 3*time.Second, itemWith(id(n), 1, "late"), &out)
				require.True(t, late.Late)
				require.Equal(t, n == 7, late.Action == Pass, "%d", n)
			}
			fresh := addOne(b, 3*time.Second, itemWith(id(traces), 1, "new"), &out)
			require.Equal(t, Hold, fresh.Action, "a verdict on another trace is none on this one")
		})
	}
}

// An id that lost its high half finds its trace, before the verdict and after it, and
// whichever comes first.
func TestCutIDsFindTheirTrace(t *testing.T) {
	whole, cut := idOf(1, 77), idOf(0, 77)
	for _, order := range [][2][16]byte{{whole, cut}, {cut, whole}} {
		b := newBuffer(t, Options{Policy: errorsAnd(t, 0), Wait: time.Second, MaxItems: 100, MaxBytes: 1 << 20})
		var out Outcome
		require.Equal(t, Hold, addOne(b, 0, itemWith(order[0], 1, "first"), &out).Action)
		require.Equal(t, Pass, addOne(b, 0, itemWith(order[1], 0, "error"), &out).Action)
		b.Expire(2*time.Second, &out)
		require.Len(t, takeAll(b, 0, Span), 1)
		for _, id := range order {
			late := addOne(b, 2*time.Second, itemWith(id, 1, "late"), &out)
			require.True(t, late.Late)
			require.Equal(t, Pass, late.Action)
		}
		other := addOne(b, 2*time.Second, itemWith(idOf(2, 77), 1, "another"), &out)
		require.False(t, other.Late)
	}
}

// The verdict on a trace, some of whose items have lost half of the id, follows from
// the whole one, in whatever order they come.
func TestTheWholeIDDraws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		policy := errorsAnd(t, 50)
		low := rapid.Uint64Range(1, 1<<32-1).Draw(t, "low") // so small that the randomness is a hash
		whole, cut := idOf(rapid.Uint64Range(1, 1<<40).Draw(t, "high"), low), idOf(0, low)
		r, hashed := sampling.SourceAuto.Of(whole)
		require.True(t, hashed)
		want := policy.Decide(sampling.Finding{Match: 1}, sampling.Size{Spans: 1}, r).Keep
		b := newBuffer(t, Options{Policy: policy, Wait: time.Second, MaxItems: 100, MaxBytes: 1 << 20})
		var out Outcome
		ids := rapid.Permutation([][16]byte{whole, cut, cut, whole}).Draw(t, "order")
		for n, id := range ids {
			require.Equal(t, Hold, addOne(b, 0, itemWith(id, 1, fmt.Sprint(n)), &out).Action)
		}
		b.Expire(time.Minute, &out)
		if want {
			require.Len(t, takeAll(b, 0, Span), 4)
		} else {
			require.Equal(t, 4, out.Dropped[Span])
		}
		require.Equal(t, want, addOne(b, time.Minute, itemWith(cut, 1, "late"), &out).Action == Pass)
	})
}

// An item that cannot be held decides its trace, and goes the way of all of it.
func TestWhatCannotBeHeldDecidesItsTrace(t *testing.T) {
	for want, low := range map[Action]uint64{Drop: 1 << 40, Pass: 1<<56 - 2} {
		b := newBuffer(t, Options{Policy: errorsAnd(t, 50), Wait: time.Second, MaxItems: 100, MaxBytes: 1 << 20})
		var out Outcome
		require.Equal(t, Hold, addOne(b, 0, itemWith(idOf(1, low), 1, "held"), &out).Action)
		for n := range uint64(2) {
			large := itemWith(idOf(1, low+n), 1, "")
			large.Record, large.Unheld = nil, true
			fate := addOne(b, 0, large, &out)
			require.Equal(t, want, fate.Action)
			require.True(t, fate.Decided)
			require.True(t, addOne(b, 0, itemWith(idOf(1, low+n), 1, "late"), &out).Late)
		}
		takeAll(b, 0, Span)
		require.Zero(t, b.Traces())
		require.Equal(t, 2, out.Decisions[Decision{Verdict: sampling.Verdict{Keep: want == Pass, Rule: 1}, Trigger: TriggerPressure}])
	}
}

// What such an item, or one too many, releases is given back by the log at once: it is
// not counted, nor taken, twice until the next tick.
func TestWhatIsDecidedAtOnceLeavesTheLog(t *testing.T) {
	for name, last := range map[string]func(*Item){
		"cannot be held": func(it *Item) { it.Record, it.Unheld = nil, true },
		"one too many":   func(*Item) {},
	} {
		b := newBuffer(t, Options{Policy: errorsAnd(t, 50), Wait: time.Second, MaxItems: 10, MaxBytes: 64 << 20})
		var out Outcome
		text := string(make([]byte, 100_000))
		id := idOf(1, 1<<56-1) // one that is kept
		for range 9 {
			require.Equal(t, Hold, addOne(b, 0, itemWith(id, 1, text), &out).Action, name)
		}
		it := itemWith(id, 1, text)
		last(&it)
		addOne(b, 0, it, &out)
		require.Len(t, takeAll(b, 0, Span), 9+len(it.Record)/len(text), name)
		require.Zero(t, b.Traces(), name)
		require.Less(t, b.used.Load(), int64(400_000), name)
	}
}
