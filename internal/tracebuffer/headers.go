// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"sync"
	"time"
)

// Header stands for an interned header: the resource and scope of a record.
type Header uint32

// headerOverhead estimates what an interned header costs beside its bytes: its
// map entry and its place in the list.
const headerOverhead = 96

// headers interns headers by content. A header lives by time and not by count
// of references: records outlive the call that interned their header by at most
// the longest wait, so a header not used for well over that has none left.
type headers struct {
	mu    sync.RWMutex
	ids   map[string]Header
	list  []header
	free  []Header
	bytes int64
}

type header struct {
	content string
	used    time.Time
}

func (h *headers) intern(now time.Time, content []byte) Header {
	h.mu.Lock()
	defer h.mu.Unlock()
	if id, ok := h.ids[string(content)]; ok {
		h.list[id].used = now
		return id
	}
	s := string(content)
	h.bytes += int64(len(s)) + headerOverhead
	id := Header(len(h.list))
	if n := len(h.free); n > 0 {
		id, h.free = h.free[n-1], h.free[:n-1]
		h.list[id] = header{s, now}
	} else {
		h.list = append(h.list, header{s, now})
	}
	h.ids[s] = id
	return id
}

func (h *headers) content(id Header) string {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.list[id].content
}

// sweep forgets the headers not used since the given time.
func (h *headers) sweep(since time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s, id := range h.ids {
		if h.list[id].used.Before(since) {
			delete(h.ids, s)
			h.list[id] = header{}
			h.free = append(h.free, id)
			h.bytes -= int64(len(s)) + headerOverhead
		}
	}
}

func (h *headers) size() int64 {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.bytes
}
