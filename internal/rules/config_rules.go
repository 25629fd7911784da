// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"time"
)

// RuleConfig is a rule of the user's. The first rule that matches a trace
// decides on it.
type RuleConfig struct {
	// Name is the rule's name in telemetry.
	Name string `mapstructure:"name"`
	// AfterEvidence puts the rule behind debug, errors and slower_than, and before
	// suppress, route_percentages and the default. Rules with rate_limiting always
	// stand there: evidence has no limit.
	AfterEvidence bool `mapstructure:"after_evidence"`
	// Match says whether the conditions may be met by different items.
	Match MatchMode `mapstructure:"match"`
	// Conditions are OTTL conditions, all of which must be met; a rule without
	// one matches everything. A path's prefix (span, spanevent, log, resource,
	// trace) chooses what a condition looks at. Those on the trace as a whole are
	// evaluated once, at the end of its wait.
	Conditions []string `mapstructure:"conditions"`
	// Sampler says how many of the traces that match are kept.
	Sampler SamplerConfig `mapstructure:"sampler"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// SamplerConfig says how many traces are kept. Which traces are kept depends on
// their randomness or, with rate_limiting, on the time.
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
	// SpansPerSecond is how many spans a second rate_limiting keeps, or
	// BytesPerSecond how many bytes (OTLP) of spans and log records: one of both.
	SpansPerSecond int64 `mapstructure:"spans_per_second"`
	BytesPerSecond int64 `mapstructure:"bytes_per_second"`
	// FingerprintAttributes separate rare traces from common ones: attribute
	// keys of spans, logs or resources, such as url.template.
	FingerprintAttributes []string `mapstructure:"fingerprint_attributes"`
	// AdjustmentInterval is how often the rates are made anew; 0 is 15 s.
	AdjustmentInterval time.Duration `mapstructure:"adjustment_interval"`
	// Weight of the last interval against those before it, above 0 and below
	// 1; 0 is 0.5.
	Weight float64 `mapstructure:"weight"`
	// MaxKeys is how many fingerprints have rates of their own, the others
	// sharing one; 0 is 500.
	MaxKeys int `mapstructure:"max_keys"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// afterEvidence reports whether the rule stands behind evidence.
func (c *RuleConfig) afterEvidence() bool {
	return c.AfterEvidence || c.Sampler.Type == RateLimiting
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
	RateLimiting       SamplerType = "rate_limiting"
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
