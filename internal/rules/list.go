// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// The names of the built-in rules in telemetry. Routes have ruleRoute before
// their name.
const (
	ruleDebug        = "debug"
	ruleErrors       = "errors"
	ruleSlow         = "slow"
	ruleLinked       = "linked"
	ruleHealthChecks = "health_checks"
	ruleStaticAssets = "static_assets"
	ruleRoute        = "route:"
	ruleDefault      = "default"
)

// ruleList gathers the rules of a policy in order of precedence.
type ruleList struct {
	precision int
	list      []sampling.Rule
}

// addLinked appends the rule of traces that are kept for another one. Whether they are
// follows from no randomness of theirs, so nothing says how many they stand for.
func (l *ruleList) addLinked() sampling.Match {
	l.list = append(l.list, sampling.Rule{
		Name: ruleLinked, Threshold: contrib.NeverSampleThreshold, Take: func(sampling.Size, bool) bool { return true },
	})
	return sampling.Match(len(l.list) - 1)
}

// add appends a rule and returns its place.
func (l *ruleList) add(name string, percentage float64) sampling.Match {
	// Config.Validate has checked the percentage.
	t, _ := sampling.PreciseThreshold(percentage, l.precision)
	l.list = append(l.list, sampling.Rule{Name: name, Threshold: t})
	return sampling.Match(len(l.list) - 1)
}
