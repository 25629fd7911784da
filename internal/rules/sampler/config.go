// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package sampler

import (
	"fmt"
	"time"
)

// Config says how many traces are kept. Which traces are kept depends on
// their randomness or, with rate_limiting, on the time.
type Config struct {
	// Type is the kind of sampler; it must be set.
	Type Type `mapstructure:"type"`
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

// Type is a kind of sampler.
type Type string

// The samplers.
const (
	AlwaysSample       Type = "always_sample"
	NeverSample        Type = "never_sample"
	Probabilistic      Type = "probabilistic"
	AdaptivePercentage Type = "adaptive_percentage"
	AdaptiveThroughput Type = "adaptive_throughput"
	RateLimiting       Type = "rate_limiting"
)

// Adapts reports whether the sampler's rates follow the traffic.
func (t Type) Adapts() bool { return t == AdaptivePercentage || t == AdaptiveThroughput }

// Percentage is the share a sampler that does not adapt keeps.
func (c *Config) Percentage() float64 {
	switch c.Type {
	case AlwaysSample:
		return 100
	case Probabilistic:
		return c.SamplingPercentage
	default:
		return 0
	}
}

// Describe says what the sampler keeps.
func (c *Config) Describe() string {
	switch c.Type {
	case Probabilistic:
		return fmt.Sprintf("%s %v %%", c.Type, c.SamplingPercentage)
	case AdaptivePercentage:
		return fmt.Sprintf("%s %v %%", c.Type, c.GoalPercentage)
	case AdaptiveThroughput:
		return fmt.Sprintf("%s %d items a second", c.Type, c.GoalThroughput)
	case RateLimiting:
		if c.BytesPerSecond > 0 {
			return fmt.Sprintf("%s %d bytes a second", c.Type, c.BytesPerSecond)
		}
		return fmt.Sprintf("%s %d spans a second", c.Type, c.SpansPerSecond)
	default:
		return string(c.Type)
	}
}
