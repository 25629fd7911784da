// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// debugRule matches the items of traces that somebody asked to keep.
type debugRule struct {
	match            sampling.Match
	attribute, value string
	flags            bool
}

func newDebugRule(cfg *DebugConfig, l *ruleList) debugRule {
	r := debugRule{attribute: cfg.Attribute, value: cfg.Value, flags: cfg.Flags}
	if r.attribute != "" || r.flags {
		r.match = l.add(ruleDebug, 100)
	}
	return r
}

func (r *debugRule) span(s ptrace.Span, _ *record.Span) bool {
	return r.attribute != "" && r.asked(s.Attributes())
}

func (r *debugRule) log(lr plog.LogRecord, v *record.Log) bool {
	return r.flags && v.Debug || r.attribute != "" && r.asked(lr.Attributes())
}

func (r *debugRule) asked(attrs pcommon.Map) bool {
	v, ok := attrs.Get(r.attribute)
	if !ok {
		return false
	}
	if v.Type() != pcommon.ValueTypeSlice {
		return r.wants(v)
	}
	for _, e := range v.Slice().All() {
		if r.wants(e) {
			return true
		}
	}
	return false
}

// wants reports whether the value is the one asked for; booleans and numbers
// count by their text.
func (r *debugRule) wants(v pcommon.Value) bool {
	text := v.AsString()
	return text != "" && (r.value == "" || text == r.value)
}
