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
	chunkBytes     = chunkLength * int64(unsafe.Sizeof(node{})+unsafe.Sizeof(""))
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

// bytes is about the memory the learner takes.
func (l *learner) bytes() int64 {
	return l.tree.bytes() + l.read + int64(len(l.below))*belowBytes + int64(len(l.budget.texts))*placeBytes +
		int64(len(l.prunes.times))*pruneBytes
}

// size is about the memory that an http.route takes once it is read.
func (f *framework) size() int64 {
	return frameworkBytes + 4*int64(len(f.text)) + segmentBytes*int64(strings.Count(f.text, "/"))
}

// rest ends what lesson began.
func (l *learner) rest() {
	l.report()
	l.mu.Unlock()
}

// report brings the account up to date.
func (l *learner) report() {
	if l.closed {
		return
	}
	now := l.bytes()
	l.account.used.Add(now - l.reported)
	l.reported = now
}

// close takes the learner off the account: nobody uses it any more.
func (l *learner) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.account.used.Add(-l.reported)
}

// relieve lets the learner go on that found the account full.
func (l *learner) relieve() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.full.Store(l.nodes >= l.maxNodes)
	l.spent.Store(false)
}
