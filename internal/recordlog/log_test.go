// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package recordlog

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/mapped"
)

// What is written can be read, until it is given back; and what is given back is
// used again.
func TestLogHoldsWhatWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		envelopes := NewEnvelopes()
		var l Log
		if rapid.Bool().Draw(t, "stored") {
			f := newFiles(t)
			defer f.close(t)
			l = NewStored(f.files, envelopes)
		} else {
			memory, err := mapped.New(minSegment, 100)
			require.NoError(t, err)
			defer func() { require.NoError(t, memory.Close()) }()
			l = New(memory, envelopes, minSegment)
		}
		type written struct {
			at, prev Position
			text     string
			env      *Envelope
		}
		var around []*Envelope
		for n := range 5 {
			around = append(around, envelopes.Intern(nil, make([]byte, n*1000), 0))
		}
		var model []written
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				text := fmt.Sprintf("%d:%s", len(model), make([]byte, rapid.SampledFrom([]int{0, 1, 100, 511, 512, 5000, 20_000}).Draw(t, "size")))
				env := around[rapid.IntRange(0, len(around)-1).Draw(t, "envelope")]
				var prev Position
				if len(model) > 0 {
					prev = model[rapid.IntRange(0, len(model)-1).Draw(t, "prev")].at
				}
				at := l.Append(prev, 1, 7, 0, env, []byte(text))
				model = append(model, written{at, prev, text, env})
			},
			"release": func(t *rapid.T) {
				n := rapid.IntRange(0, len(model)).Draw(t, "n")
				if n == len(model) {
					l.Release(l.End())
				} else {
					l.Release(model[n].at)
				}
				model = model[n:]
			},
			"pack":   func(*rapid.T) { l.Pack() },
			"forget": func(*rapid.T) { l.Forget() },
			"": func(t *rapid.T) {
				var last Position
				for _, w := range model {
					require.Greater(t, w.at, last)
					last = w.at
					r := l.At(w.at)
					require.Equal(t, w.text, string(r.Data))
					require.Same(t, w.env, r.Envelope)
					require.Contains(t, l.segments[w.at.segment()-l.base].names, w.env)
					packed := l.segments[w.at.segment()-l.base].blocks != nil
					require.Equal(t, Link{w.prev, 1, 7, packed}, l.Link(w.at))
					require.EqualValues(t, 1, r.Kind)
					require.EqualValues(t, 7, r.Outlet)
				}
				var allocated, filed, written, saved int64
				named, areas := map[*Envelope]int{}, map[*area]int{}
				for _, s := range l.segments {
					areas[s.area]++
					written += int64(s.end)
					if s.stored != nil {
						written -= int64(s.stored.beside)
					}
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
					if a.use != 0 {
						filed += int64(len(a.data))
					} else {
						allocated += int64(len(a.data))
					}
				}
				for _, e := range around {
					require.EqualValues(t, named[e]+1, e.refs.Load(), "the test's own, and the segments'")
				}
				for _, u := range l.unpacked {
					allocated += int64(cap(u.data))
				}
				require.Equal(t, Usage{allocated, filed, written, saved}, l.Usage())
			},
		})
	})
}

// What is newest stays longest, so it is what is packed first; each segment once.
func TestTheNewestIsPackedFirst(t *testing.T) {
	memory, err := mapped.New(minSegment, 100)
	require.NoError(t, err)
	defer func() { require.NoError(t, memory.Close()) }()
	envelopes := NewEnvelopes()
	l, around := New(memory, envelopes, minSegment), envelopes.Intern(nil, nil, 0)
	fill := func() (first Position) {
		first = l.Append(0, 1, 0, 0, around, make([]byte, 100))
		for p := first; p.segment() == first.segment(); {
			p = l.Append(0, 1, 0, 0, around, make([]byte, 100))
		}
		return first
	}
	packed := func(all ...Position) (out []bool) {
		l.Pack()
		for _, p := range all {
			out = append(out, l.Link(p).Packed)
		}
		return out
	}
	a, b := fill(), fill()
	last := l.End() - 1<<16
	require.Equal(t, []bool{false, true, false}, packed(a, b, last))
	c := fill()
	require.Equal(t, []bool{false, true, true}, packed(a, b, c))
	require.Equal(t, []bool{true, true, true}, packed(a, b, c))
	require.Equal(t, []bool{true, true, true, false}, packed(a, b, c, l.End()-1<<16))
	l.Release(c)
	d := fill()
	require.Equal(t, []bool{true, true}, packed(c, d))
}
