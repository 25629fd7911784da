// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"
	"strings"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"

	"github.com/otelcol-correlation/correlationprocessor/internal/rules/sampler"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// Describe returns the rules in the order in which they decide, each with its sampler,
// for people to read: "errors: always_sample". The configuration is the one that the
// rules were made of.
func (r *Rules) Describe(cfg *Config) (lines []string) {
	for _, rule := range r.inOrder() {
		lines = append(lines, rule.Name+cfg.detail(rule.Name)+": "+cfg.sampler(rule))
	}
	return lines
}

// Dropping returns the names of the rules that can drop traces, in their order.
func (r *Rules) Dropping() (names []string) {
	for _, rule := range r.inOrder() {
		if rule.Rate != nil || rule.Threshold != contrib.AlwaysSampleThreshold {
			names = append(names, rule.Name)
		}
	}
	return names
}

// inOrder are the policy's rules without repetition: those on requests are there for
// roots and for inner requests, and what they leave to the default rule is the
// default rule, which is the last.
func (r *Rules) inOrder() (list []*sampling.Rule) {
	all := r.policy.Rules()
	for i := range all {
		rule := &all[i]
		known := slices.ContainsFunc(list, func(k *sampling.Rule) bool { return k.Name == rule.Name })
		if !known && (rule.Name != ruleDefault || i == len(all)-1) {
			list = append(list, rule)
		}
	}
	return list
}

// detail says what a built-in rule looks for, where its name does not.
func (c *Config) detail(rule string) string {
	switch rule {
	case ruleDebug:
		var signs []string
		if c.Debug.Attribute != "" {
			signs = append(signs, strings.TrimSuffix(c.Debug.Attribute+"="+c.Debug.Value, "="))
		}
		if c.Debug.Flags {
			signs = append(signs, "flags")
		}
		return " (" + strings.Join(signs, ", ") + ")"
	case ruleSlow:
		return fmt.Sprintf(" (slower_than %v)", c.SlowerThan)
	default:
		return ""
	}
}

// sampler says how many of the traces that match a rule are kept.
func (c *Config) sampler(rule *sampling.Rule) string {
	for i := range c.Rules {
		if c.Rules[i].Name == rule.Name {
			return c.Rules[i].Sampler.Describe()
		}
	}
	switch rule.Threshold {
	case contrib.AlwaysSampleThreshold:
		return string(sampler.AlwaysSample)
	case contrib.NeverSampleThreshold:
		return string(sampler.NeverSample)
	default:
		return fmt.Sprintf("%s %.4g %%", sampler.Probabilistic, 100*rule.Threshold.Probability())
	}
}
