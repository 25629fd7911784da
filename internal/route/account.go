// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"strings"
	"sync/atomic"
	"unsafe"
)

// account adds up what the services of a table have learned, in bytes. It is safe
// for concurrent use.
type account struct {
	limit int64 // 0 is none
	used  atomic.Int64
}

// full reports whether nothing more is to be learned. What replaces something else
// may be taken all the same.
func (a *account) full() bool { return a.limit > 0 && a.used.Load() >= a.limit }

// What things take, in bytes, their texts included where they are short. What lies
// in maps and slices that grow is counted with the room they have on average.
const (
	slotBytes      = int64(unsafe.Sizeof(atomic.Uint64{}))
	spellingBytes  = int64(unsafe.Sizeof(spelling{}))
	profileBytes   = int64(unsafe.Sizeof(profile{}) + unsafe.Sizeof(uintptr(0)))
	candidateBytes = 96
	belowBytes     = 96
	placeBytes     = 48 // of a text in the budget
	pruneBytes     = 24
	frameworkBytes = 640
	segmentBytes   = 128 // of an http.route
)

// bytes is about the memory the tree takes.
func (t *tree) bytes() int64 {
	return t.allocated + int64(t.slots.length)*slotBytes + int64(t.texts.length)*spellingBytes +
		int64(t.profiles.length)*profileBytes + int64(t.candidates)*candidateBytes
}

// size is about the memory that an http.route takes once it is read.
func (f *framework) size() int64 {
	return frameworkBytes + 4*int64(len(f.text)) + segmentBytes*int64(strings.Count(f.text, "/"))
}
