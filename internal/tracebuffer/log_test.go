// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/idtable"
	"github.com/otelcol-correlation/correlationprocessor/internal/mapped"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

func TestQueueIsFirstInFirstOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q queue
		var model []ticket
		n := int64(0)
		t.Repeat(map[string]func(*rapid.T){
			"push": func(*rapid.T) { n++; q.push(ticket{1, n}); model = append(model, ticket{1, n}) },
			"pop": func(*rapid.T) {
				if len(model) > 0 {
					require.Equal(t, model[0], q.at(0))
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
		memory, err := mapped.New(minSegment, 100)
		require.NoError(t, err)
		defer func() { require.NoError(t, memory.Close()) }()
		l := log{size: minSegment, memory: memory}
		type written struct {
			at, prev position
			text     string
			env      *Envelope
		}
		var around []*Envelope
		for n := range uint32(5) {
			around = append(around, &Envelope{number: n + 1, Content: string(make([]byte, n*1000))})
		}
		var model []written
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				text := fmt.Sprintf("%d:%s", len(model), make([]byte, rapid.SampledFrom([]int{0, 1, 100, 511, 512, 5000, 20_000}).Draw(t, "size")))
				env := rapid.SampledFrom(around).Draw(t, "envelope")
				var prev position
				if len(model) > 0 {
					prev = rapid.SampledFrom(model).Draw(t, "prev").at
				}
				at := l.append(prev, kindLog, 7, env, []byte(text))
				model = append(model, written{at, prev, text, env})
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
					require.Equal(t, w.env.number, r.envelope)
					require.Contains(t, l.segments[w.at.segment()-l.base].names, w.env)
					if w.prev != 0 {
						require.Equal(t, w.prev, l.before(w.at, l.link(w.at)))
					}
					require.EqualValues(t, kindLog, r.kind)
					require.EqualValues(t, 7, r.outlet)
				}
				var allocated, written, saved int64
				named, areas := map[*Envelope]int{}, map[*area]int{}
				for _, s := range l.segments {
					areas[s.area]++
					written += int64(s.end)
					if s.blocks != nil {
						saved += int64(s.end)
					}
					allocated += int64(len(s.names)) * nameBytes
					for _, e := range s.names {
						named[e]++
					}
				}
				for _, a := range []*area{l.plain, l.dense} {
					if a != nil {
						areas[a]++
					}
				}
				for a, refs := range areas {
					require.Equal(t, refs, a.refs)
					allocated += int64(len(a.data))
				}
				for _, e := range l.unnamed {
					named[e]++
				}
				for _, e := range around {
					require.EqualValues(t, named[e], e.refs.Load())
				}
				for _, u := range l.unpacked {
					allocated += int64(cap(u.data))
				}
				require.Equal(t, written, l.written)
				require.Equal(t, saved, l.saved)
				require.Equal(t, allocated, l.bytes)
			},
		})
	})
}

func TestMemoryGivesBackVerdicts(t *testing.T) {
	m := memory{idtable.NewMemory(1 << 20)}
	for key := range uint64(2 * sampling.MaxRules) {
		m.put(key, key, sampling.Verdict{Keep: key%2 == 0, Rule: sampling.Match(key % sampling.MaxRules)}, false)
	}
	for key := range uint64(2 * sampling.MaxRules) {
		v, ok := m.get(key, 0)
		require.True(t, ok, key)
		require.Equal(t, sampling.Verdict{Keep: key%2 == 0, Rule: sampling.Match(key % sampling.MaxRules)}, v)
	}
}
