// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package request

import (
	"errors"
	"slices"
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/check"
)

// SuppressConfig says which requests nobody looks at.
type SuppressConfig struct {
	// HealthChecks are requests of probes, known by their path, their gRPC
	// service or their user agent.
	HealthChecks bool `mapstructure:"health_checks"`
	// HealthCheckPaths are paths of probes besides the known ones, whole and in the
	// syntax of route templates.
	HealthCheckPaths []string `mapstructure:"health_check_paths"`
	// UserAgents are texts in the user agents of probes besides the known ones.
	UserAgents []string `mapstructure:"user_agents"`
	// StaticAssets are requests for files that pages are made of.
	StaticAssets bool `mapstructure:"static_assets"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// Validate checks that the lists belong to something that is on. What is in them is
// compiled with the rules.
func (c *SuppressConfig) Validate() error {
	return errors.Join(
		check.That(c.HealthChecks || len(c.HealthCheckPaths) == 0, "health_check_paths needs health_checks: true, got %q", c.HealthCheckPaths),
		check.That(c.HealthChecks || len(c.UserAgents) == 0, "user_agents needs health_checks: true, got %q", c.UserAgents),
		check.That(!slices.ContainsFunc(c.UserAgents, func(a string) bool { return strings.TrimSpace(a) == "" }),
			"user_agents must not contain an empty text, got %q", c.UserAgents),
	)
}
