// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"github.com/otelcol-correlation/correlationprocessor/internal/rules/sampler"
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
	Sampler sampler.Config `mapstructure:"sampler"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// afterEvidence reports whether the rule stands behind evidence.
func (c *RuleConfig) afterEvidence() bool {
	return c.AfterEvidence || c.Sampler.Type == sampler.RateLimiting
}

// MatchMode says whether the conditions of a rule may be met by different items.
type MatchMode string

// The modes.
const (
	MatchAnyItem  MatchMode = "any_item" // the default
	MatchSameItem MatchMode = "same_item"
)
