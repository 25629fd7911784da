// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/internal/itemtest"
)

func TestRequestsKnownAreBounded(t *testing.T) {
	r := newRequests(&Config{DecisionWait: time.Hour, MaxBytes: 512 << 20})
	for n := range uint64(3 * maxRequests) {
		r.learn(0, n, itemtest.TraceNumbered(1))
	}
	require.LessOrEqual(t, len(r.young)+len(r.old), 2*maxRequests)
	_, ok := r.find(3*maxRequests - 1)
	require.True(t, ok)
	_, ok = r.find(0)
	require.False(t, ok)
}

// The requests whose traces are known, and what waits for one, are within a sixteenth
// and a sixty-fourth of max_bytes, and go when their time is over.
func TestRequestsAreWithinMaxBytes(t *testing.T) {
	const limit = 1 << 20
	r := newRequests(&Config{DecisionWait: time.Minute, MaxBytes: limit})
	parked := 0
	for n := range uint64(5000) {
		r.learn(0, n, itemtest.TraceNumbered(1))
		if r.park(0, 1<<32+n, parkedLog{msg: make([]byte, 100)}) {
			parked++
		}
	}
	require.Positive(t, parked)
	require.Less(t, parked, 5000)
	require.LessOrEqual(t, r.bytes+r.tableBytes(), int64(limit/parkShare+limit/knownShare))
	require.Empty(t, r.expired(time.Minute-1))
	require.Len(t, r.expired(time.Minute), parked)
	r.expired(2 * time.Minute)
	r.expired(4 * time.Minute)
	require.Zero(t, r.bytes+r.tableBytes(), "nothing is left of them")
}
