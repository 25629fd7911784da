// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/rules/sampler"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// Warnings returns what the operator should read at start: settings that are valid,
// and may not be what was meant.
func (c *Config) Warnings() []string {
	return slices.Concat(c.unreachable(), c.hidesEvidence(), c.imprecise())
}

// unreachable names the rules that no trace can reach.
func (c *Config) unreachable() (out []string) {
	rules := c.inOrder()
	for i, r := range rules {
		if len(r.Conditions) == 0 {
			return append(out, fmt.Sprintf("rule %q matches every trace: what comes after it is never reached: %s",
				r.Name, strings.Join(c.behind(r, rules[i+1:]), ", ")))
		}
		for _, before := range rules[:i] {
			if before.covers(r) {
				out = append(out, fmt.Sprintf("rule %q is never reached: whatever matches it matches rule %q before it", r.Name, before.Name))
				break
			}
		}
	}
	return out
}

// inOrder are the user's rules in the order in which they decide.
func (c *Config) inOrder() (rules []*RuleConfig) {
	for _, after := range [...]bool{false, true} {
		for i := range c.Rules {
			if c.Rules[i].afterEvidence() == after {
				rules = append(rules, &c.Rules[i])
			}
		}
	}
	return rules
}

// behind are the names of the rules in force behind a rule of the user's, the other
// rules of whose follow.
func (c *Config) behind(rule *RuleConfig, follow []*RuleConfig) (names []string) {
	for i, r := range follow {
		if r.afterEvidence() && !rule.afterEvidence() {
			return slices.Concat(names, c.evidence(), ruleNames(follow[i:]), c.others())
		}
		names = append(names, r.Name)
	}
	if !rule.afterEvidence() {
		names = append(names, c.evidence()...)
	}
	return append(names, c.others()...)
}

// covers reports whether whatever matches the other rule matches this one, judged by
// the texts of the conditions.
func (c *RuleConfig) covers(other *RuleConfig) bool {
	if c.Match == MatchSameItem && len(c.Conditions) > 1 && other.Match != MatchSameItem {
		return false
	}
	for _, text := range c.Conditions {
		if !slices.Contains(other.Conditions, text) {
			return false
		}
	}
	return true
}

func ruleNames(rules []*RuleConfig) (names []string) {
	for _, r := range rules {
		names = append(names, r.Name)
	}
	return names
}

// evidence are the names of the built-in rules in force that keep what they match.
func (c *Config) evidence() (names []string) {
	if c.Debug.Attribute != "" {
		names = append(names, ruleDebug)
	}
	if c.Errors {
		names = append(names, ruleErrors)
	}
	if c.SlowerThan > 0 {
		names = append(names, ruleSlow)
	}
	return names
}

// others are the names of the other built-in rules in force.
func (c *Config) others() (names []string) {
	if c.Suppress.HealthChecks {
		names = append(names, ruleHealthChecks)
	}
	if c.Suppress.StaticAssets {
		names = append(names, ruleStaticAssets)
	}
	for _, r := range slices.Sorted(maps.Keys(c.RoutePercentages)) {
		names = append(names, ruleRoute+r)
	}
	return append(names, ruleDefault)
}

// hidesEvidence names the rules that can drop traces with errors.
func (c *Config) hidesEvidence() (out []string) {
	if !c.Errors {
		if c.Suppress.HealthChecks || c.Suppress.StaticAssets {
			out = append(out, "suppress is on and errors is off: suppressed requests are dropped with the errors in their traces")
		}
		return out
	}
	for i := range c.Rules {
		r := &c.Rules[i]
		if !r.afterEvidence() && r.Sampler.Type != sampler.AlwaysSample && r.Sampler.Percentage() < 100 {
			out = append(out, fmt.Sprintf("rule %q goes before errors and can drop traces with errors", r.Name))
		}
	}
	return out
}

// precisionLoss is the relative difference from which on a percentage that is not
// kept to is a warning.
const precisionLoss = 0.001

// imprecise names the percentages that become others.
func (c *Config) imprecise() (out []string) {
	tell := func(key string, percentage float64) {
		t, err := sampling.PreciseThreshold(percentage, c.SamplingPrecision)
		if actual := 100 * t.Probability(); err == nil && percentage > 0 && math.Abs(actual-percentage) > precisionLoss*percentage {
			out = append(out, fmt.Sprintf("%s %v becomes %.6g at sampling_precision %d", key, percentage, actual, c.SamplingPrecision))
		}
	}
	tell("sampling_percentage", c.SamplingPercentage)
	for _, r := range slices.Sorted(maps.Keys(c.RoutePercentages)) {
		tell(fmt.Sprintf("route_percentages %q", r), c.RoutePercentages[r])
	}
	for i := range c.Rules {
		r := &c.Rules[i]
		if r.Sampler.Type == sampler.Probabilistic {
			tell(fmt.Sprintf("rule %q: sampling_percentage", r.Name), r.Sampler.SamplingPercentage)
		}
		if goal := r.Sampler.GoalPercentage; r.Sampler.Type == sampler.AdaptivePercentage {
			if actual := r.Sampler.Attained(); math.Abs(actual-goal) > 0.05*goal {
				out = append(out, fmt.Sprintf("rule %q: goal_percentage %v becomes %.6g, for rates are whole numbers", r.Name, goal, actual))
			}
		}
	}
	return out
}
