// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"errors"
	"fmt"
	"math/bits"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl"
	"go.opentelemetry.io/collector/component"

	"github.com/otelcol-correlation/correlationprocessor/internal/check"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules/conditions"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules/fingerprint"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules/sampler"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// userRule is a rule of the user's, compiled.
type userRule struct {
	match      sampling.Match
	conditions []conditions.Condition // on items
	keys       []fingerprint.Attribute
	// facts are what items can show of the rule, one bit for each condition or, if
	// together is set, one bit for all of them met by the same item. They are 0 where an
	// item that meets all conditions matches the rule by itself.
	facts    uint32
	together bool
}

// userRules are the rules of the user's. But for the failures they are immutable.
type userRules struct {
	// early go before evidence and late after it, in their order.
	early, late []userRule
	// whole are the conditions on traces as a whole.
	whole      []wholeRule
	failed     failures
	own        []bool          // by Match: it is one of these rules
	conditions *conditions.Set // nil without rules
	errorMode  ottl.ErrorMode
	now        func() time.Time
	adaptive   []*sampler.Adaptive
	// rules are those of the adaptive samplers.
	rules []sampling.Match
	facts int // how many are taken
}

// maxFacts is how many conditions there may be in rules that several items can
// match together.
const maxFacts = 32

func newUserRules(cfg *Config, now func() time.Time, set component.TelemetrySettings) (u *userRules, err error) {
	if now == nil {
		now = func() time.Time { return time.Time{} }
	}
	u = &userRules{errorMode: cfg.ErrorMode, now: now}
	if len(cfg.Rules) > 0 {
		u.conditions, err = conditions.NewSet(set)
	}
	return u, err
}

// has reports whether the rule is one of them.
func (u *userRules) has(rule sampling.Match) bool { return int(rule) < len(u.own) && u.own[rule] }

// any reports whether there are any rules.
func (u *userRules) any() bool { return len(u.early)+len(u.late) > 0 }

// add compiles the rules that go before evidence, or those that go after it.
func (u *userRules) add(cfg *Config, afterEvidence bool, l *ruleList) (list []userRule, err error) {
	for i := range cfg.Rules {
		c := &cfg.Rules[i]
		if c.afterEvidence() != afterEvidence {
			continue
		}
		r := userRule{match: u.addSampler(c, l)}
		for len(u.own) < len(l.list) {
			u.own = append(u.own, sampling.Match(len(u.own)) == r.match)
		}
		whole := wholeRule{match: r.match}
		if err = u.addConditions(&r, &whole, c); err == nil {
			err = u.addFacts(&r, &whole, c, &l.list[r.match])
		}
		if err != nil {
			return nil, fmt.Errorf("rule %q: %w", c.Name, err)
		}
		list = append(list, r)
	}
	return list, nil
}

// addSampler adds the rule to the policy.
func (u *userRules) addSampler(c *RuleConfig, l *ruleList) sampling.Match {
	m := l.add(c.Name, c.Sampler.Percentage())
	if c.Sampler.Type.Adapts() {
		a := sampler.NewAdaptive(&c.Sampler, u.now)
		u.adaptive, u.rules = append(u.adaptive, a), append(u.rules, m)
		l.list[m].Rate = a.Rate
	}
	if c.Sampler.Type == sampler.RateLimiting {
		l.list[m].Take = sampler.NewLimit(&c.Sampler, u.now).Take
	}
	return m
}

func (u *userRules) addConditions(r *userRule, whole *wholeRule, c *RuleConfig) error {
	var onSpan, onLog bool
	for _, text := range c.Conditions {
		parsed, err := u.conditions.Parse(text, r.match)
		if err != nil {
			return fmt.Errorf("condition %q: %w", text, err)
		}
		if parsed.On() == conditions.OnTrace {
			whole.conditions = append(whole.conditions, parsed)
			continue
		}
		onSpan = onSpan || parsed.On() == conditions.OnSpan
		onLog = onLog || parsed.On() == conditions.OnLog
		r.conditions = append(r.conditions, parsed)
	}
	for _, text := range c.Sampler.FingerprintAttributes {
		// Config.Validate has parsed it.
		key, _ := fingerprint.Parse(text)
		r.keys = append(r.keys, key)
	}
	return errors.Join(
		check.That(!onSpan || !onLog || c.Match != MatchSameItem,
			"conditions on spans and on logs cannot be met by the same item; use match: any_item"),
		check.That(len(whole.conditions) == 0 || len(r.keys) == 0,
			"fingerprint_attributes are not for rules with conditions on traces, for the fingerprint is that of the item that meets them"),
	)
}

// addFacts gives facts to a rule that no item matches by itself, and notes in the
// policy that it needs them.
func (u *userRules) addFacts(r *userRule, whole *wholeRule, c *RuleConfig, in *sampling.Rule) error {
	r.together = c.Match == MatchSameItem
	ofItems, ofWhole := len(r.conditions), min(1, len(whole.conditions))
	switch {
	case ofWhole == 0 && (r.together || ofItems < 2):
		return nil
	case r.together:
		ofItems = min(1, ofItems)
	}
	if u.facts+ofItems+ofWhole > maxFacts {
		return fmt.Errorf("too many conditions in rules with match: any_item, at most %d", maxFacts)
	}
	r.facts = (1<<ofItems - 1) << u.facts
	u.facts += ofItems
	if ofWhole > 0 {
		whole.fact = 1 << u.facts
		u.facts++
		u.whole = append(u.whole, *whole)
	}
	in.Needs = r.facts | whole.fact
	return nil
}

// fact is the bit of the i-th condition.
func (r *userRule) fact(i int) uint32 { return 1 << (bits.TrailingZeros32(r.facts) + i) }

// start makes the rates of the adaptive samplers follow the traffic.
func (u *userRules) start() (err error) {
	for _, a := range u.adaptive {
		err = errors.Join(err, a.Start())
	}
	return err
}

func (u *userRules) stop() (err error) {
	for _, a := range u.adaptive {
		err = errors.Join(err, a.Stop())
	}
	return err
}
