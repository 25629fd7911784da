// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package recovery

import (
	"encoding/binary"
)

// The notes, as the outlets of records that are notes.
const (
	Begin     = 1 + iota // of a trace: its id and, where it begins anew elsewhere, its Verdict
	Verdict              // on a trace, and where it stands
	Taken                // an outlet has taken what is its own: its signal
	Delivered            // an outlet has delivered what is its own: its signal
	Gone                 // nothing of the trace is to go anywhere any more
	Void                 // the origin of this is not to go anywhere
)

// Standing is where a trace stands.
type Standing uint8

// The standings.
const (
	Undecided Standing = iota
	Passing            // it is kept, and more is awaited
	Leaving            // it is kept, and waits for outlets
	Dropped            // it is dropped, and lies there for its hindsight
)

// Trace is what is noted of a trace.
type Trace struct {
	ID [16]byte // zero of what is no trace: it has its verdict, and only waits for outlets
	Standing
	// Rules tells the rules apart by which Packed, Match and Facts are to be understood.
	Rules  uint32
	Packed uint32 // the verdict
	// Randomness, of 56 bits, is what the verdict was measured by.
	Randomness                 uint64
	Key                        uint64 // with Facts and Match the finding
	Facts                      uint32
	Match                      uint16
	Explicit, ByHalf, Restored bool
	Delivered                  uint8 // a bit for each signal that was delivered
}

const (
	idBytes    = 16
	traceBytes = 34
)

// AppendBegin appends the note that a trace begins.
func (t *Trace) AppendBegin(b []byte) []byte {
	b = append(b, t.ID[:]...)
	if t.Standing != Undecided {
		b = t.AppendVerdict(b)
	}
	return b
}

// AppendVerdict appends the note of its verdict.
func (t *Trace) AppendVerdict(b []byte) []byte {
	le := binary.LittleEndian
	b = le.AppendUint32(b, t.Rules)
	b = le.AppendUint32(b, t.Packed)
	b = le.AppendUint64(b, t.Randomness)
	b = le.AppendUint64(b, t.Key)
	b = le.AppendUint32(b, t.Facts)
	b = le.AppendUint16(b, t.Match)
	flags := byte(0)
	for i, set := range [...]bool{t.Explicit, t.ByHalf, t.Restored} {
		if set {
			flags |= 1 << i
		}
	}
	return append(b, byte(t.Standing), flags, t.Delivered, 0)
}

// ReadBegin reads what AppendBegin wrote.
func (t *Trace) ReadBegin(b []byte) bool {
	if len(b) < idBytes {
		return false
	}
	id := [idBytes]byte(b)
	ok := len(b) == idBytes || t.ReadVerdict(b[idBytes:])
	t.ID = id
	return ok
}

// ReadVerdict reads what AppendVerdict wrote.
func (t *Trace) ReadVerdict(b []byte) bool {
	if len(b) != traceBytes {
		return false
	}
	le := binary.LittleEndian
	*t = Trace{
		ID: t.ID, Rules: le.Uint32(b), Packed: le.Uint32(b[4:]), Randomness: le.Uint64(b[8:]),
		Key: le.Uint64(b[16:]), Facts: le.Uint32(b[24:]), Match: le.Uint16(b[28:]), Standing: Standing(b[30]),
		Explicit: b[31]&1 != 0, ByHalf: b[31]&2 != 0, Restored: b[31]&4 != 0, Delivered: b[32],
	}
	return t.Standing > Undecided && t.Standing <= Dropped
}
