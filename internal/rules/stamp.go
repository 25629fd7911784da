// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// Stamper notes on kept items with which threshold they were kept. The spans of
// a batch share few tracestates, so it remembers the last one. It is for one
// goroutine.
type Stamper struct {
	rules   *Rules
	in, out string
	verdict sampling.Verdict
	valid   bool
}

// NewStamper returns a Stamper for one batch.
func NewStamper(r *Rules) *Stamper { return &Stamper{rules: r} }

// notes reports whether the threshold is written. One that keeps all is written only
// where no earlier stage can have dropped anything.
func (st *Stamper) notes(t contrib.Threshold) bool {
	return t != contrib.AlwaysSampleThreshold || st.rules.unmarked == sampling.Unsampled
}

// Span writes the threshold of the verdict to the tracestate, unless a higher one is
// there, and the rule's name and the notes of a dry run to the attributes.
func (st *Stamper) Span(s ptrace.Span, v sampling.Verdict) {
	t := st.rules.policy.Threshold(v)
	if st.rules.explain(s.Attributes(), v.Keep, st.rules.policy.Rules()[v.Rule].Name, t); st.rules.dryRun || !st.notes(t) {
		return
	}
	in := s.TraceState().AsRaw()
	if !st.valid || st.in != in || st.verdict != v {
		st.out, _ = sampling.Stamp(in, t, st.rules.unmarked)
		st.in, st.verdict, st.valid = in, v, true
	}
	if st.out != in {
		s.TraceState().FromRaw(st.out)
	}
}

// Log writes all of it to the attributes of a log record.
func (st *Stamper) Log(lr plog.LogRecord, v sampling.Verdict) {
	t := st.rules.policy.Threshold(v)
	if st.rules.explain(lr.Attributes(), v.Keep, st.rules.policy.Rules()[v.Rule].Name, t); st.rules.dryRun || !st.notes(t) {
		return
	}
	noteThreshold(lr, t)
}

// noteThreshold notes the threshold on a log record, unless a higher one is.
func noteThreshold(lr plog.LogRecord, t contrib.Threshold) {
	noted, ok := lr.Attributes().Get(record.AttributeThreshold)
	if !ok {
		noted = lr.Attributes().PutEmpty(record.AttributeThreshold)
	} else if !raises(t, noted) {
		return
	}
	noted.SetStr(t.TValue())
}

// The attributes of a dry run.
const (
	AttributeDryVerdict   = "sampling.dry_run.verdict"
	AttributeDryRule      = "sampling.dry_run.rule"
	AttributeDryThreshold = "sampling.dry_run.threshold"
	AttributeDryRepeat    = "sampling.dry_run.repeat" // duplicate or redundant
)

// explain writes which rule kept an item and, in a dry run, what its verdict would
// have been.
func (r *Rules) explain(attrs pcommon.Map, keep bool, rule string, t contrib.Threshold) {
	if r.attribute != "" && keep {
		attrs.PutStr(r.attribute, rule)
	}
	if r.dryRun {
		attrs.PutStr(AttributeDryVerdict, VerdictName(keep))
		attrs.PutStr(AttributeDryRule, rule)
		attrs.PutStr(AttributeDryThreshold, t.TValue())
	}
}

// raises reports whether t is above the threshold noted already.
func raises(t contrib.Threshold, noted pcommon.Value) bool {
	old, err := contrib.TValueToThreshold(noted.AsString())
	return err != nil || contrib.ThresholdGreater(t, old)
}

// VerdictName is a verdict's name in telemetry.
func VerdictName(keep bool) string {
	if keep {
		return "keep"
	}
	return "drop"
}
