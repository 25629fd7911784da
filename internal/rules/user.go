// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"context"
	"errors"
	"fmt"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlresource"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// userRule is a rule of the user's, compiled.
type userRule struct {
	match      sampling.Match
	conditions []condition
	// facts is the bit of the first condition where several items may meet
	// the conditions together; 0 where one item must meet all of them.
	facts uint32
	keys  []fingerprint
}

// userRules are the rules of the user's, in order. They are immutable.
type userRules struct {
	list []userRule
	// onResource are the conditions on resources, in the order of their memos,
	// and owners the rules they belong to.
	onResource []*ottl.Condition[*ottlresource.TransformContext]
	owners     []sampling.Match
	errorMode  ottl.ErrorMode
	adaptive   []*adaptive
}

// maxFacts is how many conditions there may be in rules that several items can
// match together.
const maxFacts = 32

func newUserRules(cfg *Config, set component.TelemetrySettings, l *ruleList) (*userRules, error) {
	u := &userRules{errorMode: cfg.ErrorMode}
	if len(cfg.Rules) == 0 {
		return u, nil
	}
	parser, err := newConditionParser(set)
	if err != nil {
		return nil, err
	}
	facts := 0
	for i := range cfg.Rules {
		c := &cfg.Rules[i]
		r := userRule{match: u.addSampler(c, l)}
		if err = u.addConditions(&r, c, parser); err != nil {
			return nil, fmt.Errorf("rule %q: %w", c.Name, err)
		}
		if len(r.conditions) > 1 && c.Match != MatchSameItem {
			if facts+len(r.conditions) > maxFacts {
				return nil, fmt.Errorf("rule %q: too many conditions in rules with match: any_item, at most %d", c.Name, maxFacts)
			}
			r.facts = 1 << facts
			l.list[r.match].Needs = r.facts * (1<<len(r.conditions) - 1)
			facts += len(r.conditions)
		}
		u.list = append(u.list, r)
	}
	return u, nil
}

// addSampler adds the rule to the policy.
func (u *userRules) addSampler(c *RuleConfig, l *ruleList) sampling.Match {
	m := l.add(c.Name, c.Sampler.percentage())
	if c.Sampler.Type.adapts() {
		a := newAdaptive(&c.Sampler)
		u.adaptive = append(u.adaptive, a)
		l.list[m].Rate = a.rate
	}
	return m
}

func (u *userRules) addConditions(r *userRule, c *RuleConfig, parser *conditionParser) error {
	var onSpan, onLog bool
	for _, text := range c.Conditions {
		parsed, err := parser.parse(text)
		if err != nil {
			return fmt.Errorf("condition %q: %w", text, err)
		}
		if parsed.resource != nil {
			parsed.memo = len(u.onResource)
			u.onResource = append(u.onResource, parsed.resource)
			u.owners = append(u.owners, r.match)
		}
		onSpan = onSpan || parsed.span != nil || parsed.event != nil
		onLog = onLog || parsed.log != nil
		r.conditions = append(r.conditions, parsed)
	}
	for _, text := range c.Sampler.FingerprintAttributes {
		// Config.Validate has parsed it.
		key, _ := parseFingerprint(text)
		r.keys = append(r.keys, key)
	}
	return Check(!onSpan || !onLog || c.Match != MatchSameItem,
		"conditions on spans and on logs cannot be met by the same item; use match: any_item")
}

// start makes the rates of the adaptive samplers follow the traffic.
func (u *userRules) start() (err error) {
	for _, a := range u.adaptive {
		err = errors.Join(err, a.sampler.Start())
	}
	return err
}

func (u *userRules) stop() (err error) {
	for _, a := range u.adaptive {
		err = errors.Join(err, a.sampler.Stop())
	}
	return err
}

// Matcher finds the rules that the items of one batch match: Use begins the batch,
// EnterSpans or EnterLogs each resource, and Span or Log takes an item. It is for one
// goroutine.
type Matcher struct {
	rules  *Rules
	it     item
	Failed map[sampling.Match]int // conditions that could not be evaluated, by rule
	Err    error                  // of the first of them, where errors are propagated
}

// Use makes the matcher match by r, as if it was new.
func (m *Matcher) Use(r *Rules) {
	*m = Matcher{rules: r, it: item{resource: m.it.resource[:0]}}
}

// EnterSpans begins the spans of a resource.
func (m *Matcher) EnterSpans(rs ptrace.ResourceSpans) {
	m.it.spans = rs
	if len(m.rules.user.onResource) > 0 {
		in := ottlresource.NewTransformContext(rs.Resource(), rs)
		defer in.Close()
		m.enter(in)
	}
}

// EnterLogs begins the log records of a resource.
func (m *Matcher) EnterLogs(rl plog.ResourceLogs) {
	m.it.logs, m.it.isLog = rl, true
	if len(m.rules.user.onResource) > 0 {
		in := ottlresource.NewTransformContext(rl.Resource(), rl)
		defer in.Close()
		m.enter(in)
	}
}

// enter notes which conditions on resources the resource meets.
func (m *Matcher) enter(in *ottlresource.TransformContext) {
	m.it.resource = m.it.resource[:0]
	for i, c := range m.rules.user.onResource {
		met, err := c.Eval(context.Background(), in)
		if err != nil {
			m.fail(m.rules.user.owners[i], err)
		}
		m.it.resource = append(m.it.resource, met)
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

// userRule returns which of the user's rules the item matches, and whether it matches
// one by itself.
func (m *Matcher) userRule() (f sampling.Finding, matched bool) {
	for i := range m.rules.user.list {
		r := &m.rules.user.list[i]
		if r.facts != 0 {
			f.Facts |= m.factsOf(r)
			continue
		}
		if m.all(r) {
			f.Match = r.match
			f.Key = fingerprintOf(r.keys, &m.it)
			return f, true
		}
	}
	return f, false
}

func (m *Matcher) all(r *userRule) bool {
	for i := range r.conditions {
		if !m.holds(r, &r.conditions[i]) {
			return false
		}
	}
	return true
}

func (m *Matcher) factsOf(r *userRule) (facts uint32) {
	for i := range r.conditions {
		if m.holds(r, &r.conditions[i]) {
			facts |= r.facts << i
		}
	}
	return facts
}

// holds reports whether the subject meets the condition; one that cannot be
// evaluated is not met.
func (m *Matcher) holds(r *userRule, c *condition) bool {
	met, err := c.holds(&m.it)
	if err != nil {
		m.fail(r.match, err)
		return false
	}
	return met
}
