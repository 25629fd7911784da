// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/internal/idtable/idtabletest"
)

// Span ids that somebody chose make the check of their trace no slower: the slots that
// are taken lie apart.
func TestCraftedSpanIDsDoNotMeetInOnePlace(t *testing.T) {
	const spans = 10_000
	var e check
	for n := range uint64(spans) {
		e.links = append(e.links, Link{Span: idtabletest.Unmix(n<<20 | 1), Service: cart})
	}
	e.reset()
	for i := range e.links {
		e.node(e.links[i].Span)
	}
	require.Len(t, e.nodes, spans)
	longest, run := 0, 0
	for range 2 { // as one ring
		for _, taken := range e.slots {
			if run++; taken == 0 {
				run = 0
			}
			longest = max(longest, run)
		}
	}
	require.Less(t, longest, 200)
}

// Traces that share the low half of their ids are checked apart, and are no sign of an
// id that was cut.
func TestTracesWithOneLowHalfAreCheckedApart(t *testing.T) {
	for _, low := range []uint64{0, 0x9c3b_b827_eb12_3456} {
		w := newChecker()
		var r Report
		for high := range uint64(100) {
			for span := range uint64(3) {
				it := item(low, Link{Span: span + 1, Parent: span, Service: cart, Kind: KindInternal})
				it.High = high + 1
				w.Add(epoch, []Item{it}, &r)
			}
		}
		require.Equal(t, 100, w.Traces())
		w.Expire(epoch+time.Minute, &r)
		found := maps.Collect(r.Counts())
		require.Equal(t, 100, count(found, TracesChecked))
		require.Zero(t, count(found, PropagationBroken))
		require.Zero(t, count(found, TracesMultiRoot))
		it := item(low, Link{Span: 9, Service: cart})
		it.High = 7
		w.Add(epoch+2*time.Minute, []Item{it}, &r)
		require.Len(t, r.Late, 1, "one that was checked")
		it.High = 1000
		w.Add(epoch+2*time.Minute, []Item{it}, &r)
		require.Len(t, r.Late, 1, "and one that is new")
		require.Equal(t, 1, w.Traces())
	}
}

// An id that was cut is still one trace with the whole one, whichever comes first,
// and late items of either are late.
func TestCutIDsAreCheckedWithTheirTrace(t *testing.T) {
	for _, order := range [][2]uint64{{5, 0}, {0, 5}} {
		w := newChecker()
		var r Report
		for n, high := range order {
			it := item(77, Link{Span: uint64(n) + 1, Parent: uint64(n), Service: uint16(cart + n), Kind: KindInternal})
			it.High = high
			w.Add(epoch, []Item{it}, &r)
		}
		w.Expire(epoch+time.Minute, &r)
		found := maps.Collect(r.Counts())
		require.Equal(t, 1, count(found, TracesChecked))
		service := uint16(orders)
		if order[0] == 0 {
			service = cart
		}
		require.Equal(t, 1, found[Finding{What: PropagationBroken, Reason: TraceIDTruncated, Service: service}])
		for n, high := range order {
			it := item(77, Link{Span: 9, Service: cart})
			it.High = high
			w.Add(epoch+2*time.Minute, []Item{it}, &r)
			require.Len(t, r.Late, n+1)
			require.Equal(t, time.Minute, r.Late[n].Age)
		}
	}
}
