// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"math/bits"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// Outcome gathers what calls of the buffer decided. The caller owns it; the
// zero value is ready for use, and one Outcome may take several calls.
type Outcome struct {
	// Ready are the outlets for which something waits to be taken.
	Ready Outlets
	// Linked are traces that are joined to kept ones, for KeepLinked.
	Linked [][16]byte
	// Dropped counts the held records that were dropped.
	Dropped [signals]int
	// Forgotten counts the dropped traces that had to go before their hindsight was over.
	Forgotten int
	// Decisions counts the traces decided.
	Decisions map[Decision]int
	// Decided counts what was held of them when the verdict was carried out, for each
	// verdict (without its rate).
	Decided map[sampling.Verdict]Volume
}

// Volume is an amount of data, by signal.
type Volume struct {
	Items [signals]int
	Bytes [signals]int64
}

// Add adds items of a signal.
func (v *Volume) Add(sig Signal, items int, bytes int64) {
	v.Items[sig] += items
	v.Bytes[sig] += bytes
}

// Decision is how a trace was decided.
type Decision struct {
	Verdict sampling.Verdict
	Trigger Trigger
}

// decided counts a decision.
func (o *Outcome) decided(v sampling.Verdict, t Trigger) {
	if o.Decisions == nil {
		o.Decisions = map[Decision]int{}
	}
	o.Decisions[Decision{v, t}]++
}

// weigh counts what is held of a trace when its verdict is carried out.
func (o *Outcome) weigh(v sampling.Verdict, e *entry) {
	v.Rate = 0
	if e.held[Span]+e.held[Log] == 0 {
		return
	}
	if o.Decided == nil {
		o.Decided = map[sampling.Verdict]Volume{}
	}
	vol := o.Decided[v]
	vol.Add(Span, int(e.held[Span]), int64(e.bytes-e.logBytes))
	vol.Add(Log, int(e.held[Log]), int64(e.logBytes))
	o.Decided[v] = vol
}

// Outlets is a set of outlets.
type Outlets [256 / 64]uint64

func (o *Outlets) add(n uint8) { o[n/64] |= 1 << (n % 64) }

// meet reports whether one outlet is in both sets.
func (o *Outlets) meet(others Outlets) bool {
	for i, word := range o {
		if word&others[i] != 0 {
			return true
		}
	}
	return false
}

// Each yields the outlets in the set.
func (o *Outlets) Each(yield func(uint8) bool) {
	for i, word := range o {
		for ; word != 0; word &= word - 1 {
			if !yield(uint8(i*64 + bits.TrailingZeros64(word))) {
				return
			}
		}
	}
}
