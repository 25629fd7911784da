// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package sampler

import (
	"errors"
	"time"

	"go.opentelemetry.io/collector/confmap"

	"github.com/otelcol-correlation/correlationprocessor/internal/check"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules/fingerprint"
)

// Unmarshal reads the sampler. A probabilistic one must say its percentage: without the
// key it would be 0, and drop every trace.
func (c *Config) Unmarshal(conf *confmap.Conf) error {
	if err := conf.Unmarshal(c); err != nil {
		return err
	}
	return check.That(c.Type != Probabilistic || conf.IsSet("sampling_percentage"),
		"sampling_percentage must be set for type %s; write 0 to keep nothing", c.Type)
}

// Validate checks that what the sampler's type needs is there, and nothing else.
func (c *Config) Validate() error {
	unused := func(set bool, key string, got any) error {
		return check.That(!set, "%s is not for type %s, got %v", key, c.Type, got)
	}
	probabilistic := check.Percentage("sampling_percentage", c.SamplingPercentage)
	if c.Type != Probabilistic {
		probabilistic = unused(c.SamplingPercentage != 0, "sampling_percentage", c.SamplingPercentage)
	}
	goal := check.That(c.GoalPercentage > 0 && c.GoalPercentage <= 100, "goal_percentage must be above 0 and at most 100, got %v", c.GoalPercentage)
	if c.Type != AdaptivePercentage {
		goal = unused(c.GoalPercentage != 0, "goal_percentage", c.GoalPercentage)
	}
	throughput := check.That(c.GoalThroughput > 0, "goal_throughput must be positive, got %d", c.GoalThroughput)
	if c.Type != AdaptiveThroughput {
		throughput = unused(c.GoalThroughput != 0, "goal_throughput", c.GoalThroughput)
	}
	if err := check.OneOf("type", c.Type, AlwaysSample, NeverSample, Probabilistic, AdaptivePercentage, AdaptiveThroughput, RateLimiting); err != nil {
		return err
	}
	return errors.Join(probabilistic, goal, throughput, c.validateLimit(unused), c.validateAdaptive(unused))
}

// validateLimit checks that a rate_limiting sampler has one limit, and no other has any.
func (c *Config) validateLimit(unused func(bool, string, any) error) error {
	if c.Type != RateLimiting {
		return errors.Join(
			unused(c.SpansPerSecond != 0, "spans_per_second", c.SpansPerSecond),
			unused(c.BytesPerSecond != 0, "bytes_per_second", c.BytesPerSecond))
	}
	return errors.Join(
		check.That(c.SpansPerSecond >= 0, "spans_per_second must be positive, got %d", c.SpansPerSecond),
		check.That(c.BytesPerSecond >= 0, "bytes_per_second must be positive, got %d", c.BytesPerSecond),
		check.That((c.SpansPerSecond == 0) != (c.BytesPerSecond == 0),
			"type rate_limiting needs either spans_per_second or bytes_per_second, got %d and %d", c.SpansPerSecond, c.BytesPerSecond))
}

func (c *Config) validateAdaptive(unused func(bool, string, any) error) error {
	if !c.Type.Adapts() {
		return errors.Join(
			unused(len(c.FingerprintAttributes) > 0, "fingerprint_attributes", c.FingerprintAttributes),
			unused(c.AdjustmentInterval != 0, "adjustment_interval", c.AdjustmentInterval),
			unused(c.Weight != 0, "weight", c.Weight),
			unused(c.MaxKeys != 0, "max_keys", c.MaxKeys))
	}
	err := errors.Join(
		check.That(c.AdjustmentInterval == 0 || c.AdjustmentInterval >= time.Second, "adjustment_interval must be at least 1s, got %v", c.AdjustmentInterval),
		check.That(c.Weight >= 0 && c.Weight < 1, "weight must be above 0 and below 1, got %v", c.Weight),
		check.That(c.MaxKeys >= 0, "max_keys must not be negative, got %d", c.MaxKeys))
	for _, text := range c.FingerprintAttributes {
		_, ok := fingerprint.Parse(text)
		err = errors.Join(err, check.That(ok, "fingerprint_attributes must be attribute keys such as url.template or paths such as "+
			`span.attributes["url.template"]`+", got %q", text))
	}
	return err
}
