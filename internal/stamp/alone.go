// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package stamp

import (
	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// RuleMissing is the name in telemetry of the percentage of log records without a
// trace id.
const RuleMissing = "missing_trace_id"

// Alone is what became of a log record that was decided on by itself, for it has no
// trace.
type Alone struct {
	Keep bool
	Rule string // the name in telemetry of what decided, such as RuleMissing
	// Threshold and Randomness are what the record was drawn with. They tell nothing
	// of its weight if what decided has a limit.
	Threshold  contrib.Threshold
	Randomness contrib.Randomness
	Limited    bool
}

// Alone notes on a log record that is handed on what became of it, with the randomness
// of its draw beside the threshold. The record said now of its sampling; it must not be
// kept with a randomness below the threshold.
func (how *Settings) Alone(attrs pcommon.Map, v Alone, now sampling.State) {
	if !v.Keep && !how.DryRun {
		return
	}
	how.explained(attrs, v.Keep, v.Rule, thresholdText(v.Threshold, v.Limited))
	if how.DryRun || v.Threshold == contrib.AlwaysSampleThreshold {
		return
	}
	to := now
	if v.Threshold != contrib.NeverSampleThreshold {
		to.Randomness, to.Explicit = v.Randomness, true
	}
	to, _ = to.Keep(v.Threshold, v.Randomness, how.Unmarked)
	record.WriteSampling(attrs, to, now)
}
