// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"context"
	"fmt"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/e2e/harness"
)

// A stream sends a slice of its items each tick. The items of a trace lie within
// shuffledItems of each other, so a trace takes up to a second and a half.
const (
	tick          = 200 * time.Millisecond
	sliceItems    = 400
	shuffledItems = 2_000
)

// window is a stretch of time.
type window struct{ from, to time.Time }

// overlaps says whether two stretches have a moment in common.
func (w window) overlaps(other window) bool {
	return !w.to.Before(other.from) && !other.to.Before(w.from)
}

// grown returns a window that begins earlier and ends later.
func (w window) grown(by time.Duration) window {
	return window{w.from.Add(-by), w.to.Add(by)}
}

// joined returns the window from the earlier begin to the later end.
func (w window) joined(other window) window {
	if other.from.Before(w.from) {
		w.from = other.from
	}
	if other.to.After(w.to) {
		w.to = other.to
	}
	return w
}

// stream sends a load at a steady rate and notes what it sent when.
type stream struct {
	items []harness.Item
	sent  []harness.Item
	when  map[int64]window // by the items' keys: from before it was sent until it was acknowledged
}

// newStream makes a stream that can send so many traces.
func newStream(seed uint64, traces int) *stream {
	items := harness.Interleave(harness.NewLoad(seed, traces), seed, shuffledItems)
	return &stream{items: items, when: map[int64]window{}}
}

// run sends until the context ends, each batch of a slice to the next of the
// senders, so that a trace has items with several of them. It fails if one is
// refused, or if there is nothing left to send.
func (s *stream) run(ctx context.Context, senders []*harness.Sender) error {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for len(s.sent) < len(s.items) {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if err := s.sendSlice(senders); err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("all %d items were sent before the end", len(s.items))
}

func (s *stream) sendSlice(senders []*harness.Sender) error {
	first := len(s.sent)
	slice := s.items[first:min(first+sliceItems, len(s.items))]
	for i, batch := range harness.Batches(slice, uint64(first), 100) {
		begun := time.Now()
		err := senders[i%len(senders)].SendAll(context.Background(), []harness.Batch{batch}, 1, func(harness.Batch) {})
		if err != nil {
			return err
		}
		for _, item := range batch.Items {
			s.when[item.Key] = window{begun, time.Now()}
		}
	}
	s.sent = append(s.sent, slice...)
	return nil
}
