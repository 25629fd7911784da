// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.uber.org/zap"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// Validate checks the percentages and the limits, and compiles the rules. Its errors
// name the key and the value.
func (c *Config) Validate() error {
	errs := []error{
		Check(c.SamplingPrecision >= 1 && c.SamplingPrecision <= sampling.MaxPrecision,
			"sampling_precision must be between 1 and %d, got %d", sampling.MaxPrecision, c.SamplingPrecision),
		CheckDuration("slower_than", c.SlowerThan),
		Check(c.Debug.Value == "" || c.Debug.Attribute != "",
			"debug::attribute must be set where debug::value is, got %q", c.Debug.Value),
		Check(!strings.ContainsAny(c.Debug.Attribute, `[]"`),
			"debug::attribute must be the key of an attribute, such as http.request.header.x-debug, got %q", c.Debug.Attribute),
		c.checkPercentages(),
		c.checkNames(),
		Check(c.CountedRoutes >= 0, "counted_routes must not be negative, got %d", c.CountedRoutes),
		CheckOneOf("randomness", c.Randomness, RandomnessAuto, RandomnessTraceID, RandomnessHash),
		CheckOneOf("upstream_unmarked", c.UpstreamUnmarked, UpstreamUnknown, UpstreamUnsampled),
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if !c.soundRules() {
		return nil // they report their errors themselves
	}
	_, err := New(c, Options{MissingPercentage: 100}, component.TelemetrySettings{Logger: zap.NewNop()})
	return err
}

// soundRules reports whether the rules are good to be compiled.
func (c *Config) soundRules() bool {
	for i := range c.Rules {
		if errors.Join(c.Rules[i].Validate(), c.Rules[i].Sampler.Validate()) != nil {
			return false
		}
	}
	return true
}

func (c *Config) checkPercentages() error {
	err := CheckPercentage("sampling_percentage", c.SamplingPercentage)
	for _, r := range slices.Sorted(maps.Keys(c.RoutePercentages)) {
		err = errors.Join(err, CheckPercentage(fmt.Sprintf("route_percentages %q", r), c.RoutePercentages[r]))
	}
	return err
}

// Validate checks that the lists belong to something that is on. What is in them is
// compiled with the rules.
func (c *SuppressConfig) Validate() error {
	return errors.Join(
		Check(c.HealthChecks || len(c.HealthCheckPaths) == 0, "health_check_paths needs health_checks: true, got %q", c.HealthCheckPaths),
		Check(c.HealthChecks || len(c.UserAgents) == 0, "user_agents needs health_checks: true, got %q", c.UserAgents),
		Check(!slices.ContainsFunc(c.UserAgents, func(a string) bool { return strings.TrimSpace(a) == "" }),
			"user_agents must not contain an empty text, got %q", c.UserAgents),
	)
}

func (c *Config) checkNames() (err error) {
	seen := map[string]bool{}
	for i := range c.Rules {
		name := c.Rules[i].Name
		err = errors.Join(err, Check(!seen[name], "rules: there are two with the name %q", name))
		seen[name] = true
	}
	return err
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

// Unmarshal reads the sampler. A probabilistic one must say its percentage: without the
// key it would be 0, and drop every trace.
func (c *SamplerConfig) Unmarshal(conf *confmap.Conf) error {
	if err := conf.Unmarshal(c); err != nil {
		return err
	}
	return Check(c.Type != Probabilistic || conf.IsSet("sampling_percentage"),
		"sampling_percentage must be set for type %s; write 0 to keep nothing", c.Type)
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
	if err := CheckOneOf("type", c.Type, AlwaysSample, NeverSample, Probabilistic, AdaptivePercentage, AdaptiveThroughput, RateLimiting); err != nil {
		return err
	}
	return errors.Join(probabilistic, goal, throughput, c.validateLimit(unused), c.validateAdaptive(unused))
}

// validateLimit checks that a rate_limiting sampler has one limit, and no other has any.
func (c *SamplerConfig) validateLimit(unused func(bool, string, any) error) error {
	if c.Type != RateLimiting {
		return errors.Join(
			unused(c.SpansPerSecond != 0, "spans_per_second", c.SpansPerSecond),
			unused(c.BytesPerSecond != 0, "bytes_per_second", c.BytesPerSecond))
	}
	return errors.Join(
		Check(c.SpansPerSecond >= 0, "spans_per_second must be positive, got %d", c.SpansPerSecond),
		Check(c.BytesPerSecond >= 0, "bytes_per_second must be positive, got %d", c.BytesPerSecond),
		Check((c.SpansPerSecond == 0) != (c.BytesPerSecond == 0),
			"type rate_limiting needs either spans_per_second or bytes_per_second, got %d and %d", c.SpansPerSecond, c.BytesPerSecond))
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
	case ruleDebug, ruleErrors, ruleSlow, ruleLinked, ruleHealthChecks, ruleStaticAssets, ruleDefault:
		return true
	}
	return strings.HasPrefix(name, ruleRoute)
}
