// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package sampling

import (
	"errors"
	"strconv"
	"strings"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
)

// State is what an item says of its sampling: in its tracestate or, a log record, in
// its attributes. The zero value is nothing. Two states that say the same are equal.
type State struct {
	// Randomness is the explicit one (rv).
	Randomness contrib.Randomness
	Explicit   bool
	// Threshold is the one an earlier stage sampled with (th).
	Threshold contrib.Threshold
	Sampled   bool
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

// Unwritten is the reason for which a threshold could not be noted on an item.
type Unwritten uint8

// The reasons.
const (
	Written Unwritten = iota
	// InvalidTraceState: the tracestate is no list of the W3C's.
	InvalidTraceState
	// InvalidOT: the value of its ot member is no list of OpenTelemetry's.
	InvalidOT
	// FullOT: the ot member has no room for it in its 256 characters.
	FullOT
	// BelowThreshold: the item's own randomness is below the threshold, so that
	// the next stage would take one of them for wrong.
	BelowThreshold
	UnwrittenReasons // how many there are
)

// String returns the reason's name in telemetry.
func (u Unwritten) String() string {
	return [UnwrittenReasons]string{"", "invalid_tracestate", "invalid_ot", "full_ot", "below_threshold"}[u]
}

// ReadState reads a tracestate. Most hold nothing of sampling, and are not parsed.
// One that is none counts as empty, and so does a value that is none.
func ReadState(tracestate string) State {
	if !strings.Contains(tracestate, "ot=") {
		return State{}
	}
	value, _ := otOf(tracestate)
	ot, _ := parseOT(value)
	return stateOf(&ot)
}

// StateConsistent reports whether a span with the tracestate can have passed the
// sampling that its threshold notes: its randomness, which is the tracestate's rv or
// else that of the trace id, is not below the threshold.
func StateConsistent(tracestate string, id contrib.Randomness) bool {
	s := ReadState(tracestate)
	if s.Explicit {
		id = s.Randomness
	}
	return s.Consistent(id)
}

// Consistent reports whether what arrived could have been sampled with the
// threshold it bears: it was not if the randomness r is below it.
func (s State) Consistent(r contrib.Randomness) bool {
	return !s.Sampled || s.Threshold.ShouldSample(r)
}

// Keep returns what an item with the randomness r says once a stage has kept it with
// the threshold t, and whether it says all of that.
//
// A threshold is only ever raised: one already there that is higher says that an
// earlier stage kept less, and stays. One that contradicts r is erased, and then it
// is not known whether earlier stages sampled. A threshold t that contradicts r is
// not noted, and neither is the earlier one, which would say that the item stands for
// less than it does. NeverSampleThreshold is that of a stage that keeps with a
// probability nobody knows, which erases what was known (specification, "General
// requirements").
func (s State) Keep(t contrib.Threshold, r contrib.Randomness, u Unmarked) (State, bool) {
	if !s.Consistent(r) {
		s, u = s.erased(), Unknown
	}
	switch {
	case t == contrib.NeverSampleThreshold:
		return s.erased(), true
	case t == contrib.AlwaysSampleThreshold && u == Unknown:
		return s, true
	case s.Sampled && !contrib.ThresholdGreater(t, s.Threshold):
		return s, true
	case !t.ShouldSample(r):
		return s.erased(), false
	}
	s.Threshold, s.Sampled = t, true
	return s, true
}

// erased returns the state without its threshold.
func (s State) erased() State {
	s.Threshold, s.Sampled = contrib.Threshold{}, false
	return s
}

// WriteTo returns the tracestate with what s says, and why it does not say the
// threshold if it does not. Members of others and unknown sub-keys stay, and what
// does not change stays in its place. An rv that is there is never changed.
//
// A tracestate or an ot member that cannot be read is left as it is.
func (s State) WriteTo(tracestate string) (string, Unwritten) {
	value, ok := otOf(tracestate)
	ot, legible := parseOT(value)
	now := stateOf(&ot)
	switch {
	case now == s:
		return tracestate, Written
	case !ok:
		return tracestate, InvalidTraceState
	case !legible:
		return tracestate, InvalidOT
	}
	if s.Explicit && !now.Explicit {
		ot.SetRValue(s.Randomness)
	}
	ot.ClearTValue()
	if s.Sampled {
		// There is none that it could be below, so there is no error to see.
		_ = ot.UpdateTValueWithSampling(s.Threshold)
	}
	var b strings.Builder
	_ = ot.Serialize(&b) // writes to memory, which never fails
	if b.Len() > maxValue {
		out, _ := now.erased().WriteTo(tracestate)
		return out, FullOT
	}
	return withOT(tracestate, b.String()), Written
}

// stateOf is what an ot member says.
func stateOf(ot *contrib.OpenTelemetryTraceState) (s State) {
	s.Randomness, s.Explicit = ot.RValueRandomness()
	s.Threshold, s.Sampled = ot.TValueThreshold()
	return s
}

// parseOT reads the value of an ot member, "" for none, and reports whether it is a
// list of sub-keys. A th or an rv that is no number in a list that is one counts as
// missing.
func parseOT(value string) (ot contrib.OpenTelemetryTraceState, legible bool) {
	if value == "" {
		return ot, true
	}
	ot, err := contrib.NewOpenTelemetryTraceState(value)
	var number *strconv.NumError
	return ot, err == nil || errors.As(err, &number) || errors.Is(err, contrib.ErrTValueSize) ||
		errors.Is(err, contrib.ErrTValueEmpty) || errors.Is(err, contrib.ErrRValueSize)
}
