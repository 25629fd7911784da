// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"sync"
	"time"
)

// Envelope is the number of an interned envelope, the bytes of a record's resource and
// scope.
type Envelope uint32

// envelopeOverhead estimates what an interned envelope costs on top of its bytes: its
// map entry and its place in the list.
const envelopeOverhead = 96

// envelopes interns envelopes by content. An envelope lives by time and not by count
// of references: records outlive the call that interned their envelope by at most
// the longest wait, so an envelope not used for well over that has none left.
type envelopes struct {
	mu    sync.RWMutex
	ids   map[string]Envelope
	list  []envelope
	free  []Envelope
	bytes int64
}

type envelope struct {
	content string
	used    time.Time
}

func (h *envelopes) intern(now time.Time, content []byte) Envelope {
	h.mu.Lock()
	defer h.mu.Unlock()
	if id, ok := h.ids[string(content)]; ok {
		h.list[id].used = now
		return id
	}
	s := string(content)
	h.bytes += int64(len(s)) + envelopeOverhead
	id := Envelope(len(h.list))
	if n := len(h.free); n > 0 {
		id, h.free = h.free[n-1], h.free[:n-1]
		h.list[id] = envelope{s, now}
	} else {
		h.list = append(h.list, envelope{s, now})
	}
	h.ids[s] = id
	return id
}

func (h *envelopes) content(id Envelope) string {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.list[id].content
}

// sweep forgets the envelopes not used since the given time.
func (h *envelopes) sweep(since time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s, id := range h.ids {
		if h.list[id].used.Before(since) {
			delete(h.ids, s)
			h.list[id] = envelope{}
			h.free = append(h.free, id)
			h.bytes -= int64(len(s)) + envelopeOverhead
		}
	}
}

func (h *envelopes) size() int64 {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.bytes
}
