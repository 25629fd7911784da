// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package requestid

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/internal/itemtest"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

func TestRequestsKnownAreBounded(t *testing.T) {
	r := New(nil, time.Hour, 512<<20)
	for n := range uint64(3 * maxRequests) {
		r.Learn(0, n, itemtest.TraceNumbered(1))
	}
	require.LessOrEqual(t, len(r.young)+len(r.old), 2*maxRequests)
	_, ok := r.Find(3*maxRequests - 1)
	require.True(t, ok)
	_, ok = r.Find(0)
	require.False(t, ok)
}

// The requests whose traces are known, and what waits for one, are within a sixteenth
// and a sixty-fourth of max_bytes, and go when their time is over.
func TestRequestsAreWithinMaxBytes(t *testing.T) {
	const limit = 1 << 20
	r := New(nil, time.Minute, limit)
	parked := 0
	for n := range uint64(5000) {
		r.Learn(0, n, itemtest.TraceNumbered(1))
		if r.Park(0, 1<<32+n, 100, func() tracebuffer.Parked { return tracebuffer.Parked{} }) {
			parked++
		}
	}
	require.Positive(t, parked)
	require.Less(t, parked, 5000)
	require.LessOrEqual(t, r.bytes+r.TableBytes(), int64(limit/parkShare+limit/knownShare))
	require.Empty(t, r.Expired(time.Minute-1))
	require.Len(t, r.Expired(time.Minute), parked)
	r.Expired(2 * time.Minute)
	r.Expired(4 * time.Minute)
	require.Zero(t, r.bytes+r.TableBytes(), "nothing is left of them")
}
