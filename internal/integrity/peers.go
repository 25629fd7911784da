// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

import (
	"maps"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// Peers holds the addresses of services that send spans to here. Only of a service that
// sends some can a missing span be told from one nobody sends; and only of one that
// sends spans of the requests it answers, that of a call: a database whose driver
// sends its client spans under the database's name answers none. It is safe for
// concurrent use, and looking up takes no lock.
type Peers struct {
	mu     sync.Mutex // held to add
	max    int        // addresses
	pruned int64      // when the registry was last searched for old ones, Unix seconds
	known  atomic.Pointer[map[uint64]*peer]
}

type peer struct {
	name atomic.Uint32
	// When it last sent a span, and one of a request it answered, or never: whole seconds
	// of the clock.
	sent, answered atomic.Int64
}

// unseen is before all that the clock may show.
const unseen = math.MinInt64 / 2

const (
	// maxPeers bounds the addresses; what is new then is not learned.
	maxPeers = 4096
	// peerBytes is about what an address takes.
	peerBytes = 64
	// pruneSeconds is how often a full registry is searched for old addresses: to
	// do so for each new one would take as long as there are addresses.
	pruneSeconds = 10
	// peerSeconds is how long after its last span a service is still expected to send
	// some.
	peerSeconds = 3600
)

// NewPeers returns a registry without addresses, which may take maxBytes.
func NewPeers(maxBytes int64) *Peers {
	p := &Peers{max: int(min(maxPeers, maxBytes/peerBytes))}
	p.known.Store(&map[uint64]*peer{})
	return p
}

// Sent notes that the service with the Name, whose address is a hash of the caller's,
// sent a span.
func (p *Peers) Sent(now time.Duration, address uint64, name uint16) {
	p.find(now, address, name).note(seconds(now), name)
}

// Answered notes that the service answered a request at the address, and sent a span
// of that.
func (p *Peers) Answered(now time.Duration, address uint64, name uint16) {
	known := p.find(now, address, name)
	known.note(seconds(now), name)
	if t := seconds(now); known != nil && known.answered.Load() != t {
		known.answered.Store(t)
	}
}

// note writes only what is new: to write each time would have the processors pass the
// line round.
func (known *peer) note(t int64, name uint16) {
	if known == nil || known.sent.Load() == t && known.name.Load() == uint32(name) {
		return
	}
	known.sent.Store(t)
	known.name.Store(uint32(name))
}

// find returns what is known of the address, or nil if there is no room to know more.
func (p *Peers) find(now time.Duration, address uint64, name uint16) *peer {
	if known, ok := (*p.known.Load())[address]; ok {
		return known
	}
	return p.add(now, address, name)
}

func (p *Peers) add(now time.Duration, address uint64, name uint16) *peer {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := *p.known.Load()
	if added, ok := known[address]; ok {
		return added
	}
	if len(known) >= p.max && seconds(now)-p.pruned < pruneSeconds {
		return nil
	}
	next := maps.Clone(known)
	if len(next) >= p.max {
		p.pruned = seconds(now)
		maps.DeleteFunc(next, func(_ uint64, old *peer) bool { return seconds(now)-old.sent.Load() > peerSeconds })
	}
	if len(next) >= p.max {
		return nil
	}
	added := new(peer)
	added.name.Store(uint32(name))
	added.sent.Store(seconds(now))
	added.answered.Store(unseen)
	next[address] = added
	p.known.Store(&next)
	return added
}

// Lookup returns the Name of the service that answers at the address, or 0 if
// none did within the last hour.
func (p *Peers) Lookup(now time.Duration, address uint64) uint16 {
	known, ok := (*p.known.Load())[address]
	if !ok || seconds(now)-known.answered.Load() > peerSeconds {
		return 0
	}
	return uint16(known.name.Load())
}

// Sends reports whether the service with the address sent spans within the last hour.
func (p *Peers) Sends(now time.Duration, address uint64) bool {
	known, ok := (*p.known.Load())[address]
	return ok && seconds(now)-known.sent.Load() <= peerSeconds
}

func seconds(now time.Duration) int64 { return int64(now / time.Second) }

// Len is the number of addresses known.
func (p *Peers) Len() int { return len(*p.known.Load()) }

// Bytes is about the memory taken.
func (p *Peers) Bytes() int64 { return int64(p.Len()) * peerBytes }
