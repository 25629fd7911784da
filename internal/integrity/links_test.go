// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/idtable"
)

// Links come out as they went in, and what is let go is used again.
func TestLinksAreALog(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l links
		l.start = -rapid.Uint32Range(0, 3).Draw(t, "segments before the wrap") * segmentRecords
		l.end = l.start
		var model []record
		newest := map[uint64]uint32{}
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				for range rapid.IntRange(1, 50).Draw(t, "n") {
					r := record{Link: Link{Span: uint64(len(model)), Parent: 7}, key: 1 + idtable.Mix(uint64(len(model)))%5, number: 1}
					if p, ok := newest[r.key]; ok {
						r.prev, r.number = p, l.at(p).number+1
					}
					newest[r.key] = l.push(&r.Link, r.key, r.prev, r.number)
					model = append(model, r)
				}
			},
			"drop": func(t *rapid.T) {
				for n := rapid.IntRange(0, len(model)).Draw(t, "n"); n > 0; n-- {
					require.Equal(t, model[0], *l.at(l.start))
					l.drop()
					model = model[1:]
				}
				clear(newest) // who lets links of a trace go has closed it
				l.trim()
			},
			"": func(t *rapid.T) {
				require.EqualValues(t, len(model), l.end-l.start)
				require.LessOrEqual(t, l.used*segmentRecords, len(model)+2*segmentRecords)
				for key, p := range newest {
					var want []Link
					for i := range model {
						if model[i].key == key {
							want = append(want, model[i].Link)
						}
					}
					n := int(l.at(p).number)
					require.True(t, slices.Equal(want[len(want)-n:], l.chain(nil, p)))
					require.Equal(t, want[len(want)-n], *l.first(p))
				}
			},
		})
	})
}

func TestCountsAreAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r Report
		for range 2 { // an emptied report counts anew
			model := map[Finding]int{}
			for range rapid.IntRange(0, 500).Draw(t, "findings") {
				f := Finding{
					Service: rapid.Uint16Range(0, 20).Draw(t, "service"), Peer: rapid.Uint16Range(0, 2).Draw(t, "peer"),
					What: What(rapid.IntRange(0, int(whats)-1).Draw(t, "what")), Kind: Kind(rapid.IntRange(0, 6).Draw(t, "kind")),
				}
				r.Add(f)
				model[f]++
			}
			require.Equal(t, model, maps.Collect(r.Counts()))
			r.Reset()
		}
	})
}
