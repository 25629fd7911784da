// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package sampler

import "time"

// goal is what an adaptive sampler may keep: one in so many, or so many items a second.
// It adds up what the rates given out keep on average. The zero goal has seen nothing.
// It is for one goroutine at a time.
type goal struct {
	every     int     // a percentage: one in every is kept
	perSecond float64 // a throughput, if every is 0
	interval  time.Duration

	began      time.Time // this interval
	now        time.Time // of the last arrival
	seen, last float64   // items of this interval and of the one before
	// credit is how many items may be kept beyond those of the goal's rate: what
	// earlier ones have left of the goal, at most that of an interval (most).
	credit, most float64
}

// reserve is the part of an interval's goal that is left for what is rare. What is left
// beyond is used up.
const reserve = 0.25

// arrive counts items, and what the goal allows for them.
func (g *goal) arrive(now time.Time, items int) {
	if g.began.IsZero() {
		g.began, g.now = now, now
	}
	if past := now.Sub(g.began); past >= g.interval {
		g.last = 0
		if past < 2*g.interval {
			g.last = g.seen
		}
		g.began, g.seen = now, 0
	}
	g.seen += float64(items)
	if g.every > 0 {
		g.credit += float64(items) / float64(g.every)
		g.most = max(g.seen, g.last) / float64(g.every)
	} else {
		g.credit += g.perSecond * now.Sub(g.now).Seconds()
		g.most = g.perSecond * g.interval.Seconds()
	}
	g.credit, g.now = min(g.credit, g.most), now
}

// rate is the rate that keeps to the goal if everything has it.
func (g *goal) rate() int {
	if g.every > 0 {
		return g.every
	}
	over := max(g.now.Sub(g.began), time.Second)
	if g.last > 0 {
		over += g.interval
	}
	return 1 + int((g.seen+g.last)/over.Seconds()/g.perSecond)
}

// allow returns the wanted rate for so many items, or the goal's own where the wanted
// one would keep more than the goal, or leave more than the reserve.
func (g *goal) allow(own, wanted, items int) int {
	rate := max(1, wanted)
	switch left := g.credit - float64(items)/float64(rate); {
	case rate < own && left < 0, rate > own && left > reserve*g.most:
		rate = own
	}
	g.credit = max(0, g.credit-float64(items)/float64(rate))
	return rate
}
