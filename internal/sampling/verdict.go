// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package sampling

import (
	"math"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
)

// Verdict is a trace's fate, the rule that decided it and, where the rule's
// threshold changes over time, the rate it was decided with: late items and the
// other signal go by the verdict and not by the rate of their own hour.
type Verdict struct {
	Keep bool
	Rule Match
	// Explicit is set where the trace was judged by a Randomness that an item of
	// it brought along, and that the others do not show: what is kept for it says
	// so. It is not remembered: late items go by their own.
	Explicit bool
	// Rate is 0 where the rule's threshold is fixed; else one trace in Rate
	// was kept, Rate being 1 to MaxRate.
	Rate       uint32
	Randomness contrib.Randomness
}

// NoRule is the rule of a verdict that is none, on an item that passes without one.
const NoRule Match = math.MaxUint16

// MaxRate is the largest rate a Verdict holds: one trace in four million.
const MaxRate = 1<<rateBits - 1

// Packed is a Verdict in four bytes, for tables of many. 0 is none.
type Packed uint32

// A Packed is, from the top: the keep bit, the rule plus one, the rate.
const (
	rateBits = 22
	ruleMask = 1<<9 - 1
	keepBit  = 1 << 31
)

// Pack returns the verdict in four bytes, without its randomness.
func (v Verdict) Pack() Packed {
	p := Packed(v.Rule+1)<<rateBits | Packed(min(v.Rate, MaxRate))
	if v.Keep {
		p |= keepBit
	}
	return p
}

// Unpack returns the verdict that was packed; p must not be 0.
func (p Packed) Unpack() Verdict {
	return Verdict{Keep: p&keepBit != 0, Rule: Match(p>>rateBits&ruleMask) - 1, Rate: uint32(p & MaxRate)}
}

// rateThreshold returns the threshold that keeps one trace in rate.
func rateThreshold(rate uint32) contrib.Threshold {
	// 1/MaxRate is far above the smallest probability, so there is no error to see.
	t, _ := contrib.ProbabilityToThresholdWithPrecision(1/float64(max(1, rate)), DefaultPrecision)
	return t
}
