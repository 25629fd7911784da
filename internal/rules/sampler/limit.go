// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package sampler

import (
	"sync"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// Limit is a token bucket over whole traces: what is kept is never more than so much a
// second, but for what a second has left over. It is safe for concurrent use.
//
// A trace that takes more than the bucket holds is kept if the bucket is full, and what
// it takes too much is missing afterwards. So none is too large to be kept at all, and in
// the long run the limit holds.
type Limit struct {
	perSecond float64
	bytes     bool // and not spans
	now       func() time.Time

	mu     sync.Mutex
	tokens float64 // below 0 after a trace that took more than there was
	filled time.Time
}

// NewLimit returns the sampler of type rate_limiting, with the tokens of one second. The
// clock is the caller's.
func NewLimit(cfg *Config, now func() time.Time) *Limit {
	perSecond := float64(max(cfg.SpansPerSecond, cfg.BytesPerSecond))
	return &Limit{perSecond: perSecond, bytes: cfg.BytesPerSecond > 0, now: now, tokens: perSecond, filled: now()}
}

// Take reports whether there is enough left for a trace, and takes it. What belongs to
// a trace that was kept is taken in any case.
func (l *Limit) Take(size sampling.Size, kept bool) bool {
	cost := l.cost(size, kept)
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.tokens = min(l.perSecond, l.tokens+l.perSecond*now.Sub(l.filled).Seconds())
	l.filled = now
	if !kept && l.tokens < min(cost, l.perSecond) {
		return false
	}
	l.tokens -= cost
	return true
}

// cost is how many tokens a trace takes. One of logs alone takes as many as it has
// logs, for it would be without a limit else; the logs of a trace with spans take none.
func (l *Limit) cost(size sampling.Size, kept bool) float64 {
	switch {
	case l.bytes:
		return float64(size.Bytes)
	case size.Spans == 0 && !kept:
		return float64(size.Logs)
	default:
		return float64(size.Spans)
	}
}
