// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/component"
	"go.uber.org/zap"

	"github.com/otelcol-correlation/correlationprocessor/internal/check"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// Validate checks the percentages and the limits, and compiles the rules. Its errors
// name the key and the value.
func (c *Config) Validate() error {
	errs := []error{
		check.That(c.SamplingPrecision >= 1 && c.SamplingPrecision <= sampling.MaxPrecision,
			"sampling_precision must be between 1 and %d, got %d", sampling.MaxPrecision, c.SamplingPrecision),
		check.Duration("slower_than", c.SlowerThan),
		check.That(c.Debug.Value == "" || c.Debug.Attribute != "",
			"debug::attribute must be set where debug::value is, got %q", c.Debug.Value),
		check.That(!strings.ContainsAny(c.Debug.Attribute, `[]"`),
			"debug::attribute must be the key of an attribute, such as http.request.header.x-debug, got %q", c.Debug.Attribute),
		c.checkPercentages(),
		c.checkNames(),
		check.That(c.CountedRoutes >= 0, "counted_routes must not be negative, got %d", c.CountedRoutes),
		check.OneOf("randomness", c.Randomness, RandomnessAuto, RandomnessTraceID, RandomnessHash),
		check.OneOf("upstream_unmarked", c.UpstreamUnmarked, UpstreamUnknown, UpstreamUnsampled),
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
	err := check.Percentage("sampling_percentage", c.SamplingPercentage)
	for _, r := range slices.Sorted(maps.Keys(c.RoutePercentages)) {
		err = errors.Join(err, check.Percentage(fmt.Sprintf("route_percentages %q", r), c.RoutePercentages[r]))
	}
	return err
}

func (c *Config) checkNames() (err error) {
	seen := map[string]bool{}
	for i := range c.Rules {
		name := c.Rules[i].Name
		err = errors.Join(err, check.That(!seen[name], "rules: there are two with the name %q", name))
		seen[name] = true
	}
	return err
}

// Validate checks the rule but for its conditions, which are compiled with all
// others.
func (c *RuleConfig) Validate() error {
	err := errors.Join(
		check.That(c.Name != "", "name must not be empty"),
		check.That(!builtInRule(c.Name), "name must not be that of a built-in rule, got %q", c.Name),
		check.That(c.Match == "" || len(c.Conditions) > 0, "match is for rules with conditions, got %q", c.Match),
		check.OneOf("match", c.Match, "", MatchAnyItem, MatchSameItem),
		check.That(c.Match == MatchSameItem || len(c.Conditions) < 2 || len(c.Sampler.FingerprintAttributes) == 0,
			"fingerprint_attributes need match: same_item where there are several conditions, for the fingerprint is that of the item that meets them"),
	)
	if err != nil {
		return fmt.Errorf("rule %q: %w", c.Name, err)
	}
	return nil
}

// builtInRule reports whether a name is taken by a rule of the processor's own.
func builtInRule(name string) bool {
	switch name {
	case ruleDebug, ruleErrors, ruleSlow, ruleLinked, ruleHealthChecks, ruleStaticAssets, ruleDefault:
		return true
	}
	return strings.HasPrefix(name, ruleRoute)
}
