// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package stamp

import (
	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// Settings say what is noted on items. They are immutable, and safe for concurrent use.
type Settings struct {
	// Policy is what decides.
	Policy *sampling.Policy
	// Source is where the randomness of ids is taken from, and Unmarked what it means
	// that an item arrives without a threshold.
	Source   sampling.Source
	Unmarked sampling.Unmarked
	// Drops is set if traces can be dropped, and DryRun if nothing is dropped
	// whatever the verdict.
	Drops, DryRun bool
	// Attribute is the one that names the rule which kept an item, "" for none.
	Attribute string
}

// silent reports whether the verdict leaves an item as it is that says nothing of its
// sampling: that is most of them where traces are kept for certain.
func (how *Settings) silent(v sampling.Verdict) bool {
	return how.DryRun || !how.Drops && how.Unmarked == sampling.Unknown && how.Policy.Threshold(v) == contrib.AlwaysSampleThreshold
}

// leaving returns the state with which an item leaves that arrived with another and is
// kept by the verdict, and whether that says the verdict's threshold.
//
// What shows no randomness of its own says the one its trace was judged by
// (specification, "General requirements"), so that no later stage finds the threshold
// above the randomness. That of the id is there already.
func (how *Settings) leaving(s sampling.State, id [16]byte, v sampling.Verdict) (sampling.State, bool) {
	random, source := randomnessOf(id, how.Source, &s)
	if how.DryRun { // nothing was sampled
		return s.Keep(contrib.AlwaysSampleThreshold, random, sampling.Unknown)
	}
	switch {
	case source == fromItem || s.Sampled:
	case v.Explicit:
		random = v.Randomness
		s.Randomness, s.Explicit = random, true
	case source == fromHash && how.Drops:
		s.Randomness, s.Explicit = random, true
	}
	return s.Keep(how.Policy.Threshold(v), random, how.Unmarked)
}
