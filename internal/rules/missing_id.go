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
	st := v.Sampling()
	if !st.Explicit {
		// 56 bits are always in range, so there is no error to see.
		st.Randomness, _ = contrib.UnsignedToRandomness(rand.Uint64() % contrib.MaxAdjustedCount)
	}
	verdict := MissingDropped
	if r.missing.ShouldSample(st.Randomness) {
		verdict = MissingKept
	}
	if verdict == MissingDropped && !r.dryRun {
		return verdict
	}
	r.explain(lr.Attributes(), verdict == MissingKept, RuleMissing, r.missing)
	if !r.dryRun {
		lr.Attributes().PutStr(record.AttributeRandomness, st.Randomness.RValue())
		noteThreshold(lr, r.missing)
	}
	return verdict
}
