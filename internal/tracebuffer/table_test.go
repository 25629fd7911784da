// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// keys draws from few keys, so that they meet, some of which share a home.
func keys() *rapid.Generator[uint64] {
	return rapid.SampledFrom([]uint64{0, 1, 2, 3, 1 << 40, 1<<40 + 1, 1<<63 - 1, 1 << 63})
}

func TestTableIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tab table
		model := map[uint64]int64{}
		t.Repeat(map[string]func(*rapid.T){
			"insert": func(t *rapid.T) {
				key := rapid.OneOf(keys(), rapid.Uint64()).Draw(t, "key")
				if _, ok := model[key]; ok {
					return
				}
				model[key] = int64(len(model))
				tab.insert(key).deadline = model[key]
			},
			"remove": func(t *rapid.T) {
				key := keys().Draw(t, "key")
				if _, ok := model[key]; ok {
					tab.remove(key)
					delete(model, key)
				}
			},
			"": func(t *rapid.T) {
				require.Equal(t, len(model), tab.count)
				for key, want := range model {
					require.Equal(t, want, tab.find(key).deadline)
				}
				for _, key := range []uint64{0, 1, 2, 3, 1 << 40, 1 << 63} {
					_, ok := model[key]
					require.Equal(t, ok, tab.find(key) != nil)
				}
			},
		})
	})
}

func TestTableShrinksAgain(t *testing.T) {
	var tab table
	for key := range uint64(100_000) {
		tab.insert(key)
	}
	for key := range uint64(99_000) {
		tab.remove(key)
	}
	require.LessOrEqual(t, len(tab.slots), 16*1000)
	for key := range uint64(100_000) {
		require.Equal(t, key >= 99_000, tab.find(key) != nil, key)
	}
}

func TestQueueIsFirstInFirstOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q queue
		var model []ticket
		n := int64(0)
		t.Repeat(map[string]func(*rapid.T){
			"push": func(*rapid.T) { n++; q.push(ticket{1, n}); model = append(model, ticket{1, n}) },
			"pop": func(*rapid.T) {
				if len(model) > 0 {
					require.Equal(t, model[0], q.first())
					q.pop()
					model = model[1:]
				}
			},
			"": func(t *rapid.T) { require.Equal(t, len(model), q.len) },
		})
	})
}

// What is written can be read, until it is given back; and what is given back is
// used again.
func TestLogHoldsWhatWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := log{size: minSegment}
		type written struct {
			at   position
			text string
		}
		var model []written
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				text := fmt.Sprintf("%d:%s", len(model), make([]byte, rapid.SampledFrom([]int{0, 1, 100, 511, 512, 5000, 20_000}).Draw(t, "size")))
				at := l.append(position(len(model)), kindLog, 7, Header(len(text)), []byte(text))
				model = append(model, written{at, text})
			},
			"release": func(t *rapid.T) {
				n := rapid.IntRange(0, len(model)).Draw(t, "n")
				if n == len(model) {
					l.release(l.end())
				} else {
					l.release(model[n].at)
				}
				model = model[n:]
			},
			"pack":   func(*rapid.T) { l.pack() },
			"forget": func(*rapid.T) { l.forget() },
			"": func(t *rapid.T) {
				var last position
				for _, w := range model {
					require.Greater(t, w.at, last)
					last = w.at
					r := l.at(w.at)
					require.Equal(t, w.text, string(r.data))
					require.Equal(t, Header(len(w.text)), r.header)
					require.EqualValues(t, kindLog, r.kind)
					require.EqualValues(t, 7, r.outlet)
				}
				var allocated, written, saved int64
				for _, s := range l.segments {
					allocated += int64(cap(s.data) + cap(s.packed))
					written += int64(len(s.data) + s.size)
					saved += int64(s.size)
				}
				for _, u := range l.unpacked {
					allocated += int64(cap(u.data))
				}
				require.Equal(t, written, l.written)
				require.Equal(t, saved, l.saved)
				for _, s := range l.spare {
					allocated += int64(cap(s))
				}
				require.Equal(t, allocated, l.bytes)
			},
		})
	})
}

func TestMemoryForgetsTheOldGenerationOnly(t *testing.T) {
	m := memory{limit: 100}
	for key := range uint64(250) {
		m.put(key, sampling.Verdict{Keep: key%2 == 0, Rule: sampling.Match(key % sampling.MaxRules)})
	}
	for key := range uint64(250) {
		v, ok := m.get(key)
		require.Equal(t, key >= 100, ok, key)
		if ok {
			require.Equal(t, sampling.Verdict{Keep: key%2 == 0, Rule: sampling.Match(key % sampling.MaxRules)}, v)
		}
	}
	require.Equal(t, 150, m.len())
	require.LessOrEqual(t, m.bytes(), int64(2*256*slotBytes))
}
