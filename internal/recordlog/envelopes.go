// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package recordlog

import (
	"sync"
	"sync/atomic"
)

// Envelope is one layer of what is around records: a scope, around it its resource,
// and around that, where the caller has some, the metadata of a request. Records with
// the same layers share them. It is immutable.
type Envelope struct {
	Around  *Envelope // nil for the outermost
	Content string
	number  uint32       // by which records in the log name it
	refs    atomic.Int64 // layers in it, segments, releases, and callers of Intern
}

// What an envelope costs on top of its content, about: itself, and its places in the
// two maps.
const (
	envelopeBytes = 64
	placeBytes    = 96
)

// Envelopes interns envelopes by content. One that nothing refers to is forgotten at
// once. It is safe for concurrent use.
type Envelopes struct {
	mu        sync.RWMutex
	byContent map[layer]*Envelope
	byNumber  map[uint32]*Envelope
	last      uint32 // the number given last
	places    int    // in the maps, which only grow
	outermost int    // envelopes with nothing around
	bytes     atomic.Int64
}

type layer struct {
	around  *Envelope
	content string
}

// minPlaces is how many places are kept however few are taken.
const minPlaces = 1024

// NewEnvelopes returns none.
func NewEnvelopes() *Envelopes {
	return &Envelopes{byContent: map[layer]*Envelope{}, byNumber: map[uint32]*Envelope{}}
}

// Intern returns the envelope with the content, which is borrowed, in another one or,
// where that is nil, in none. It is the caller's until Forget. If it is new, outermost and
// one more than the limit, it returns nil; a limit of 0 is none.
func (h *Envelopes) Intern(around *Envelope, content []byte, limit int) *Envelope {
	h.mu.Lock()
	defer h.mu.Unlock()
	if e, ok := h.byContent[layer{around, string(content)}]; ok {
		e.refs.Add(1)
		return e
	}
	if around == nil {
		if limit > 0 && h.outermost >= limit {
			return nil
		}
		h.outermost++
	} else {
		around.refs.Add(1)
	}
	e := &Envelope{Around: around, Content: string(content), number: h.unused()}
	e.refs.Store(1)
	h.put(e)
	h.bytes.Add(int64(len(content)) + envelopeBytes)
	if n := len(h.byNumber); n > h.places {
		h.bytes.Add(int64(n-h.places) * placeBytes)
		h.places = n
	}
	return e
}

func (h *Envelopes) put(e *Envelope) {
	h.byContent[layer{e.Around, e.Content}] = e
	h.byNumber[e.number] = e
}

// unused returns a number that no envelope has; 0 is none.
func (h *Envelopes) unused() uint32 {
	for {
		h.last++
		if _, taken := h.byNumber[h.last]; !taken && h.last != 0 {
			return h.last
		}
	}
}

// at returns the envelope with the number, to which there must be a reference.
func (h *Envelopes) at(number uint32) *Envelope {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.byNumber[number]
}

// Share returns the envelope, which may be nil, with one more use to be ended by Forget.
func (h *Envelopes) Share(e *Envelope) *Envelope {
	if e != nil {
		e.refs.Add(1)
	}
	return e
}

// Forget ends a use of each of the envelopes, of which some may be nil: those that nothing
// refers to any more are gone.
func (h *Envelopes) Forget(list []*Envelope) {
	if len(list) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range list {
		for ; e != nil && e.refs.Add(-1) == 0; e = e.Around {
			h.remove(e)
		}
	}
	if n := len(h.byNumber); h.places > minPlaces && n < h.places/4 {
		h.shrink(max(n, minPlaces))
	}
}

func (h *Envelopes) remove(e *Envelope) {
	delete(h.byContent, layer{e.Around, e.Content})
	delete(h.byNumber, e.number)
	h.bytes.Add(-int64(len(e.Content)) - envelopeBytes)
	if e.Around == nil {
		h.outermost--
	}
}

// shrink makes the maps anew, with so many places.
func (h *Envelopes) shrink(places int) {
	all := h.byNumber
	h.byContent, h.byNumber = make(map[layer]*Envelope, places), make(map[uint32]*Envelope, places)
	for _, e := range all {
		h.put(e)
	}
	h.bytes.Add(int64(places-h.places) * placeBytes)
	h.places = places
}

// Bytes is about what they take.
func (h *Envelopes) Bytes() int64 { return h.bytes.Load() }
