// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package sampling

import (
	"strings"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
)

// State is the sampling state in a W3C tracestate. The zero value is none.
type State struct {
	// Randomness is the explicit one (rv).
	Randomness contrib.Randomness
	Explicit   bool
	// Threshold is the one an earlier stage sampled with (th).
	Threshold contrib.Threshold
	Sampled   bool
}

// ReadState reads a tracestate. Most hold nothing of sampling, and are not parsed.
// One that does not parse counts as empty.
func ReadState(tracestate string) (s State) {
	if !strings.Contains(tracestate, "ot=") {
		return s
	}
	w3c, err := contrib.NewW3CTraceState(tracestate)
	if err != nil {
		return s
	}
	s.Randomness, s.Explicit = w3c.OTelValue().RValueRandomness()
	s.Threshold, s.Sampled = w3c.OTelValue().TValueThreshold()
	return s
}

// Consistent reports whether what arrived could have been sampled with the
// threshold it bears: it was not if the randomness r is below it.
func (s State) Consistent(r contrib.Randomness) bool {
	return !s.Sampled || s.Threshold.ShouldSample(r)
}

// Unmarked is the meaning of a missing threshold.
type Unmarked uint8

// The meanings.
const (
	// Unknown: an earlier stage may have sampled without saying so. A stage
	// that keeps all does not make known what was unknown, so it notes
	// nothing (OTEP-235, "Downstream samplers").
	Unknown Unmarked = iota
	// Unsampled: the operator asserts that no earlier stage sampled, so a
	// stage that keeps all notes just that.
	Unsampled
)

// Stamp returns the tracestate with the sampling threshold t noted in its ot
// section, and whether that changed it.
//
// A threshold is only ever raised: one already there that is higher says that
// an earlier stage kept less, and stays. A tracestate that does not parse, or
// that has no room left, is left as it is.
func Stamp(tracestate string, t contrib.Threshold, u Unmarked) (string, bool) {
	return edit(tracestate, func(ot *contrib.OpenTelemetryTraceState) bool {
		if t == contrib.AlwaysSampleThreshold && (u == Unknown || ot.TValue() != "") {
			return false
		}
		return ot.UpdateTValueWithSampling(t) == nil
	})
}

// EraseThreshold returns the tracestate without its sampling threshold.
func EraseThreshold(tracestate string) (string, bool) {
	return edit(tracestate, func(ot *contrib.OpenTelemetryTraceState) bool {
		ot.ClearTValue()
		return true
	})
}

// SetRandomness returns the tracestate with r as its explicit randomness,
// unless it has one: rv is never changed.
func SetRandomness(tracestate string, r contrib.Randomness) (string, bool) {
	return edit(tracestate, func(ot *contrib.OpenTelemetryTraceState) bool {
		if ot.RValue() != "" {
			return false
		}
		ot.SetRValue(r)
		return true
	})
}

// edit changes the ot section of a tracestate. The sections of others stay as
// they are and in their order.
func edit(tracestate string, change func(*contrib.OpenTelemetryTraceState) bool) (string, bool) {
	w3c, err := contrib.NewW3CTraceState(tracestate)
	if err != nil || !change(w3c.OTelValue()) {
		return tracestate, false
	}
	var b strings.Builder
	if w3c.Serialize(&b) != nil {
		return tracestate, false
	}
	out := b.String()
	if _, err := contrib.NewW3CTraceState(out); err != nil {
		return tracestate, false // over the limits for members or lengths
	}
	return out, out != tracestate
}
