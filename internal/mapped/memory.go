// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package mapped

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// Memory hands out pieces of a mapping. It is safe for concurrent use.
type Memory struct {
	slot int

	mu    sync.Mutex
	all   []byte // the mapping, nil without one
	taken []bool // by slot
	spare []int  // free slots that the system still backs; the last is used next
	next  int    // where the search for free slots goes on
	over  bool   // the mapping is somebody else's, and there is nothing beyond it
	left  int    // slots that are neither taken nor reserved
	inUse int64  // bytes of the pieces that are out

	spares atomic.Int64 // bytes of the spare slots
}

// New reserves so many slots of slot bytes, which is a multiple of 4 KiB. The memory
// is good for use even if there is an error, which says why it could not be mapped:
// then, and beyond the slots, it is the heap's.
func New(slot, slots int) (*Memory, error) {
	m := &Memory{slot: slot}
	all, err := reserve(slot * slots)
	if err != nil {
		return m, err
	}
	m.all, m.taken = all, make([]bool, len(all)/slot)
	m.left = len(m.taken)
	return m, nil
}

// Over returns a memory whose slots lie in the mapping, of which it gives nothing back to
// the system, and beyond which it has none.
func Over(all []byte, slot int) *Memory {
	m := &Memory{slot: slot, all: all, taken: make([]bool, len(all)/slot), over: true}
	m.left = len(m.taken)
	return m
}

// Reserve takes so many slots, from one on, without a Get. Slots that are taken stay so.
func (m *Memory) Reserve(at, slots int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := at; i < at+slots; i++ {
		if !m.taken[i] {
			m.taken[i] = true
			m.left--
		}
	}
}

// Release makes so many slots, from one on, free that were reserved.
func (m *Memory) Release(at, slots int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := at; i < at+slots; i++ {
		m.taken[i] = false
		m.left++
		m.setSpare(append(m.spare, i))
	}
}

// Free is how many slots are neither taken nor reserved.
func (m *Memory) Free() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.left
}

// Get returns n bytes, rounded up to whole slots, with any content. They are the
// caller's until Put. A memory over a mapping (Over) that has no room returns nil.
func (m *Memory) Get(n int) []byte {
	slots := (n + m.slot - 1) / m.slot
	n = slots * m.slot
	piece, backed := m.get(slots, n)
	if !backed {
		back(piece)
	}
	return piece
}

// get is Get, but for the memory behind the slots: backed reports whether they have it.
func (m *Memory) get(slots, n int) (piece []byte, backed bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, backed := m.find(slots)
	if at < 0 && m.over {
		return nil, true
	}
	m.inUse += int64(n)
	if at < 0 {
		return make([]byte, n), true
	}
	m.left -= slots
	for i := at; i < at+slots; i++ {
		m.taken[i] = true
	}
	return m.all[at*m.slot : at*m.slot+n : at*m.slot+n], backed
}

// find returns the first of so many free slots in a row, or -1, and whether there is memory
// behind all of them.
func (m *Memory) find(slots int) (at int, backed bool) {
	if n := len(m.spare); slots == 1 && n > 0 {
		at := m.spare[n-1]
		m.setSpare(m.spare[:n-1])
		return at, true
	}
	for range 2 {
		for at := m.next; at+slots <= len(m.taken); at++ {
			if m.free(at, slots) {
				m.next = at + slots
				m.useSpare(at, slots)
				return at, m.over
			}
		}
		m.next = 0
	}
	return -1, true
}

func (m *Memory) free(at, slots int) bool {
	for i := at; i < at+slots; i++ {
		if m.taken[i] {
			return false
		}
	}
	return true
}

// useSpare takes the slots out of the spare ones.
func (m *Memory) useSpare(at, slots int) {
	kept := m.spare[:0]
	for _, i := range m.spare {
		if i < at || i >= at+slots {
			kept = append(kept, i)
		}
	}
	m.setSpare(kept)
}

func (m *Memory) setSpare(slots []int) {
	m.spare = slots
	m.spares.Store(int64(len(slots) * m.slot))
}

// Put ends the use of a piece that Get returned.
func (m *Memory) Put(piece []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.inUse -= int64(len(piece))
	at, ok := m.place(piece)
	if !ok {
		return // the heap's
	}
	for i := at; i < at+len(piece)/m.slot; i++ {
		m.taken[i] = false
		m.left++
		if m.over || int64(len(m.spare)) <= m.inUse/int64(m.slot)/spareShare {
			m.setSpare(append(m.spare, i))
		} else {
			giveBack(m.all[i*m.slot : (i+1)*m.slot])
		}
	}
}

// spareShare: of the slots in use a sixteenth, and one, may be free and backed: what
// one call gives back, the next one takes again.
const spareShare = 16

// place returns the slot that the piece begins with.
func (m *Memory) place(piece []byte) (slot int, ok bool) {
	if len(m.all) == 0 {
		return 0, false
	}
	off := uintptr(unsafe.Pointer(unsafe.SliceData(piece))) - uintptr(unsafe.Pointer(unsafe.SliceData(m.all)))
	return int(off) / m.slot, off < uintptr(len(m.all))
}

// Spare is how many bytes lie ready to be used again, besides the pieces that are out.
func (m *Memory) Spare() int64 { return m.spares.Load() }

// Close gives everything back. No piece may be touched from then on.
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := m.all
	if m.over {
		all = nil
	}
	m.all, m.taken = nil, nil
	m.setSpare(nil)
	if all == nil {
		return nil
	}
	return release(all)
}
