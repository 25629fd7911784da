// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// RuleConfig is a rule of the user's. The first rule that matches a trace
// decides on it.
type RuleConfig struct {
	// Name is the rule's name in telemetry.
	Name string `mapstructure:"name"`
	// Match says whether the conditions may be met by different items.
	Match MatchMode `mapstructure:"match"`
	// Conditions are OTTL conditions, all of which must be met; a rule without
	// one matches everything. A path's prefix (span, spanevent, log, resource)
	// chooses what a condition looks at.
	Conditions []string `mapstructure:"conditions"`
	// Sampler says how many of the traces that match are kept.
	Sampler SamplerConfig `mapstructure:"sampler"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// SamplerConfig says how many traces are kept. Which traces are kept depends on
// their randomness.
type SamplerConfig struct {
	// Type is the kind of sampler; it must be set.
	Type SamplerType `mapstructure:"type"`
	// SamplingPercentage is the share that probabilistic keeps.
	SamplingPercentage float64 `mapstructure:"sampling_percentage"`
	// GoalPercentage is the share that adaptive_percentage keeps of all,
	// above 0: more of what is rare and less of what is common.
	GoalPercentage float64 `mapstructure:"goal_percentage"`
	// GoalThroughput is how many spans and log records a second
	// adaptive_throughput keeps.
	GoalThroughput int `mapstructure:"goal_throughput"`
	// FingerprintAttributes separate rare traces from common ones: attribute
	// keys of spans, logs or resources, such as url.template.
	FingerprintAttributes []string `mapstructure:"fingerprint_attributes"`
	// AdjustmentInterval is how often the rates are made anew; 0 is 15 s.
	AdjustmentInterval time.Duration `mapstructure:"adjustment_interval"`
	// Weight of the last interval against those before it, above 0 and below
	// 1; 0 is 0.5.
	Weight float64 `mapstructure:"weight"`
	// MaxKeys is how many fingerprints have rates of their own; 0 is 500.
	MaxKeys int `mapstructure:"max_keys"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// MatchMode says whether the conditions of a rule may be met by different items.
type MatchMode string

// The modes.
const (
	MatchAnyItem  MatchMode = "any_item" // the default
	MatchSameItem MatchMode = "same_item"
)

// SamplerType is a kind of sampler.
type SamplerType string

// The samplers.
const (
	AlwaysSample       SamplerType = "always_sample"
	NeverSample        SamplerType = "never_sample"
	Probabilistic      SamplerType = "probabilistic"
	AdaptivePercentage SamplerType = "adaptive_percentage"
	AdaptiveThroughput SamplerType = "adaptive_throughput"
)

// adapts reports whether the sampler's rates follow the traffic.
func (t SamplerType) adapts() bool { return t == AdaptivePercentage || t == AdaptiveThroughput }

// percentage is the share a sampler that does not adapt keeps.
func (c *SamplerConfig) percentage() float64 {
	switch c.Type {
	case AlwaysSample:
		return 100
	case Probabilistic:
		return c.SamplingPercentage
	default:
		return 0
	}
}

// Validate checks the rule but for its conditions, which are compiled with all
// others.
func (c *RuleConfig) Validate() error {
	err := errors.Join(
		Check(c.Name != "", "name must not be empty"),
		Check(!builtInRule(c.Name), "name must not be that of a built-in rule, got %q", c.Name),
		Check(c.Match == "" || len(c.Conditions) > 0, "match is for rules with conditions, got %q", c.Match),
		CheckOneOf("match", c.Match, "", MatchAnyItem, MatchSameItem),
		Check(c.Match == MatchSameItem || len(c.Conditions) < 2 || len(c.Sampler.FingerprintAttributes) == 0,
			"fingerprint_attributes need match: same_item where there are several conditions, for the fingerprint is that of the item that meets them"),
	)
	if err != nil {
		return fmt.Errorf("rule %q: %w", c.Name, err)
	}
	return nil
}

// Validate checks that what the sampler's type needs is there, and nothing else.
func (c *SamplerConfig) Validate() error {
	unused := func(set bool, key string, got any) error {
		return Check(!set, "%s is not for type %s, got %v", key, c.Type, got)
	}
	probabilistic := CheckPercentage("sampling_percentage", c.SamplingPercentage)
	if c.Type != Probabilistic {
		probabilistic = unused(c.SamplingPercentage != 0, "sampling_percentage", c.SamplingPercentage)
	}
	goal := Check(c.GoalPercentage > 0 && c.GoalPercentage <= 100, "goal_percentage must be above 0 and at most 100, got %v", c.GoalPercentage)
	if c.Type != AdaptivePercentage {
		goal = unused(c.GoalPercentage != 0, "goal_percentage", c.GoalPercentage)
	}
	throughput := Check(c.GoalThroughput > 0, "goal_throughput must be positive, got %d", c.GoalThroughput)
	if c.Type != AdaptiveThroughput {
		throughput = unused(c.GoalThroughput != 0, "goal_throughput", c.GoalThroughput)
	}
	if err := CheckOneOf("type", c.Type, AlwaysSample, NeverSample, Probabilistic, AdaptivePercentage, AdaptiveThroughput); err != nil {
		return err
	}
	return errors.Join(probabilistic, goal, throughput, c.validateAdaptive(unused))
}

func (c *SamplerConfig) validateAdaptive(unused func(bool, string, any) error) error {
	if !c.Type.adapts() {
		return errors.Join(
			unused(len(c.FingerprintAttributes) > 0, "fingerprint_attributes", c.FingerprintAttributes),
			unused(c.AdjustmentInterval != 0, "adjustment_interval", c.AdjustmentInterval),
			unused(c.Weight != 0, "weight", c.Weight),
			unused(c.MaxKeys != 0, "max_keys", c.MaxKeys))
	}
	err := errors.Join(
		Check(c.AdjustmentInterval == 0 || c.AdjustmentInterval >= time.Second, "adjustment_interval must be at least 1s, got %v", c.AdjustmentInterval),
		Check(c.Weight >= 0 && c.Weight < 1, "weight must be above 0 and below 1, got %v", c.Weight),
		Check(c.MaxKeys >= 0, "max_keys must not be negative, got %d", c.MaxKeys))
	for _, text := range c.FingerprintAttributes {
		_, bad := parseFingerprint(text)
		err = errors.Join(err, bad)
	}
	return err
}

// builtInRule reports whether a name is taken by a rule of the processor's own.
func builtInRule(name string) bool {
	switch name {
	case ruleDebug, ruleErrors, ruleSlow, ruleHealthChecks, ruleStaticAssets, ruleDefault:
		return true
	}
	return strings.HasPrefix(name, ruleRoute)
}
