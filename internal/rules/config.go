// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"slices"
	"strings"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl"

	"github.com/otelcol-correlation/correlationprocessor/internal/rules/request"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// Config says which traces are kept. Each of its settings is a rule, in
// this order: rules, debug, errors, slower_than, rules with after_evidence, follow_links, suppress and
// route_percentages, sampling_percentage. The first rule that any span or log of a trace matches
// decides on all of the trace.
type Config struct {
	// SamplingPercentage is the share that is kept of traces that match no rule.
	SamplingPercentage float64 `mapstructure:"sampling_percentage"`
	// SamplingPrecision is the number of significant hex digits of the
	// thresholds percentages are turned into.
	SamplingPrecision int `mapstructure:"sampling_precision"`
	// Debug keeps every trace somebody asked for.
	Debug DebugConfig `mapstructure:"debug"`
	// Errors keeps every trace that has an error.
	Errors bool `mapstructure:"errors"`
	// SlowerThan keeps every trace with a span that took longer; 0 does not.
	SlowerThan time.Duration `mapstructure:"slower_than"`
	// Suppress drops traces of requests that nobody looks at.
	Suppress request.SuppressConfig `mapstructure:"suppress"`
	// RoutePercentages are shares of traces by the route their request went
	// to, "GET /feed/{id}" or "/feed/{id}".
	RoutePercentages map[string]float64 `mapstructure:"route_percentages"`
	// FollowLinks has a trace that is kept keep those that are joined to it by a span
	// link, of either, one step far, if they still wait or can be brought back.
	FollowLinks bool `mapstructure:"follow_links"`
	// Rules are the user's own; they go before all others, unless they say that they
	// go after evidence.
	Rules []RuleConfig `mapstructure:"rules"`
	// ErrorMode says what becomes of a condition that cannot be evaluated; it
	// is not met. ignore and silent go on, and propagate gives the batch back
	// to the sender.
	ErrorMode ottl.ErrorMode `mapstructure:"error_mode"`
	// Randomness is the part of a trace id that decides on the trace.
	Randomness RandomnessMode `mapstructure:"randomness"`
	// UpstreamUnmarked is the meaning of an item that arrives without a
	// sampling threshold.
	UpstreamUnmarked UnmarkedMode `mapstructure:"upstream_unmarked"`
	// DryRun drops nothing. What the verdict would have been is noted on every
	// span and log record.
	DryRun bool `mapstructure:"dry_run"`
	// RuleAttribute is the attribute of kept spans and log records that names
	// the rule that kept them; empty writes none.
	RuleAttribute string `mapstructure:"rule_attribute"`
	// CountedRoutes is how many routes, of all services together, are counted
	// by name before sampling; 0 counts none.
	CountedRoutes int `mapstructure:"counted_routes"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// DebugConfig says how a trace asks to be kept.
type DebugConfig struct {
	// Attribute of a span or a log that asks for it; a request header's value
	// is a list, of which one must match.
	Attribute string `mapstructure:"attribute"`
	// Value the attribute must have; any will do if it is empty.
	Value string `mapstructure:"value"`
	// Flags heeds the debug flags of B3 and Jaeger headers in logs. By itself
	// it makes no trace wait: it counts where there are other rules.
	Flags bool `mapstructure:"flags"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// RandomnessMode is the part of a trace id that is random.
type RandomnessMode string

// The modes.
const (
	// RandomnessAuto takes the last 56 bits, and a hash of ids that were
	// counted up.
	RandomnessAuto RandomnessMode = "auto"
	// RandomnessTraceID takes the last 56 bits, as the W3C asks of ids.
	RandomnessTraceID RandomnessMode = "trace_id"
	// RandomnessHash takes a hash of every id: for ids that hold a time or a
	// sequence, such as those of SkyWalking and Snowflake, and for UUIDs of
	// version 1. It is written to what is kept.
	RandomnessHash RandomnessMode = "hash"
)

func (m RandomnessMode) source() sampling.Source {
	switch m {
	case RandomnessTraceID:
		return sampling.SourceID
	case RandomnessHash:
		return sampling.SourceHash
	default:
		return sampling.SourceAuto
	}
}

// UnmarkedMode is the meaning of an item that arrives without a sampling threshold.
type UnmarkedMode string

// The modes.
const (
	// UpstreamUnknown: an earlier stage may have sampled without a note of it.
	// Items that are kept for certain get no threshold.
	UpstreamUnknown UnmarkedMode = "unknown"
	// UpstreamUnsampled: no earlier stage has sampled. Items that are kept for
	// certain get the threshold 0.
	UpstreamUnsampled UnmarkedMode = "unsampled"
)

func (m UnmarkedMode) unmarked() sampling.Unmarked {
	if m == UpstreamUnsampled {
		return sampling.Unsampled
	}
	return sampling.Unknown
}

// DefaultConfig returns the configuration that holds where the user sets nothing:
// all traces are kept.
func DefaultConfig() Config {
	return Config{
		SamplingPercentage: 100,
		SamplingPrecision:  sampling.DefaultPrecision,
		Debug:              DebugConfig{Flags: true},
		Errors:             true,
		ErrorMode:          ottl.IgnoreError,
		Randomness:         RandomnessAuto,
		UpstreamUnmarked:   UpstreamUnknown,
	}
}

// tail reports whether there are rules besides sampling_percentage, so that a trace
// has to wait for its verdict.
func (c *Config) tail() bool {
	return c.Debug.Attribute != "" || c.Errors || c.SlowerThan > 0 || c.requests() || c.FollowLinks || len(c.Rules) > 0
}

// requests reports whether there are rules on requests.
func (c *Config) requests() bool {
	return c.Suppress.HealthChecks || c.Suppress.StaticAssets || len(c.RoutePercentages) > 0
}

// readsEdits reports whether the user's rules may look at something that the
// processor writes to items itself: the attributes with these names, or the
// names of spans.
func (c *Config) readsEdits(attributes []string) bool {
	written := slices.Concat(attributes, []string{"span.name", "attributes,", "attributes)", "attributes "})
	for i := range c.Rules {
		for _, text := range slices.Concat(c.Rules[i].Conditions, c.Rules[i].Sampler.FingerprintAttributes) {
			if slices.ContainsFunc(written, func(w string) bool { return strings.Contains(text, w) }) {
				return true
			}
		}
	}
	return false
}
