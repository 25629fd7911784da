// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"pgregory.net/rapid"
)

// shape is a batch as the number of records in each scope of each resource.
type shape [][]int

var shapes = rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(0, 4), 0, 4), 0, 4)

// traces makes the batch with spans called 0, 1, 2 and so on.
func (sh shape) traces() (td ptrace.Traces, names []string) {
	td = ptrace.NewTraces()
	for i, scopes := range sh {
		rs := td.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutStr("service.name", strconv.Itoa(i))
		for j, n := range scopes {
			ss := rs.ScopeSpans().AppendEmpty()
			ss.Scope().SetName(strconv.Itoa(j))
			for range n {
				names = append(names, strconv.Itoa(len(names)))
				ss.Spans().AppendEmpty().SetName(names[len(names)-1])
			}
		}
	}
	return td, names
}

func (sh shape) logs() (ld plog.Logs, names []string) {
	ld = plog.NewLogs()
	for i, scopes := range sh {
		rl := ld.ResourceLogs().AppendEmpty()
		rl.Resource().Attributes().PutStr("service.name", strconv.Itoa(i))
		for j, n := range scopes {
			sl := rl.ScopeLogs().AppendEmpty()
			sl.Scope().SetName(strconv.Itoa(j))
			for range n {
				names = append(names, strconv.Itoa(len(names)))
				sl.LogRecords().AppendEmpty().SetEventName(names[len(names)-1])
			}
		}
	}
	return ld, names
}

// after is the shape without the records that are removed, and without what is
// empty then; places has the resource and the scope of each record.
func (sh shape) after(removed []bool) (left shape, places [][2]int) {
	for i, scopes := range sh {
		var kept []int
		for j, n := range scopes {
			some := 0
			for range n {
				if !removed[len(places)] {
					some++
				}
				places = append(places, [2]int{i, j})
			}
			if some > 0 {
				kept = append(kept, some)
			}
		}
		if len(kept) > 0 {
			left = append(left, kept)
		}
	}
	return left, places
}

// drawWalk draws a batch and which of its records are removed.
func drawWalk(t *rapid.T) (sh shape, removed []bool) {
	sh = shapes.Draw(t, "shape")
	total := 0
	for _, scopes := range sh {
		for _, n := range scopes {
			total += n
		}
	}
	return sh, rapid.SliceOfN(rapid.Bool(), total, total).Draw(t, "removed")
}

// The walks call once for each record, in the order of the batch; what was asked
// to be removed is gone, and nothing empty is left.
func TestWalksOfSpans(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sh, removed := drawWalk(t)
		want, places := sh.after(removed)
		td, names := sh.traces()
		var seen, kept []string
		for res, s := range EachSpan(td) {
			require.Equal(t, strconv.Itoa(places[len(seen)][0]), ServiceName(res))
			seen = append(seen, s.Name())
		}
		require.Equal(t, names, seen)

		seen = nil
		RemoveSpans(td, func(s ptrace.Span) bool {
			seen = append(seen, s.Name())
			return removed[len(seen)-1]
		})
		require.Equal(t, names, seen)
		var left shape
		for _, rs := range td.ResourceSpans().All() {
			var scopes []int
			for _, ss := range rs.ScopeSpans().All() {
				scopes = append(scopes, ss.Spans().Len())
			}
			left = append(left, scopes)
			for s := range SpansIn(rs) {
				kept = append(kept, s.Name())
			}
		}
		require.Equal(t, want, left)
		require.Equal(t, without(names, removed), kept)
		ClearSpans(td)
		require.Zero(t, td.ResourceSpans().Len())
	})
}

func TestWalksOfLogs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sh, removed := drawWalk(t)
		want, places := sh.after(removed)
		ld, names := sh.logs()
		var seen, kept []string
		for res, lr := range EachLog(ld) {
			require.Equal(t, strconv.Itoa(places[len(seen)][0]), ServiceName(res))
			seen = append(seen, lr.EventName())
		}
		require.Equal(t, names, seen)

		seen = nil
		RemoveLogs(ld, func(rl plog.ResourceLogs, sl plog.ScopeLogs, lr plog.LogRecord) bool {
			at := places[len(seen)]
			require.Equal(t, strconv.Itoa(at[0]), ServiceName(rl.Resource()))
			require.Equal(t, strconv.Itoa(at[1]), sl.Scope().Name())
			seen = append(seen, lr.EventName())
			return removed[len(seen)-1]
		})
		require.Equal(t, names, seen)
		var left shape
		for _, rl := range ld.ResourceLogs().All() {
			var scopes []int
			for _, sl := range rl.ScopeLogs().All() {
				scopes = append(scopes, sl.LogRecords().Len())
			}
			left = append(left, scopes)
			for lr := range LogsIn(rl) {
				kept = append(kept, lr.EventName())
			}
		}
		require.Equal(t, want, left)
		require.Equal(t, without(names, removed), kept)
		ClearLogs(ld)
		require.Zero(t, ld.ResourceLogs().Len())
	})
}

func without(names []string, removed []bool) (left []string) {
	for i, name := range names {
		if !removed[i] {
			left = append(left, name)
		}
	}
	return left
}

// A walk ends where its caller does.
func TestWalksEnd(t *testing.T) {
	sh := shape{{2, 1}, {3}}
	td, _ := sh.traces()
	ld, _ := sh.logs()
	for limit := 1; limit <= 6; limit++ {
		n, m := 0, 0
		for range EachSpan(td) {
			if n++; n == limit {
				break
			}
		}
		for range EachLog(ld) {
			if m++; m == limit {
				break
			}
		}
		require.Equal(t, limit, n)
		require.Equal(t, limit, m)
	}
}
