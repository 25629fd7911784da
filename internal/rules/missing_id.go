// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"math/rand/v2"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
)

// RuleMissing is the name in telemetry of the percentage of log records without a
// trace id.
const RuleMissing = "missing_trace_id"

// MissingVerdict is the verdict on a log record without a trace id.
type MissingVerdict uint8

const (
	MissingNone    MissingVerdict = iota // it has a trace, or there is nothing to decide
	MissingKept                          // it passes, with its threshold and randomness
	MissingDropped                       // it goes no further, unless in a dry run
)

// SamplesMissing reports whether log records without a trace id are sampled.
func (r *Rules) SamplesMissing() bool { return r.missing != contrib.AlwaysSampleThreshold }

// MissingID decides on a log record without a trace id, as if it was a trace of its
// own. It is kept if it is evidence, and else by the percentage for such records
// and a random number, which is written to it with the threshold. Its resource was
// entered; the pattern is that of its path.
func (m *Matcher) MissingID(sl plog.ScopeLogs, lr plog.LogRecord, v *record.Log, pattern string) MissingVerdict {
	r := m.rules
	if !r.SamplesMissing() || r.Certain(m.Log(sl, lr, v, pattern).Match) {
		return MissingNone
	}
	now := v.Sampling()
	to := now
	if !to.Explicit {
		to.Randomness, to.Explicit = draw(to.Threshold), true
	}
	verdict := MissingDropped
	if r.missing.ShouldSample(to.Randomness) {
		verdict = MissingKept
	}
	if verdict == MissingDropped && !r.dryRun {
		return verdict
	}
	r.explained(lr.Attributes(), verdict == MissingKept, RuleMissing, thresholdText(r.missing))
	if !r.dryRun {
		to, _ = to.Keep(r.missing, to.Randomness, r.unmarked) // it is above the threshold
		record.WriteSampling(lr.Attributes(), to, now)
	}
	return verdict
}

// draw returns a random number that is not below the threshold: what a stage before
// kept with the threshold had one like it. 0 leaves all of them.
func draw(above contrib.Threshold) contrib.Randomness {
	low := above.Unsigned()
	// 56 bits are always in range, so there is no error to see.
	r, _ := contrib.UnsignedToRandomness(low + rand.Uint64N(contrib.MaxAdjustedCount-low))
	return r
}
