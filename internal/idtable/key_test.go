// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package idtable

import (
	"math/bits"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestMixKeepsHalvesApart(t *testing.T) {
	require.NotZero(t, Mix(0))
	require.NotZero(t, KeyOf(0, 0))
	seen := map[uint64]bool{}
	for i := range uint64(10_000) {
		seen[Mix(i)] = true
		seen[Mix(i<<40|1<<63)] = true
	}
	require.Len(t, seen, 20_000)
}

// unsplit is the inverse of the finaliser of SplitMix64.
func unsplit(x uint64) uint64 {
	inverse := func(f uint64) uint64 { // of an odd factor, by Newton's method
		y := f
		for range 5 {
			y *= 2 - f*y
		}
		return y
	}
	unshift := func(x uint64, n int) uint64 {
		y := x
		for range 64 / n {
			y = x ^ y>>n
		}
		return y
	}
	x = unshift(x, 31) * inverse(0x94d049bb133111eb)
	x = unshift(x, 27) * inverse(0xbf58476d1ce4e5b9)
	return unshift(x, 30)
}

// crafted are sets of ids (high and low half) by who knows how ids are mixed, but not
// with which secret.
var crafted = map[string]func(n uint64) (high, low uint64){
	"one slot of SplitMix64":        func(n uint64) (uint64, uint64) { return n + 1, unsplit(n << 30) },
	"one slot, 64 bits":             func(n uint64) (uint64, uint64) { return 0, unsplit(n << 30) },
	"one slot, shards apart":        func(n uint64) (uint64, uint64) { return 1, unsplit(n<<47 | 5) },
	"counted":                       func(n uint64) (uint64, uint64) { return 0, n + 1 },
	"counted in the upper bits":     func(n uint64) (uint64, uint64) { return 7, (n + 1) << 44 },
	"counted, bits reversed":        func(n uint64) (uint64, uint64) { return 7, bits.Reverse64(n + 1) },
	"padded on the right":           func(n uint64) (uint64, uint64) { return n + 1, 0 },
	"padded, one slot":              func(n uint64) (uint64, uint64) { return unsplit(n<<30) | 1, 0 },
	"one low half, counted":         func(n uint64) (uint64, uint64) { return n + 1, 0xb827eb1234567890 },
	"one low half, one slot":        func(n uint64) (uint64, uint64) { return unsplit(n<<30 | 1), 0xb827eb1234567890 },
	"one low half, upper bits":      func(n uint64) (uint64, uint64) { return (n + 1) << 44, 0xb827eb1234567890 },
	"halves that are equal":         func(n uint64) (uint64, uint64) { return n + 1, n + 1 },
	"halves that are complementary": func(n uint64) (uint64, uint64) { return ^(n + 1), n + 1 },
}

const craftedIDs = 80_000

// No table can be made slow by ids that somebody chose: a search for one of 80,000
// looks at few slots. (By SplitMix64, whose factors are public, it looks at all.)
func TestCraftedIDsDoNotMeetInOnePlace(t *testing.T) {
	for name, id := range crafted {
		t.Run(name, func(t *testing.T) {
			var tab Table[uint64]
			m := NewMemory(1 << 24)
			for n := range uint64(craftedIDs) {
				high, low := id(n)
				v, at, _ := tab.Meet(KeyOf(high, low), high)
				if v != nil {
					t.Fatalf("%d met %d", n, *v)
				}
				*tab.Insert(at, high) = n
				m.Remember(at, tab.Own(at), uint32(n)+1, true)
			}
			for n := range uint64(craftedIDs) {
				high, low := id(n)
				v, _, met := tab.Meet(KeyOf(high, low), high)
				if met != Same || *v != n || m.Recall(KeyOf(high, low), high) != uint32(n)+1 {
					t.Fatalf("%d is not found", n)
				}
			}
			require.Less(t, longestSearch(&tab), 300)
			require.Less(t, longestRun(&m.young), 60)
		})
	}
}

// longestSearch is how many slots a search looks at, at most.
func longestSearch(t *Table[uint64]) (longest int) {
	for i, s := range t.slots {
		if s.key != 0 {
			longest = max(longest, (i-t.home(s.key))&(len(t.slots)-1)+1)
		}
	}
	return longest
}

// longestRun is the longest row of lines that are full: a search does not end in one.
func longestRun(g *generation) (longest int) {
	run := 0
	for range 2 {
		for i := range g.lines {
			if run++; g.lines[i].values[lineSlots-1] == 0 {
				run = 0
			}
			longest = max(longest, run)
		}
	}
	return longest
}

// The key of an id, the bit that it lacks and the high half tell the low half.
func TestAKeyTellsTheLowHalf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		high, low := rapid.Uint64().Draw(t, "high"), rapid.Uint64().Draw(t, "low")
		if high|low == 0 {
			return
		}
		found, ok := LowOf(KeyOf(high, low), high, LeftOut(high, low))
		require.True(t, ok)
		require.Equal(t, low, found)
		_, ok = LowOf(joint(KeyOf(high, low), high), high, LeftOut(high, low))
		require.False(t, ok)
	})
}

