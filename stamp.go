// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// attrThreshold is the log attribute contrib's probabilistic_sampler notes the
// sampling threshold in; log records have no tracestate.
const attrThreshold = "sampling.threshold"

// stamper notes on kept items with which threshold they were kept. The spans of
// a batch share few tracestates, so it remembers the last one. It is for one
// goroutine.
type stamper struct {
	policy  *sampling.Policy
	in, out string
	rule    sampling.Match
	valid   bool
}

func newStamper(p *sampling.Policy) *stamper { return &stamper{policy: p} }

func (st *stamper) span(s ptrace.Span, rule sampling.Match) {
	t := st.policy.Threshold(rule)
	if t == contrib.AlwaysSampleThreshold {
		return
	}
	in := s.TraceState().AsRaw()
	if !st.valid || st.in != in || st.rule != rule {
		st.out, _ = sampling.Stamp(in, t)
		st.in, st.rule, st.valid = in, rule, true
	}
	if st.out != in {
		s.TraceState().FromRaw(st.out)
	}
}

func (st *stamper) log(lr plog.LogRecord, rule sampling.Match) {
	t := st.policy.Threshold(rule)
	if t == contrib.AlwaysSampleThreshold {
		return
	}
	v, ok := lr.Attributes().Get(attrThreshold)
	if !ok {
		v = lr.Attributes().PutEmpty(attrThreshold)
	} else if !raises(t, v) {
		return
	}
	v.SetStr(t.TValue())
}

// raises reports whether t is above the threshold noted already.
func raises(t contrib.Threshold, noted pcommon.Value) bool {
	old, err := contrib.TValueToThreshold(noted.AsString())
	return err != nil || contrib.ThresholdGreater(t, old)
}
