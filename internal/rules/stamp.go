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
	rules *Rules
	// The last tracestate, what it says, and what became of it once.
	in      string
	now, to sampling.State
	out     string
	why     sampling.Unwritten
	known   bool // to, out and why are those of in

	unwritten [sampling.UnwrittenReasons]int
}

// NewStamper returns a Stamper for one batch.
func NewStamper(r *Rules) *Stamper { return &Stamper{rules: r} }

// Unwritten yields how many items a threshold could not be noted on, by reason.
func (st *Stamper) Unwritten(yield func(reason string, items int) bool) {
	for why, n := range st.unwritten {
		if why != int(sampling.Written) && !yield(sampling.Unwritten(why).String(), n) {
			return
		}
	}
}

// Span writes the threshold of the verdict to the tracestate, unless a higher one is
// there, and the rule's name and the notes of a dry run to the attributes. A span
// whose tracestate cannot say the threshold has it among its attributes, as logs do.
// With [sampling.NoRule] for a rule the span is left as it is.
func (st *Stamper) Span(s ptrace.Span, v sampling.Verdict) {
	if v.Rule == sampling.NoRule {
		return
	}
	st.rules.explain(s.Attributes(), v)
	raw := s.TraceState().AsRaw()
	if raw == "" && st.rules.silent(v) {
		return
	}
	if raw != st.in {
		st.in, st.now, st.known = raw, sampling.ReadState(raw), false
	}
	to, ok := st.rules.leaving(st.now, s.TraceID(), v)
	if !st.known || st.to != to {
		st.out, st.why = to.WriteTo(st.in)
		st.to, st.known = to, true
	}
	if st.out != st.in {
		s.TraceState().FromRaw(st.out)
	}
	switch {
	case st.why != sampling.Written:
		st.unwritten[st.why]++
		st.attributes(s.Attributes(), s.TraceID(), v)
	case !ok:
		st.unwritten[sampling.BelowThreshold]++
	}
}

// Log writes all of it to the attributes of a log record.
func (st *Stamper) Log(lr plog.LogRecord, v sampling.Verdict) {
	if v.Rule == sampling.NoRule {
		return
	}
	st.rules.explain(lr.Attributes(), v)
	if st.rules.silent(v) {
		if _, sampled := lr.Attributes().Get(record.AttributeThreshold); !sampled {
			return
		}
	}
	if !st.attributes(lr.Attributes(), lr.TraceID(), v) {
		st.unwritten[sampling.BelowThreshold]++
	}
}

// attributes has the attributes of an item say what its tracestate would.
func (st *Stamper) attributes(attrs pcommon.Map, id [16]byte, v sampling.Verdict) bool {
	now := record.ReadSampling(attrs)
	to, ok := st.rules.leaving(now, id, v)
	record.WriteSampling(attrs, to, now)
	return ok
}

// silent reports whether the verdict leaves an item as it is that says nothing of its
// sampling: that is most of them where traces are kept for certain.
func (r *Rules) silent(v sampling.Verdict) bool {
	return r.dryRun || !r.drops && r.unmarked == sampling.Unknown && r.policy.Threshold(v) == contrib.AlwaysSampleThreshold
}

// leaving returns the state with which an item leaves that arrived with another and is
// kept by the verdict, and whether that says the verdict's threshold.
//
// What shows no randomness of its own says the one its trace was judged by
// (specification, "General requirements"), so that no later stage finds the threshold
// above the randomness. That of the id is there already.
func (r *Rules) leaving(s sampling.State, id [16]byte, v sampling.Verdict) (sampling.State, bool) {
	random, source := randomnessOf(id, r.source, &s)
	if r.dryRun { // nothing was sampled
		return s.Keep(contrib.AlwaysSampleThreshold, random, sampling.Unknown)
	}
	switch {
	case source == fromItem || s.Sampled:
	case v.Explicit:
		random = v.Randomness
		s.Randomness, s.Explicit = random, true
	case source == fromHash && r.drops:
		s.Randomness, s.Explicit = random, true
	}
	return s.Keep(r.policy.Threshold(v), random, r.unmarked)
}

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
func (r *Rules) explain(attrs pcommon.Map, v sampling.Verdict) {
	if r.attribute == "" && !r.dryRun {
		return
	}
	r.explained(attrs, v.Keep, r.policy.Rules()[v.Rule].Name, r.thresholdOf(v.Rule, r.policy.Threshold(v)))
}

// thresholdOf is how a dry run writes the threshold of a verdict by the rule.
func (r *Rules) thresholdOf(rule sampling.Match, t contrib.Threshold) string {
	if r.policy.Rules()[rule].Take != nil {
		return thresholdUnknown
	}
	return thresholdText(t)
}

// explained does so with the rule's name and the text of its threshold.
func (r *Rules) explained(attrs pcommon.Map, keep bool, rule, threshold string) {
	if r.attribute != "" && keep {
		attrs.PutStr(r.attribute, rule)
	}
	if r.dryRun {
		attrs.PutStr(AttributeDryVerdict, VerdictName(keep))
		attrs.PutStr(AttributeDryRule, rule)
		attrs.PutStr(AttributeDryThreshold, threshold)
	}
}

// thresholdText is how a dry run writes a threshold. OTEP-235 has none for 0 %, and
// contrib writes the empty text.
func thresholdText(t contrib.Threshold) string {
	if t == contrib.NeverSampleThreshold {
		return thresholdNever
	}
	return t.TValue()
}

// VerdictName is a verdict's name in telemetry.
func VerdictName(keep bool) string {
	if keep {
		return "keep"
	}
	return "drop"
}
