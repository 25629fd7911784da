// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

import (
	"slices"
	"sync"
)

// calls matches requests that nobody answered in their trace with roots that
// began a trace meanwhile: the two ends of a context that was not passed on. It
// goes by the services and the times, so it is a guess, and a bounded one.
type calls struct {
	mu    sync.Mutex // held by whoever checks, for all that is due of a shard
	open  []call     // requests no root was found for
	roots []call     // roots no request was found for
}

// maxCalls bounds either list; the oldest quarter goes first.
const maxCalls = 1024

// call is a stretch of time in which a service was at work for another.
type call struct {
	start, end int64
	name       uint16 // of the service that was called
	service    uint16 // of the span
}

// unanswered notes a client span without a server span of the peer. If a root fits it, it
// returns the root's service.
func (c *calls) unanswered(l *Link, peer uint16) (service uint16, ok bool) {
	out := call{l.Start, l.End, peer, l.Service}
	root, ok := c.match(&c.roots, &c.open, out, out.holds)
	return root.service, ok
}

// began notes a root span, and reports whether a request was found that fits it.
func (c *calls) began(l *Link) bool {
	root := call{l.Start, l.End, l.Name, l.Service}
	_, ok := c.match(&c.open, &c.roots, root, func(out call) bool { return out.holds(root) })
	return ok
}

func (c call) holds(root call) bool {
	return c.name == root.name && c.start <= root.start && root.end <= c.end
}

// match takes a call that fits from among, or leaves its own with the others.
func (c *calls) match(among, others *[]call, own call, fits func(call) bool) (found call, ok bool) {
	if i := slices.IndexFunc(*among, fits); i >= 0 {
		found = (*among)[i]
		*among = slices.Delete(*among, i, i+1)
		return found, true
	}
	if len(*others) >= maxCalls {
		*others = slices.Delete(*others, 0, maxCalls/4)
	}
	*others = append(*others, own)
	return call{}, false
}
