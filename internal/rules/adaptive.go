// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/honeycombio/dynsampler-go"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// adaptive is a sampler whose rates follow the traffic. It chooses how many traces
// make one kept, and never which one: that depends on the traces' randomness.
//
// dynsampler gives a rate to each fingerprint. It keeps at least one trace of each in
// an interval, and everything of those that it has not seen before, which together may
// be far more than its goal; and it leaves room for those that are gone. So the
// fingerprints past a number share one place, and where its rates miss the goal, that
// of the goal holds.
type adaptive struct {
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

func newAdaptive(cfg *SamplerConfig, now func() time.Time) *adaptive {
	interval, keys := cmp.Or(cfg.AdjustmentInterval, defaultInterval), cmp.Or(cfg.MaxKeys, defaultMaxKeys)
	a := &adaptive{
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

// goalRate is the rate, a whole number, next to a percentage.
func goalRate(percentage float64) int {
	return int(min(max(1, math.Round(100/percentage)), sampling.MaxRate))
}

// start makes the rates follow the traffic. Before, all of it has the goal's.
func (a *adaptive) start() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.sampler.Start(); err != nil {
		return err
	}
	a.started = true
	return nil
}

// stop leaves the rates as they are.
func (a *adaptive) stop() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.started || a.stopped {
		return nil
	}
	a.stopped = true
	return a.sampler.Stop()
}

// rate returns how many traces with the fingerprint make one kept, between 1 and
// sampling.MaxRate, and counts one more of so many items.
func (a *adaptive) rate(key uint64, items int) uint32 {
	a.mu.Lock()
	defer a.mu.Unlock()
	now, items := a.now(), max(1, items)
	a.goal.arrive(now, items)
	rate := a.goal.rate()
	if a.started {
		var text [8]byte
		binary.BigEndian.PutUint64(text[:], a.places.of(now, key&keyMask))
		rate = a.goal.allow(rate, a.sampler.GetSampleRateMulti(string(text[:]), items), items)
	}
	return uint32(min(rate, sampling.MaxRate))
}

// keysOverLimit estimates how many fingerprints have no place of their own.
func (a *adaptive) keysOverLimit() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.places.overLimit()
}

// fingerprint is a part of what separates rare traces from common ones.
type fingerprint struct {
	in  fingerprintPlace
	key string
}

// fingerprintPlace is where a part of a fingerprint is looked for.
type fingerprintPlace uint8

const (
	inItemOrResource fingerprintPlace = iota
	inSpan
	inLog
	inResource
)

// parseFingerprint reads an attribute key, or the OTTL path of an attribute.
func parseFingerprint(text string) (fingerprint, error) {
	for prefix, place := range map[string]fingerprintPlace{
		`span.attributes["`: inSpan, `log.attributes["`: inLog, `resource.attributes["`: inResource,
	} {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			key, ok := strings.CutSuffix(rest, `"]`)
			if ok && key != "" {
				return fingerprint{place, key}, nil
			}
		}
	}
	if text == "" || strings.ContainsAny(text, `[]"' `) {
		return fingerprint{}, fmt.Errorf("fingerprint_attributes must be attribute keys such as url.template or paths such as "+`span.attributes["url.template"]`+", got %q", text)
	}
	return fingerprint{inItemOrResource, text}, nil
}

// A fingerprint is a number: 62 bits of a hash below the rank of the item it is
// of. The smallest of a trace counts, so the root span's goes before others.
const keyMask = 1<<62 - 1

// fingerprintOf returns the subject's fingerprint.
func fingerprintOf(keys []fingerprint, it *item) uint64 {
	if len(keys) == 0 {
		return 0
	}
	var h xxhash.Digest
	h.Reset()
	for i := range keys {
		if v, ok := keys[i].value(it); ok {
			_, _ = h.WriteString(v.AsString())
		}
		_, _ = h.Write([]byte{0})
	}
	return h.Sum64()&keyMask | rank(it)<<62
}

func rank(it *item) uint64 {
	switch {
	case it.isLog:
		return 3
	case it.span.ParentSpanID().IsEmpty():
		return 0
	case it.span.Kind() == ptrace.SpanKindServer || it.span.Kind() == ptrace.SpanKindConsumer:
		return 1
	}
	return 2
}

func (f *fingerprint) value(it *item) (pcommon.Value, bool) {
	if f.in == inSpan && it.isLog || f.in == inLog && !it.isLog {
		return pcommon.Value{}, false
	}
	if f.in != inResource {
		if v, ok := it.attributes().Get(f.key); ok || f.in != inItemOrResource {
			return v, ok
		}
	}
	return it.resourceAttributes().Get(f.key)
}
