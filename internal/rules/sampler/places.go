// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package sampler

import (
	"math"
	"time"
)

// places has a place for each fingerprint, up to a number. All others share one. A
// fingerprint keeps its place as long as it is seen once in an interval. It is for one
// goroutine at a time.
type places struct {
	most     int
	interval time.Duration
	seen     map[uint64]time.Time // when each that has a place was seen last
	swept    time.Time

	// The fingerprints without a place since began: each sets a bit, and the share of
	// bits that are set tells how many they are (linear counting).
	began time.Time
	over  []uint64
	bits  int // that are set
	last  int // how many there were in the interval before
}

// sharedPlace is no fingerprint: those have 62 bits.
const sharedPlace = math.MaxUint64

// overBits tells some 100,000 fingerprints apart, to 1 %.
const overBits = 1 << 16

// of returns the fingerprint, or the place that it shares.
func (p *places) of(now time.Time, key uint64) uint64 {
	if _, ok := p.seen[key]; ok || p.room(now) {
		p.seen[key] = now
		return key
	}
	p.share(now, key)
	return sharedPlace
}

// room reports whether there is a place left, when those have been given back whose
// fingerprints are gone.
func (p *places) room(now time.Time) bool {
	if len(p.seen) < p.most {
		return true
	}
	if now.Sub(p.swept) < p.interval {
		return false
	}
	p.swept = now
	for key, last := range p.seen {
		if now.Sub(last) > p.interval {
			delete(p.seen, key)
		}
	}
	return len(p.seen) < p.most
}

// share counts a fingerprint that has no place.
func (p *places) share(now time.Time, key uint64) {
	if p.over == nil {
		p.over, p.began = make([]uint64, overBits/64), now
	}
	if now.Sub(p.began) >= p.interval {
		p.last = p.estimate()
		clear(p.over)
		p.began, p.bits = now, 0
	}
	word, bit := key%overBits/64, uint64(1)<<(key%64)
	if p.over[word]&bit == 0 {
		p.over[word] |= bit
		p.bits++
	}
}

// overLimit estimates how many fingerprints had no place in the last interval that had
// any, or have none in this one, if that is more.
func (p *places) overLimit() int { return max(p.last, p.estimate()) }

func (p *places) estimate() int {
	if p.bits == 0 {
		return 0
	}
	unset := max(1, overBits-p.bits)
	return int(math.Round(-overBits * math.Log(float64(unset)/overBits)))
}
