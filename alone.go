// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"math/rand/v2"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
	"go.opentelemetry.io/collector/pdata/plog"
)

// aloneVerdict is the verdict on a record without a trace.
type aloneVerdict uint8

const (
	aloneNone aloneVerdict = iota // it has a trace, or there is nothing to decide
	aloneKept
	aloneDropped
)

// decideAlone decides on a log record without a trace id: a population of its
// own, each record of which is its own trace. It is kept if it is evidence, and
// else by the percentage for such records and a randomness it gets.
func (b *batch) decideAlone(sl plog.ScopeLogs, lr plog.LogRecord, v *record.Log, e *edit) {
	r := b.pipe.engine.rules
	if r.missing == contrib.AlwaysSampleThreshold || r.certain(b.match.log(sl, lr, v, e.pattern).Match) {
		return
	}
	st := v.Sampling()
	if !st.Explicit {
		// 56 bits are always in range, so there is no error to see.
		st.Randomness, _ = contrib.UnsignedToRandomness(rand.Uint64() % contrib.MaxAdjustedCount)
	}
	keep := r.missing.ShouldSample(st.Randomness)
	e.alone = aloneDropped
	if keep {
		e.alone = aloneKept
	}
	if e.drop = !keep && !r.dryRun; e.drop {
		return
	}
	r.explain(lr.Attributes(), keep, dropMissingID, r.missing)
	if !r.dryRun {
		lr.Attributes().PutStr(record.AttributeRandomness, st.Randomness.RValue())
		noteThreshold(lr, r.missing)
	}
}
