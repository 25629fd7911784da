// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"sync"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules/conditions"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// wholeRule is the conditions of a rule on traces as a whole, and the fact that all of
// them are met.
type wholeRule struct {
	match      sampling.Match
	conditions []conditions.Condition
	fact       uint32
}

// failures counts conditions that could not be evaluated, by rule. It is safe for
// concurrent use.
type failures struct {
	mu     sync.Mutex
	byRule map[sampling.Match]int
}

func (f *failures) add(rule sampling.Match) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byRule == nil {
		f.byRule = map[sampling.Match]int{}
	}
	f.byRule[rule]++
}

// take returns what was counted, and begins anew.
func (f *failures) take() map[sampling.Match]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := f.byRule
	f.byRule = nil
	return out
}

// AsksForWhole reports whether a rule asks for what traces are as a whole.
func (r *Rules) AsksForWhole() bool { return len(r.user.whole) > 0 }

// Whole returns the facts that a trace shows as a whole. A condition that cannot be
// evaluated is not met, whatever error_mode: the items came long ago.
func (r *Rules) Whole(t *sampling.Trace) (facts uint32) {
	for i := range r.user.whole {
		w := &r.user.whole[i]
		if r.meets(w, t) {
			facts |= w.fact
		}
	}
	return facts
}

func (r *Rules) meets(w *wholeRule, t *sampling.Trace) bool {
	for i := range w.conditions {
		met, err := w.conditions[i].HoldsFor(t)
		if err != nil {
			r.user.failed.add(w.match)
		}
		if err != nil || !met {
			return false
		}
	}
	return true
}

// WholeFailed returns how many conditions on traces could not be evaluated since the
// last call, by rule.
func (r *Rules) WholeFailed() map[sampling.Match]int {
	if !r.AsksForWhole() {
		return nil
	}
	return r.user.failed.take()
}

// SpanPart returns what the span adds to its trace as a whole. Its resource was entered.
func (m *Matcher) SpanPart(s ptrace.Span, v *record.Span) sampling.Part {
	p := sampling.Part{Service: m.service, Root: s.ParentSpanID().IsEmpty(), Failed: record.SpanFailed(s, v)}
	if record.BrokenTimes(s) == "" {
		p.Start, p.End = uint64(s.StartTimestamp()), uint64(s.EndTimestamp())
	}
	return p
}

// LogPart does for log records what SpanPart does for spans.
func (m *Matcher) LogPart(lr plog.LogRecord, v *record.Log) sampling.Part {
	return sampling.Part{Service: m.service, Log: true, Failed: record.LogFailed(lr, v)}
}
