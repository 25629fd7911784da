// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package idtable

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// few keys, so that they meet, some of which share a home.
func someKey() *rapid.Generator[uint64] {
	return rapid.OneOf(rapid.SampledFrom([]uint64{1, 2, 3, 1 << 40, 1<<40 + 1, 1<<63 - 1, 1 << 63}), rapid.Uint64Range(1, 40))
}

func TestTableIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tab Table[[3]uint64]
		model := map[uint64]uint64{}
		t.Repeat(map[string]func(*rapid.T){
			"insert": func(t *rapid.T) {
				key := someKey().Draw(t, "key")
				if _, ok := model[key]; ok {
					return
				}
				grown := tab.Bytes() + tab.Growth(1)
				model[key] = uint64(len(model))
				v := tab.Insert(key, 0)
				require.Zero(t, *v)
				v[1] = model[key]
				require.Equal(t, grown, tab.Bytes())
			},
			"remove": func(t *rapid.T) {
				key := someKey().Draw(t, "key")
				if _, ok := model[key]; ok {
					tab.Remove(key)
					delete(model, key)
				}
			},
			"": func(t *rapid.T) {
				require.Equal(t, len(model), tab.Len())
				for key := range uint64(41) {
					want, ok := model[key]
					if v := tab.Find(key); ok != (v != nil) || ok && v[1] != want {
						t.Fatalf("%d: %v, %+v", key, want, v)
					}
				}
			},
		})
	})
}

func TestTableShrinksAgain(t *testing.T) {
	var tab Table[uint64]
	for half := range uint64(100_000) {
		tab.Insert(Mix(half), 0)
	}
	for half := range uint64(99_000) {
		tab.Remove(Mix(half))
	}
	require.LessOrEqual(t, tab.Bytes(), 32*1000*24)
	for half := range uint64(100_000) {
		require.Equal(t, half >= 99_000, tab.Find(Mix(half)) != nil, half)
	}
}

func TestGenerationIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var g generation
		model := map[uint64]uint32{}
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				key, v := someKey().Draw(t, "key"), rapid.Uint32Range(1, 9).Draw(t, "value")
				g.put(key, v)
				model[key] = v
			},
			"clear": func(t *rapid.T) {
				if rapid.IntRange(0, 9).Draw(t, "really") == 0 {
					g.clear()
					clear(model)
				}
			},
			"": func(t *rapid.T) {
				require.Equal(t, len(model), g.count)
				for key := range uint64(41) {
					if v := g.get(key); v != model[key] {
						t.Fatalf("%d: %d, not %d", key, v, model[key])
					}
				}
			},
		})
	})
}

func TestMemoryForgetsTheOldGenerationOnly(t *testing.T) {
	m := NewMemory(1 << 14)
	n := uint64(m.limit)
	for key := range 2*n + n/2 {
		m.Put(key, uint32(key)+1)
	}
	for key := range 2*n + n/2 {
		want := uint32(key) + 1
		if key < n {
			want = 0
		}
		require.Equal(t, want, m.Get(key), key)
	}
	require.EqualValues(t, n+n/2, m.Len())
}

func TestMemoryStaysWithinItsBytes(t *testing.T) {
	require.EqualValues(t, lineBytes, unsafe.Sizeof(line{}))
	for _, bytes := range []int{0, 63, 64, 300, 512, 4096, 100_000} {
		m := NewMemory(bytes)
		for key := range uint64(30_000) {
			m.Put(key, 1)
		}
		require.LessOrEqual(t, m.Bytes(), bytes)
		require.Equal(t, bytes >= 2*minLines*lineBytes, m.Len() > 0, bytes)
	}
}

// The items of each shard come in the order of the batch, none is left out, and
// nothing is left of the batch before.
func TestPartsAreAPartition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p Parts
		for range 2 {
			halves := rapid.SliceOfN(rapid.Uint64Range(0, 50), 0, 100).Draw(t, "halves")
			shards := 1 << rapid.IntRange(0, 8).Draw(t, "shards")
			p.Split(len(halves), ShardShift(shards), func(i int) uint64 { return Mix(halves[i]) })
			found := 0
			for n, head := range p.Heads {
				for last, i := uint32(0), head; i != 0; last, i = i, p.Items[i-1].Next {
					require.Greater(t, i, last)
					require.Less(t, n, shards)
					key := p.Items[i-1].Key
					require.Equal(t, Mix(halves[i-1]), key)
					require.EqualValues(t, n, key>>ShardShift(shards))
					found++
				}
			}
			require.Len(t, halves, found)
		}
	})
}

// Where what is asked for is kept, only what nobody asks for is forgotten.
func TestMemoryKeepsWhatIsAskedFor(t *testing.T) {
	m := NewMemory(1 << 16)
	m.Keeps = true
	m.Put(Mix(1), 1)
	m.Put(Mix(2), 2)
	for n := range uint64(10_000) {
		m.Put(Mix(n+3), 7)
		require.EqualValues(t, 1, m.Get(Mix(1)))
	}
	require.Zero(t, m.Get(Mix(2)))
}
