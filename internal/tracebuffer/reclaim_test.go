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

	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/internal/recordlog"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// packAll packs all segments that are full.
func packAll(b *Buffer) {
	b.eachShard(func(s *shard) {
		for before := int64(-1); s.log.Usage().Saved > before; {
			before = s.log.Usage().Saved
			s.log.Pack()
		}
	})
}

// usageOf is what the logs of all shards hold.
func usageOf(b *Buffer) (u recordlog.Usage) {
	b.eachShard(func(s *shard) {
		of := s.log.Usage()
		u.Taken, u.Unpacked, u.Saved = u.Taken+of.Taken, u.Unpacked+of.Unpacked, u.Saved+of.Saved
	})
	return u
}

// Traces that lie packed between those that have gone move to the end of the log whole,
// in order, and take no more there than before.
func TestMovedTracesStayPacked(t *testing.T) {
	const traces, perTrace = 200, 300
	b := newBuffer(t, Options{Policy: errorsAnd(t, 0), Wait: time.Hour, WaitAfterRoot: time.Second, MaxItems: 1000, MaxBytes: 1 << 30})
	var out Outcome
	text := strings.Repeat("http.request.method GET url.path /users ", 12)
	for n := range perTrace { // all of them at the same time
		for trace := range traces {
			it := itemOf(trace, 1, fmt.Sprint(n, text))
			it.Root = trace%3 != 0 // those go soon
			addOne(b, 0, it, &out)
		}
	}
	packAll(b)
	before := usageOf(b)
	b.Expire(2*time.Second, &out)
	after := usageOf(b)
	require.Equal(t, (traces+2)/3, b.Traces())
	require.Less(t, after.Unpacked, before.Unpacked/2, "the others' part of the log was given back")
	require.LessOrEqual(t, after.Taken, before.Taken+2*int64(len(b.shards))*recordlog.MaxSegment)

	for trace := range traces {
		addOne(b, 2*time.Second, itemOf(trace, 0, "error"), &out)
	}
	b.Flush(&out)
	next := map[uint64]int{}
	for _, r := range takeAll(b, 0, Span) {
		require.Equal(t, fmt.Sprint(next[r.Trace], text), string(r.Data))
		next[r.Trace]++
	}
	require.Len(t, next, (traces+2)/3)
	for _, n := range next {
		require.Equal(t, perTrace, n)
	}
}

// What an outlet takes in several batches stays where it lies meanwhile. Where the outlet
// takes nothing any more, it does not hold what lies between for long.
func TestWhatIsTakenSoonIsNotMoved(t *testing.T) {
	const traces = 40_000
	b := newBuffer(t, Options{Policy: errorsAnd(t, 25), Wait: time.Second, MaxItems: 1000, MaxBytes: 128 << 20})
	now := 1000 * time.Second
	var out Outcome
	for n := range traces {
		it := itemOf(n, 1, strings.Repeat("x", 1000))
		it.ID[9] = byte(n % 256) // a quarter of them is kept
		it.Randomness = sampling.IDRandomness(it.ID)
		addOne(b, now, it, &out)
	}
	places := func() map[uint64]recordlog.Position {
		at := map[uint64]recordlog.Position{}
		b.eachShard(func(s *shard) {
			for i := range s.queues[0].len {
				e := s.table.Find(s.queues[0].at(i).key)
				at[e.key] = e.first
			}
		})
		return at
	}
	now += time.Second
	b.Expire(now, &out)
	before := places()
	require.Greater(t, len(before), traces/5)
	for range 2 {
		var batch Batch
		require.True(t, b.Take(0, Span, &batch))
		b.Delivered(&batch)
		now += 50 * time.Millisecond
		b.Expire(now, &out)
	}
	after := places()
	require.Less(t, len(after), len(before))
	for key, at := range after {
		require.Equal(t, before[key], at)
	}
	now += 2 * soonTaken
	b.Expire(now, &out)
	require.Less(t, usageOf(b).Unpacked, int64(len(after))*1500+int64(len(b.shards))*4*recordlog.MaxSegment)
	require.Len(t, takeAll(b, 0, Span), len(after))
}

// While an outlet takes nothing, traces of another one that come and go need no more room
// than they take: what waits before them in the log does not hold it.
func TestWhatWaitsForAnOutletDoesNotHoldTheLog(t *testing.T) {
	const limit = 64 << 20 // tables and spare memory are a tenth of a smaller one
	b := newBuffer(t, Options{Policy: errorsAnd(t, 99), Wait: time.Second, MaxItems: 1000, MaxBytes: limit})
	rng := rand.New(rand.NewPCG(1, 1))
	var out Outcome
	now, n := time.Duration(0), 0
	add := func(sig Signal, outlet uint8) {
		it := itemOf(0, 1, noise(rng, 4000))
		binary.BigEndian.PutUint64(it.ID[8:], uint64(1<<56-1-n)) // one that is kept
		it.Randomness, it.Signal, it.Outlet = sampling.IDRandomness(it.ID), sig, outlet
		n++
		now += time.Millisecond
		addOne(b, now, it, &out)
	}
	for !b.Blocked(1) {
		require.True(t, b.MakeRoom(&out))
		add(Log, 1)
		b.Expire(now, &out)
	}
	waits := b.Waiting(1)
	for range 20_000 { // 80 MB
		require.True(t, b.MakeRoom(&out))
		add(Span, 0)
		b.Expire(now, &out)
		takeAll(b, 0, Span)
		require.LessOrEqual(t, b.Bytes(), int64(limit))
	}
	require.GreaterOrEqual(t, b.Waiting(1), waits)
	for d := range out.Decisions {
		require.NotEqual(t, TriggerPressure, d.Trigger)
	}
}
