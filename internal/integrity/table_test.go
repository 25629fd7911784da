// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// few keys, so that they meet, some of which share a home.
func someKey() *rapid.Generator[uint64] {
	return rapid.OneOf(rapid.SampledFrom([]uint64{0, 1, 2, 3, 1 << 40, 1<<40 + 1, 1<<63 - 1, 1 << 63}), rapid.Uint64Range(0, 40))
}

func TestTableIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tab table
		model := map[uint64]uint32{}
		t.Repeat(map[string]func(*rapid.T){
			"insert": func(t *rapid.T) {
				key := someKey().Draw(t, "key")
				if _, ok := model[key]; ok {
					return
				}
				grown := len(tab.slots) + tab.growth()
				model[key] = uint32(len(model))
				tab.insert(key).newest = model[key]
				require.Len(t, tab.slots, grown)
			},
			"remove": func(t *rapid.T) {
				key := someKey().Draw(t, "key")
				if _, ok := model[key]; ok {
					tab.remove(key)
					delete(model, key)
				}
			},
			"": func(t *rapid.T) {
				require.Equal(t, len(model), tab.count)
				for key := range uint64(41) {
					want, ok := model[key]
					if e := tab.find(key); ok != (e != nil) || ok && e.newest != want {
						t.Fatalf("%d: %v, %+v", key, want, e)
					}
				}
			},
		})
	})
}

func TestTableShrinksAgain(t *testing.T) {
	var tab table
	for key := range uint64(100_000) {
		tab.insert(mix(key))
	}
	for key := range uint64(99_000) {
		tab.remove(mix(key))
	}
	require.LessOrEqual(t, len(tab.slots), 32*1000)
	for key := range uint64(100_000) {
		require.Equal(t, key >= 99_000, tab.find(mix(key)) != nil, key)
	}
}

func TestInstantsAreAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tab instants
		model := map[uint64]uint32{}
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				key, at := someKey().Draw(t, "key"), rapid.Uint32Range(1, 9).Draw(t, "at")
				tab.put(key, at)
				model[key] = at
			},
			"clear": func(t *rapid.T) {
				if rapid.IntRange(0, 9).Draw(t, "really") == 0 {
					tab.clear()
					clear(model)
				}
			},
			"": func(t *rapid.T) {
				require.Equal(t, len(model), tab.count)
				for key := range uint64(41) {
					if at := tab.get(key); at != model[key] {
						t.Fatalf("%d: %d, not %d", key, at, model[key])
					}
				}
			},
		})
	})
}

// A generation that is full takes no more than it may.
func TestSeenStaysWithinItsBytes(t *testing.T) {
	for _, bytes := range []int{0, 63, 64, 300, 4096, 100_000} {
		s := seen{limit: seenLimit(bytes)}
		for key := range uint64(30_000) {
			s.put(1000, key, 1)
		}
		require.LessOrEqual(t, s.bytes(), 2*max(bytes, minLines*lineBytes), bytes)
	}
}

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
					r := record{Link: Link{Span: uint64(len(model)), Parent: 7}, key: 1 + mix(uint64(len(model)))%5, number: 1}
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
