// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"errors"
	"fmt"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlresource"
	"go.opentelemetry.io/collector/component"

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
	// rules are those of the adaptive samplers.
	rules []sampling.Match
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
		u.adaptive, u.rules = append(u.adaptive, a), append(u.rules, m)
		l.list[m].Rate = a.rate
	}
	if c.Sampler.Type == RateLimiting {
		l.list[m].Take = newLimit(&c.Sampler).take
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
		err = errors.Join(err, a.start())
	}
	return err
}

func (u *userRules) stop() (err error) {
	for _, a := range u.adaptive {
		err = errors.Join(err, a.stop())
	}
	return err
}