// Half of the bits of a key change with any bit of the id, more or less, so that
// slots and shards follow none.
func TestEveryBitOfAnIDMatters(t *testing.T) {
	for bit := range 128 {
		changed := 0
		for n := range uint64(1000) {
			high, low := n*0x9e3779b97f4a7c15, n*0xd1342543de82ef95
			other := [2]uint64{high, low}
			other[bit/64] ^= 1 << (bit % 64)
			changed += bits.OnesCount64(Own(KeyOf(high, low), high) ^ Own(KeyOf(other[0], other[1]), other[0]))
		}
		require.InDelta(t, 31.5, float64(changed)/1000, 16, "bit %d", bit)
	}
}

// Crafted ids are spread over the shards as others are, if their low halves differ.
func TestCraftedIDsAreSpreadOverTheShards(t *testing.T) {
	const shards = 16
	for name, id := range crafted {
		var in [shards]int
		lows := map[uint64]bool{}
		for n := range uint64(craftedIDs) {
			high, low := id(n)
			lows[low] = true
			in[KeyOf(high, low)>>ShardShift(shards)]++
		}
		if len(lows) == 1 && !lows[0] {
			continue // an id that lost its high half must find each of them
		}
		for _, n := range in {
			require.InDelta(t, craftedIDs/shards, n, craftedIDs/shards/2, name)
		}
	}
}

// The two halves of ids in the model below; 0 stands for a half that is not there.
func someHalf() *rapid.Generator[uint64] { return rapid.Uint64Range(0, 3) }

// A trace is met by its own id, and by its low half where only that is known; never by
// another whole id, whatever the halves they share.
func TestWhoMeetsWhom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type trace struct{ high, low, number uint64 }
		var tab Table[uint64]
		model := map[uint64]*trace{} // by the key that it lies under
		next := uint64(0)
		t.Repeat(map[string]func(*rapid.T){
			"arrive": func(t *rapid.T) {
				high, low := someHalf().Draw(t, "high"), someHalf().Draw(t, "low")
				if high == 0 && low == 0 {
					return
				}
				var equal, half, whole *trace
				for _, m := range model {
					switch {
					case m.low != low:
					case m.high == high:
						equal = m
					case m.high == 0:
						half = m
					case high == 0:
						whole = m
					}
				}
				v, at, met := tab.Meet(KeyOf(high, low), high)
				switch {
				case equal != nil:
					require.Equal(t, Same, met)
					require.Equal(t, equal.number, *v)
				case half != nil && low != 0:
					require.Equal(t, Completed, met)
					require.Equal(t, half.number, *v)
					half.high = high
				case met == ByHalf:
					require.NotNil(t, whole)
					require.Equal(t, *v, model[at].number)
				default:
					require.Equal(t, Missed, met)
					if high == 0 && whole != nil { // the first of them is gone
						require.NotEqual(t, KeyOf(whole.high, low), Own(KeyOf(whole.high, low), whole.high))
					}
					next++
					*tab.Insert(at, high) = next
					require.NotContains(t, model, at)
					model[at] = &trace{high, low, next}
				}
			},
			"leave": func(t *rapid.T) {
				for at := range model {
					if rapid.Bool().Draw(t, "this one") {
						tab.Remove(at)
						delete(model, at)
						break
					}
				}
			},
			"": func(t *rapid.T) {
				require.Equal(t, len(model), tab.Len())
				apart := 0
				for at, m := range model {
					require.Equal(t, m.number, *tab.Find(at))
					require.Equal(t, Own(KeyOf(m.high, m.low), m.high), tab.Own(at))
					if at != KeyOf(m.high, m.low) {
						apart++
					}
				}
				require.Equal(t, apart, tab.apart)
			},
		})
	})
}

// What is remembered of a whole id is not recalled for another with the same low half.
// The half alone recalls it, where it was to, and what is remembered of the half
// alone holds for all.
func TestWhoRecallsWhat(t *testing.T) {
	const low = 77
	key := func(high uint64) uint64 { return KeyOf(high, low) }
	m := NewMemory(1 << 16)
	m.Remember(key(1), Own(key(1), 1), 11, true)
	m.Remember(key(2), Own(key(2), 2), 22, false)
	require.EqualValues(t, 11, m.Recall(key(1), 1))
	require.EqualValues(t, 22, m.Recall(key(2), 2))
	require.Zero(t, m.Recall(key(3), 3))
	require.EqualValues(t, 11, m.Recall(key(0), 0), "the one that is found by half")
	m.Remember(key(0), Own(key(0), 0), 99, true)
	require.EqualValues(t, 11, m.Recall(key(1), 1), "its own goes first")
	require.EqualValues(t, 99, m.Recall(key(3), 3))
	require.EqualValues(t, 99, m.Recall(key(0), 0))
}
