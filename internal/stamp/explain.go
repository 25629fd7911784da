// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package stamp

import (
	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// The attributes of a dry run.
const (
	AttributeDryVerdict   = "sampling.dry_run.verdict"
	AttributeDryRule      = "sampling.dry_run.rule"
	AttributeDryThreshold = "sampling.dry_run.threshold"
	AttributeDryRepeat    = "sampling.dry_run.repeat" // duplicate or redundant
)

// The thresholds of a dry run that are no thresholds.
const (
	thresholdNever   = "never"   // 0 % are kept
	thresholdUnknown = "unknown" // how many are kept depends on the others
)

// explain writes which rule kept an item and, in a dry run, what its verdict would
// have been.
func (how *Settings) explain(attrs pcommon.Map, v sampling.Verdict) {
	if how.Attribute == "" && !how.DryRun {
		return
	}
	rule := &how.Policy.Rules()[v.Rule]
	how.explained(attrs, v.Keep, rule.Name, thresholdText(how.Policy.Threshold(v), rule.Take != nil))
}

// explained does so with the rule's name and the text of the verdict's threshold.
func (how *Settings) explained(attrs pcommon.Map, keep bool, rule, threshold string) {
	if how.Attribute != "" && keep {
		attrs.PutStr(how.Attribute, rule)
	}
	if how.DryRun {
		attrs.PutStr(AttributeDryVerdict, VerdictName(keep))
		attrs.PutStr(AttributeDryRule, rule)
		attrs.PutStr(AttributeDryThreshold, threshold)
	}
}

// thresholdText is how a dry run writes the threshold of a rule, which may be limited.
// OTEP-235 has none for 0 %, and contrib writes the empty text.
func thresholdText(t contrib.Threshold, limited bool) string {
	switch {
	case limited:
		return thresholdUnknown
	case t == contrib.NeverSampleThreshold:
		return thresholdNever
	default:
		return t.TValue()
	}
}

// VerdictName is a verdict's name in telemetry.
func VerdictName(keep bool) string {
	if keep {
		return "keep"
	}
	return "drop"
}
