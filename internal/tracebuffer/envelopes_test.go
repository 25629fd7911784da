// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOutermostEnvelopesAreLimited(t *testing.T) {
	b := newBuffer(t, Options{Policy: errorsAnd(t, 50), Wait: time.Second, MaxItems: 100, MaxBytes: 1 << 20})
	one, two := b.InternOutermost([]byte("a"), 2), b.InternOutermost([]byte("b"), 2)
	require.Nil(t, b.InternOutermost([]byte("c"), 2))
	require.Same(t, one, b.InternOutermost([]byte("a"), 2), "one that is there is no further one")
	b.Forget([]*Envelope{two})
	require.NotNil(t, b.InternOutermost([]byte("c"), 2))
}

// hold adds a record in a scope of its own resource or a common one.
func hold(b *Buffer, n int, resource, scope string, out *Outcome) {
	it := itemOf(n, 1, "record")
	around := b.Intern(nil, []byte(resource))
	it.Envelope = b.Intern(around, []byte(scope))
	var fate [1]Fate
	b.Add(0, []Item{it}, fate[:], out)
	b.Forget([]*Envelope{it.Envelope, around})
}

// What is around records takes about its size, however many scopes one resource has,
// and that is what is counted.
func TestEnvelopesTakeWhatTheyReport(t *testing.T) {
	resource := strings.Repeat("resource", 1<<13)
	for name, of := range map[string]func(n int) (resource, scope string){
		"many scopes":       func(n int) (string, string) { return resource, fmt.Sprint("scope ", n) },
		"many resources":    func(n int) (string, string) { return fmt.Sprint(resource[:1000], n), "" },
		"many of both":      func(n int) (string, string) { return fmt.Sprint(resource[:100], n), fmt.Sprint("scope ", n) },
		"a scope each time": func(n int) (string, string) { return fmt.Sprint(n), "scope" },
	} {
		t.Run(name, func(t *testing.T) {
			before := heap()
			b := newBuffer(t, Options{Policy: errorsAnd(t, 0), Wait: time.Hour, MaxItems: 1000, MaxBytes: 1 << 30})
			var out Outcome
			for n := range 20_000 {
				r, s := of(n)
				hold(b, n, r, s, &out)
			}
			taken := held(b) - before
			require.InEpsilon(t, taken, b.Bytes(), 0.25)
			require.Less(t, b.Bytes(), int64(120<<20))
			b.Flush(&out)
			require.Less(t, b.envelopes.Bytes(), int64(100<<10), "what no record names is gone at once")
			runtime.KeepAlive(b)
			out = Outcome{}
			require.Less(t, heap()-before-b.Bytes(), int64(1<<20), "and so is what it took")
		})
	}
}

// Headers that never come again do not fill the limit: those of records that were
// decided make room for those of the next.
func TestHeadersMakeRoomForOthers(t *testing.T) {
	const limit = 8 << 20
	b := newBuffer(t, Options{Policy: errorsAnd(t, 0), Wait: time.Hour, MaxItems: 1000, MaxBytes: limit})
	var out Outcome
	header := strings.Repeat("x", 1500)
	refused := 0
	for n := range 40_000 {
		if !b.MakeRoom(&out) {
			refused++
		}
		hold(b, n, fmt.Sprint(header, n), "scope", &out)
		require.LessOrEqual(t, b.Bytes(), int64(limit))
	}
	require.Zero(t, refused)
	require.Greater(t, b.Bytes(), int64(limit/4), "and they use it")
}

// What was released keeps its envelopes until it is delivered, also if all others
// have forgotten them, and counts as long.
func TestReleasesKeepTheirEnvelopes(t *testing.T) {
	b := newBuffer(t, Options{Policy: errorsAnd(t, 0), Wait: time.Hour, MaxItems: 1000, MaxBytes: 1 << 20})
	var out Outcome
	for n := range 100 {
		hold(b, n, fmt.Sprint("resource ", n%5), fmt.Sprint("scope ", n%10), &out)
		require.Equal(t, Pass, addOne(b, 0, itemOf(n, 0, "error"), &out).Action)
	}
	b.Flush(&out)
	var batch Batch
	require.True(t, b.Take(0, Span, &batch))
	require.Len(t, batch.Records, 100)
	held := b.envelopes.Bytes()
	for _, r := range batch.Records {
		require.Contains(t, r.Envelope.Content, "scope ")
		require.Contains(t, r.Envelope.Around.Content, "resource ")
	}
	require.Equal(t, held, b.envelopes.Bytes())
	b.Delivered(&batch)
	var names int64
	for n := range 10 {
		names += int64(len(fmt.Sprint("scope ", n)))
	}
	for n := range 5 {
		names += int64(len(fmt.Sprint("resource ", n)))
	}
	require.Equal(t, names+15*64, held-b.envelopes.Bytes(), "all of them have gone")
	require.Zero(t, b.Held(Span))
}
