// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package stamp

import (
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
	how *Settings
	// The last tracestate, what it says, and what became of it once.
	in      string
	now, to sampling.State
	out     string
	why     sampling.Unwritten
	known   bool // to, out and why are those of in

	unwritten [sampling.UnwrittenReasons]int
}

// New returns a Stamper for one batch.
func New(how *Settings) *Stamper { return &Stamper{how: how} }

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
	st.how.explain(s.Attributes(), v)
	raw := s.TraceState().AsRaw()
	if raw == "" && st.how.silent(v) {
		return
	}
	if raw != st.in {
		st.in, st.now, st.known = raw, sampling.ReadState(raw), false
	}
	to, ok := st.how.leaving(st.now, s.TraceID(), v)
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
	st.how.explain(lr.Attributes(), v)
	if st.how.silent(v) {
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
	to, ok := st.how.leaving(now, id, v)
	record.WriteSampling(attrs, to, now)
	return ok
}
