// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package mapped

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const slot = 4 << 10

// Pieces do not share a byte, whatever is taken and put back in whatever order, and also
// when the mapping has no room left; the account is that of what is out.
func TestPiecesDoNotOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, err := New(slot, rapid.IntRange(1, 40).Draw(t, "slots"))
		require.NoError(t, err)
		defer func() { require.NoError(t, m.Close()) }()
		type piece struct {
			data []byte
			mark byte
		}
		var out []piece
		mark, total := byte(0), 0
		t.Repeat(map[string]func(*rapid.T){
			"get": func(t *rapid.T) {
				n := rapid.IntRange(1, 6*slot).Draw(t, "bytes")
				p := piece{m.Get(n), mark}
				require.GreaterOrEqual(t, len(p.data), n)
				require.Less(t, len(p.data), n+slot)
				mark++
				for i := range p.data {
					p.data[i] = p.mark
				}
				out = append(out, p)
				total += len(p.data)
			},
			"put": func(t *rapid.T) {
				if len(out) == 0 {
					return
				}
				i := rapid.IntRange(0, len(out)-1).Draw(t, "piece")
				m.Put(out[i].data)
				total -= len(out[i].data)
				out = append(out[:i], out[i+1:]...)
			},
			"": func(t *rapid.T) {
				for _, p := range out {
					for _, b := range p.data {
						if b != p.mark {
							t.Fatalf("a byte of piece %d is %d", p.mark, b)
						}
					}
				}
				assert.EqualValues(t, total, m.inUse)
				assert.LessOrEqual(t, m.Spare(), int64(40*slot))
			},
		})
	})
}

// What was put back is used again before more of the mapping is, so that the system
// need not clear it; but of much, most is given back to it.
func TestSpareSlots(t *testing.T) {
	m, err := New(slot, 1000)
	require.NoError(t, err)
	defer func() { require.NoError(t, m.Close()) }()
	var out [][]byte
	for range 320 {
		out = append(out, m.Get(slot))
	}
	out[7][0] = 77
	m.Put(out[7])
	require.EqualValues(t, slot, m.Spare())
	require.EqualValues(t, 77, m.Get(slot)[0], "the spare one")
	require.Zero(t, m.Spare())
	for i, p := range out {
		if i != 7 {
			m.Put(p)
		}
	}
	require.LessOrEqual(t, m.Spare(), int64(320/spareShare+1)*slot)
	require.Zero(t, m.Get(2 * slot)[0])
}

// Without a mapping, and beyond it, the memory is the heap's.
func TestBeyondTheMapping(t *testing.T) {
	m, err := New(slot, 2)
	require.NoError(t, err)
	for range 4 {
		p := m.Get(slot)
		p[slot-1] = 1
		defer m.Put(p)
	}
	require.NoError(t, m.Close())
	require.NoError(t, m.Close())
	p := m.Get(1)
	require.Len(t, p, slot)
	m.Put(p)
}
