// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// Peers holds the addresses of services that send spans to here: the address that a
// client span calls is looked up among those that server spans name. Only
// of such a service can a missing span be told from one nobody sends. It is safe
// for concurrent use, and looking up takes no lock.
type Peers struct {
	mu     sync.Mutex // held to add
	max    int        // addresses
	pruned int64      // when the registry was last searched for old ones, Unix seconds
	known  atomic.Pointer[map[uint64]*peer]
}

type peer struct {
	name atomic.Uint32
	seen atomic.Int64 // whole seconds of the clock
}

const (
	// maxPeers bounds the addresses; what is new then is not learned.
	maxPeers = 4096
	// peerBytes is about what an address takes.
	peerBytes = 64
	// pruneSeconds is how often a full registry is searched for old addresses: to
	// do so for each new one would take as long as there are addresses.
	pruneSeconds = 10
	// peerSeconds is how long after its last server span a service is still
	// expected to send some.
	peerSeconds = 3600
)

// NewPeers returns a registry without addresses, which may take maxBytes.
func NewPeers(maxBytes int64) *Peers {
	p := &Peers{max: int(min(maxPeers, maxBytes/peerBytes))}
	p.known.Store(&map[uint64]*peer{})
	return p
}

// Note notes that the service with the Name answers at the address, which is a
// hash of the caller's.
func (p *Peers) Note(now time.Duration, address uint64, name uint16) {
	if known, ok := (*p.known.Load())[address]; ok {
		if t := seconds(now); known.seen.Load() != t || known.name.Load() != uint32(name) {
			known.seen.Store(t)
			known.name.Store(uint32(name))
		}
		return
	}
	p.add(now, address, name)
}

func (p *Peers) add(now time.Duration, address uint64, name uint16) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := *p.known.Load()
	if len(known) >= p.max && seconds(now)-p.pruned < pruneSeconds {
		return
	}
	next := maps.Clone(known)
	if len(next) >= p.max {
		p.pruned = seconds(now)
		maps.DeleteFunc(next, func(_ uint64, old *peer) bool { return seconds(now)-old.seen.Load() > peerSeconds })
	}
	if len(next) >= p.max {
		return
	}
	added := new(peer)
	added.name.Store(uint32(name))
	added.seen.Store(seconds(now))
	next[address] = added
	p.known.Store(&next)
}

// Lookup returns the Name of the service that answers at the address, or 0 if
// none was seen within the last hour.
func (p *Peers) Lookup(now time.Duration, address uint64) uint16 {
	known, ok := (*p.known.Load())[address]
	if !ok || seconds(now)-known.seen.Load() > peerSeconds {
		return 0
	}
	return uint16(known.name.Load())
}

func seconds(now time.Duration) int64 { return int64(now / time.Second) }

// Len is the number of addresses known.
func (p *Peers) Len() int { return len(*p.known.Load()) }

// Bytes is about the memory taken.
func (p *Peers) Bytes() int64 { return int64(p.Len()) * peerBytes }
