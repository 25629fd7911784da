// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules/conditions"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules/fingerprint"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// Span returns which rules the span matches. Its resource was entered; the pattern is
// that of its path, or "".
func (m *Matcher) Span(ss ptrace.ScopeSpans, s ptrace.Span, v *record.Span, pattern string) (f sampling.Finding) {
	if m.rules.user.any() {
		m.it.Span(ss, s)
		defer m.it.Close()
	}
	if m.userRule(m.rules.user.early, &f) {
		return f
	}
	if rule, ok := m.rules.evidenceOfSpan(s, v); ok {
		f.Match = rule
		return f
	}
	if !m.userRule(m.rules.user.late, &f) {
		f.Match = m.rules.requestOf(s, v, pattern)
	}
	return f
}

// Log returns which rules the log record matches. Its resource was entered; the
// pattern is that of its path, or "".
func (m *Matcher) Log(sl plog.ScopeLogs, lr plog.LogRecord, v *record.Log, pattern string) (f sampling.Finding) {
	if m.rules.user.any() {
		m.it.Log(sl, lr)
		defer m.it.Close()
	}
	if m.userRule(m.rules.user.early, &f) {
		return f
	}
	if rule, ok := m.rules.evidenceOfLog(lr, v); ok {
		f.Match = rule
		return f
	}
	if !m.userRule(m.rules.user.late, &f) {
		f.Match = m.rules.accessOf(lr, v, pattern)
	}
	return f
}

// Matcher finds the rules that the items of one batch match: Use begins the batch,
// EnterSpans or EnterLogs each resource, and Span or Log takes an item. It is for one
// goroutine.
type Matcher struct {
	rules   *Rules
	it      conditions.Item
	service string                 // of the resource entered, borrowed, where a rule asks for traces as a whole
	Failed  map[sampling.Match]int // conditions that could not be evaluated, by rule
	Err     error                  // of the first of them, where errors are propagated
}

// Use makes the matcher match by r, as if it was new.
func (m *Matcher) Use(r *Rules) {
	m.it.Reset()
	*m = Matcher{rules: r, it: m.it}
}

// EnterSpans begins the spans of a resource.
func (m *Matcher) EnterSpans(rs ptrace.ResourceSpans) {
	m.it.EnterSpans(rs)
	m.enter()
}

// EnterLogs begins the log records of a resource.
func (m *Matcher) EnterLogs(rl plog.ResourceLogs) {
	m.it.EnterLogs(rl)
	m.enter()
}

// enter notes what rules ask for of the resource entered.
func (m *Matcher) enter() {
	if m.rules.AsksForWhole() {
		m.service = record.ServiceName(m.it.Resource())
	}
	if set := m.rules.user.conditions; set != nil {
		set.Enter(&m.it, m.fail)
	}
}

func (m *Matcher) fail(rule sampling.Match, err error) {
	if m.Failed == nil {
		m.Failed = map[sampling.Match]int{}
	}
	m.Failed[rule]++
	if m.Err == nil && m.rules.user.errorMode == ottl.PropagateError {
		m.Err = fmt.Errorf("sampling rule %q: %w", m.rules.policy.Rules()[rule].Name, err)
	}
}

// userRule notes in the finding which of the rules the item matches, and reports whether
// it matches one by itself.
func (m *Matcher) userRule(list []userRule, f *sampling.Finding) (matched bool) {
	for i := range list {
		r := &list[i]
		switch {
		case m.rules.policy.Rules()[r.match].Needs != 0:
			f.Facts |= m.factsOf(r)
		case m.all(r):
			f.Match = r.match
			f.Key = m.fingerprint(r)
			return true
		}
	}
	return false
}

// fingerprint returns the item's fingerprint, for a rule with an adaptive sampler.
func (m *Matcher) fingerprint(r *userRule) uint64 {
	if len(r.keys) == 0 {
		return 0
	}
	return fingerprint.Of(r.keys, m.it.Fingerprinted())
}

func (m *Matcher) all(r *userRule) bool {
	for i := range r.conditions {
		if !m.holds(r, &r.conditions[i]) {
			return false
		}
	}
	return true
}

// factsOf returns what the item shows of a rule that it does not match by itself.
func (m *Matcher) factsOf(r *userRule) (facts uint32) {
	if r.together {
		if m.all(r) {
			return r.facts
		}
		return 0
	}
	for i := range r.conditions {
		if m.holds(r, &r.conditions[i]) {
			facts |= r.fact(i)
		}
	}
	return facts
}

// holds reports whether the subject meets the condition; one that cannot be
// evaluated is not met.
func (m *Matcher) holds(r *userRule, c *conditions.Condition) bool {
	met, err := c.Holds(&m.it)
	if err != nil {
		m.fail(r.match, err)
		return false
	}
	return met
}
