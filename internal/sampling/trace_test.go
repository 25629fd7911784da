// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package sampling_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

var parts = rapid.Custom(func(t *rapid.T) sampling.Part {
	p := sampling.Part{
		Service: rapid.SampledFrom([]string{"", "cart", "orders", strings.Repeat("x", 300)}).Draw(t, "service"),
		Log:     rapid.Bool().Draw(t, "log"), Failed: rapid.Bool().Draw(t, "failed"),
	}
	if rapid.Bool().Draw(t, "numbered") {
		p.Service = fmt.Sprint("service-", rapid.IntRange(0, 40).Draw(t, "number"))
	}
	if !p.Log {
		p.Root = rapid.IntRange(0, 5).Draw(t, "root") == 0
		if rapid.Bool().Draw(t, "timed") {
			p.Start = rapid.Uint64Range(1, 1000).Draw(t, "start")
			p.End = p.Start + rapid.Uint64Range(0, 1000).Draw(t, "took")
		}
	}
	return p
})

// What is known of a trace does not depend on the order of its items, and is what a
// look at all of them tells.
func TestWhatIsKnownOfATrace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(parts, 0, 60).Draw(t, "parts")
		var a, b sampling.Trace
		for i := range all {
			a.Add(&all[i])
		}
		for _, p := range rapid.Permutation(all).Draw(t, "order") {
			b.Add(&p)
		}
		require.Equal(t, a, b)

		var names []string
		var first, last uint64
		root, logs, errs, held := false, 0, 0, 0
		for _, p := range all {
			name := p.Service[:min(len(p.Service), 256)]
			if name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
			if p.End != 0 && (first == 0 || p.Start < first) {
				first = p.Start
			}
			last = max(last, p.End)
			root = root || p.Root
			if p.Log {
				logs++
			}
			if p.Failed {
				errs++
			}
		}
		slices.Sort(names)
		names = names[:min(len(names), sampling.MaxServices)]
		for _, name := range names {
			held += len(name)
		}
		require.ElementsMatch(t, names, a.Services)
		require.True(t, slices.IsSorted(a.Services))
		require.Equal(t, root, a.HasRoot)
		require.Equal(t, []int{len(all) - logs, logs, errs}, []int{a.Spans, a.Logs, a.Errors})
		require.Equal(t, time.Duration(last-first), a.Duration())
		require.Equal(t, held+16*cap(a.Services), a.Bytes(), "what is held of names is accounted for")
	})
}
