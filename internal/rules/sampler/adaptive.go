// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package sampler

import (
	"cmp"
	"encoding/binary"
	"math"
	"sync"
	"time"

	"github.com/honeycombio/dynsampler-go"

	"github.com/otelcol-correlation/correlationprocessor/internal/rules/fingerprint"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// Adaptive is a sampler whose rates follow the traffic. It chooses how many traces
// make one kept, and never which one: that depends on the traces' randomness.
//
// dynsampler gives a rate to each fingerprint. It keeps at least one trace of each in
// an interval, and everything of those that it has not seen before, which together may
// be far more than its goal; and it leaves room for those that are gone. So the
// fingerprints past a number share one place, and where its rates miss the goal, that
// of the goal holds.
type Adaptive struct {
	sampler dynsampler.Sampler
	now     func() time.Time

	mu               sync.Mutex
	started, stopped bool
	goal             goal
	places           places
}

// The defaults of adaptive samplers.
const (
	defaultInterval = 15 * time.Second
	defaultMaxKeys  = 500
)

// noBursts keeps dynsampler from making rates anew between two intervals: it
// reads its interval count there without the lock it is written under.
const noBursts = -1

// NewAdaptive returns the sampler of an adaptive type, with rates that are the goal's
// before Start. The clock is the caller's.
func NewAdaptive(cfg *Config, now func() time.Time) *Adaptive {
	interval, keys := cmp.Or(cfg.AdjustmentInterval, defaultInterval), cmp.Or(cfg.MaxKeys, defaultMaxKeys)
	a := &Adaptive{
		now:    now,
		goal:   goal{interval: interval, perSecond: float64(cfg.GoalThroughput)},
		places: places{most: keys, interval: interval, seen: map[uint64]time.Time{}},
	}
	if cfg.Type == AdaptivePercentage {
		a.goal.every = goalRate(cfg.GoalPercentage)
		a.sampler = &dynsampler.EMASampleRate{
			AdjustmentIntervalDuration: interval, Weight: cfg.Weight, BurstMultiple: noBursts, GoalSampleRate: a.goal.every,
		}
		return a
	}
	a.sampler = &dynsampler.EMAThroughput{
		AdjustmentInterval: interval, Weight: cfg.Weight, BurstMultiple: noBursts, GoalThroughputPerSec: cfg.GoalThroughput,
		InitialSampleRate: 1, // until there are rates, that of the goal holds
	}
	return a
}

// Attained is the percentage that adaptive_percentage keeps for its goal: another one
// than that, for rates are whole numbers.
func (c *Config) Attained() float64 { return 100 / float64(goalRate(c.GoalPercentage)) }

// goalRate is the rate, a whole number, next to a percentage.
func goalRate(percentage float64) int {
	return int(min(max(1, math.Round(100/percentage)), sampling.MaxRate))
}

// Start makes the rates follow the traffic. Before, all of it has the goal's.
func (a *Adaptive) Start() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.sampler.Start(); err != nil {
		return err
	}
	a.started = true
	return nil
}

// Stop leaves the rates as they are.
func (a *Adaptive) Stop() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.started || a.stopped {
		return nil
	}
	a.stopped = true
	return a.sampler.Stop()
}

// Rate returns how many traces with the fingerprint make one kept, between 1 and
// sampling.MaxRate, and counts one more of so many items.
func (a *Adaptive) Rate(key uint64, items int) uint32 {
	a.mu.Lock()
	defer a.mu.Unlock()
	now, items := a.now(), max(1, items)
	a.goal.arrive(now, items)
	rate := a.goal.rate()
	if a.started {
		var text [8]byte
		binary.BigEndian.PutUint64(text[:], a.places.of(now, key&fingerprint.Mask))
		rate = a.goal.allow(rate, a.sampler.GetSampleRateMulti(string(text[:]), items), items)
	}
	return uint32(min(rate, sampling.MaxRate))
}

// KeysOverLimit estimates how many fingerprints have no place of their own.
func (a *Adaptive) KeysOverLimit() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.places.overLimit()
}
