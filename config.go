// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"go.opentelemetry.io/collector/component"

	"github.com/otelcol-correlation/correlationprocessor/internal/config"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules/request"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules/sampler"
)

// The configuration, by its parts.
type (
	// Config is the block `correlation:` in the collector's configuration.
	Config = config.Config
	// RoutesConfig says how URL paths become route patterns.
	RoutesConfig = config.RoutesConfig
	// LearnConfig says what is learned from traffic.
	LearnConfig = config.LearnConfig
	// ServiceRoutesConfig has the routes of one service.
	ServiceRoutesConfig = config.ServiceRoutesConfig
	// LogsConfig says how logs find their trace and their span.
	LogsConfig = config.LogsConfig
	// MissingTraceIDConfig says what becomes of logs without a trace id.
	MissingTraceIDConfig = config.MissingTraceIDConfig
	// StorageConfig says where what is held outlives the process.
	StorageConfig = config.StorageConfig
	// TelemetryConfig has the checks and the labels of the metrics.
	TelemetryConfig = config.TelemetryConfig
	// HTTPRouteMode says when a pattern is written to http.route.
	HTTPRouteMode = config.HTTPRouteMode
	// RawPathMode says what becomes of raw paths.
	RawPathMode = config.RawPathMode
	// ParametersMode says how placeholder values become attributes.
	ParametersMode = config.ParametersMode
	// ByteSize is a number of bytes, written as a number or with a unit: 512MiB.
	ByteSize = config.ByteSize

	// SamplingConfig says which traces are kept.
	SamplingConfig = rules.Config
	// RuleConfig is a rule of the user's.
	RuleConfig = rules.RuleConfig
	// SamplerConfig says how many traces a rule keeps.
	SamplerConfig = sampler.Config
	// SamplerType is a kind of sampler.
	SamplerType = sampler.Type
	// MatchMode says whether several items may meet a rule's conditions.
	MatchMode = rules.MatchMode
	// DebugConfig says how a trace asks to be kept.
	DebugConfig = rules.DebugConfig
	// SuppressConfig says which requests nobody looks at.
	SuppressConfig = request.SuppressConfig
	// RandomnessMode says which part of a trace id is random.
	RandomnessMode = rules.RandomnessMode
	// UnmarkedMode says what a missing threshold means.
	UnmarkedMode = rules.UnmarkedMode
)

// The values of their modes.
const (
	HTTPRouteNever    = config.HTTPRouteNever
	HTTPRouteDeclared = config.HTTPRouteDeclared
	HTTPRouteAlways   = config.HTTPRouteAlways

	RawPathKeep = config.RawPathKeep
	RawPathHash = config.RawPathHash
	RawPathDrop = config.RawPathDrop

	ParametersOff   = config.ParametersOff
	ParametersPlain = config.ParametersPlain
	ParametersHash  = config.ParametersHash

	AlwaysSample       = sampler.AlwaysSample
	NeverSample        = sampler.NeverSample
	Probabilistic      = sampler.Probabilistic
	AdaptivePercentage = sampler.AdaptivePercentage
	AdaptiveThroughput = sampler.AdaptiveThroughput

	MatchAnyItem  = rules.MatchAnyItem
	MatchSameItem = rules.MatchSameItem

	RandomnessAuto    = rules.RandomnessAuto
	RandomnessTraceID = rules.RandomnessTraceID
	RandomnessHash    = rules.RandomnessHash

	UpstreamUnknown   = rules.UpstreamUnknown
	UpstreamUnsampled = rules.UpstreamUnsampled
)

func createDefaultConfig() component.Config { return config.Default() }
