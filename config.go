// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configopaque"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/route"
	"github.com/otelcol-correlation/correlationprocessor/internal/route/openapi"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
)

// Config is the block `correlation:` in the collector's configuration.
type Config struct {
	// DecisionWait is how long a trace may wait for its verdict after its
	// first span or log. Not set, it is not shorter than DecisionWaitAfterRoot.
	DecisionWait time.Duration `mapstructure:"decision_wait"`
	// DecisionWaitAfterRoot shortens the wait once the root span has arrived;
	// 0 does not. Not set, it is not longer than DecisionWait.
	DecisionWaitAfterRoot time.Duration `mapstructure:"decision_wait_after_root"`
	// MaxItemsPerTrace is how many spans and logs of one trace are held. With
	// so many the trace is decided, and later items follow the verdict.
	MaxItemsPerTrace int `mapstructure:"max_items_per_trace"`
	// MaxBytes limits the memory taken by held items, tables and remembered
	// verdicts, of both signals together.
	MaxBytes ByteSize `mapstructure:"max_bytes"`
	// MetadataKeys are keys of the clients' metadata (client.Info), in any case,
	// that held items keep: those with different values go on apart, each with
	// its own. The receivers need include_metadata.
	MetadataKeys []string `mapstructure:"metadata_keys"`
	// MetadataCardinalityLimit is how many combinations of their values are held
	// at a time; a batch with one more is refused. 0 does not limit.
	MetadataCardinalityLimit uint32 `mapstructure:"metadata_cardinality_limit"`

	Routes   RoutesConfig   `mapstructure:"routes"`
	Logs     LogsConfig     `mapstructure:"logs"`
	Sampling SamplingConfig `mapstructure:"sampling"`

	Telemetry TelemetryConfig `mapstructure:"telemetry"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// The sampling configuration lies with the rules that it becomes.
type (
	// SamplingConfig says which traces are kept.
	SamplingConfig = rules.Config
	// RuleConfig is a rule of the user's.
	RuleConfig = rules.RuleConfig
	// SamplerConfig says how many traces a rule keeps.
	SamplerConfig = rules.SamplerConfig
	// SamplerType is a kind of sampler.
	SamplerType = rules.SamplerType
	// MatchMode says whether several items may meet a rule's conditions.
	MatchMode = rules.MatchMode
	// DebugConfig says how a trace asks to be kept.
	DebugConfig = rules.DebugConfig
	// SuppressConfig says which requests nobody looks at.
	SuppressConfig = rules.SuppressConfig
	// RandomnessMode says which part of a trace id is random.
	RandomnessMode = rules.RandomnessMode
	// UnmarkedMode says what a missing threshold means.
	UnmarkedMode = rules.UnmarkedMode
)

// The values of its modes.
const (
	AlwaysSample       = rules.AlwaysSample
	NeverSample        = rules.NeverSample
	Probabilistic      = rules.Probabilistic
	AdaptivePercentage = rules.AdaptivePercentage
	AdaptiveThroughput = rules.AdaptiveThroughput

	MatchAnyItem  = rules.MatchAnyItem
	MatchSameItem = rules.MatchSameItem

	RandomnessAuto    = rules.RandomnessAuto
	RandomnessTraceID = rules.RandomnessTraceID
	RandomnessHash    = rules.RandomnessHash

	UpstreamUnknown   = rules.UpstreamUnknown
	UpstreamUnsampled = rules.UpstreamUnsampled
)

// RoutesConfig says how URL paths become route patterns.
type RoutesConfig struct {
	// Templates are the routes all services may have, such as
	// "GET /users/{id}" or "/users/:id".
	Templates []string `mapstructure:"templates"`
	// OpenAPIFiles are OpenAPI 3 or Swagger 2 files, JSON or YAML, whose paths
	// are templates as well.
	OpenAPIFiles []string `mapstructure:"openapi_files"`
	// Services has further templates by service.name.
	Services map[string]ServiceRoutesConfig `mapstructure:"services"`
	// MaxRoutes is the largest number of patterns a service may have.
	MaxRoutes int `mapstructure:"max_routes"`
	// Learn says whether traffic may shape patterns.
	Learn LearnConfig `mapstructure:"learn"`
	// Attribute is the attribute the pattern is written to.
	Attribute string `mapstructure:"attribute"`
	// SourceAttribute is the attribute for the source of the pattern;
	// empty writes none.
	SourceAttribute string `mapstructure:"source_attribute"`
	// HTTPRoute says when the pattern is written to http.route as well.
	HTTPRoute HTTPRouteMode `mapstructure:"http_route"`
	// SpanName puts the pattern in the place of the raw path in span names.
	SpanName bool `mapstructure:"span_name"`
	// RawPath says what becomes of the raw path, wherever an item has it.
	RawPath RawPathMode `mapstructure:"raw_path"`
	// HashKey is the secret that values are hashed with. Empty: one made at start.
	HashKey configopaque.String `mapstructure:"hash_key"`
	// Parameters says whether the values of a pattern's placeholders become
	// attributes http.route.param.<name>.
	Parameters ParametersMode `mapstructure:"parameters"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// LearnConfig says what is learned from traffic.
type LearnConfig struct {
	// Enabled lets the paths that arrive, and the http.route of other items,
	// shape patterns. Without it only templates and the shapes of segments do.
	Enabled bool `mapstructure:"enabled"`
	// File is where the learned patterns are written as YAML templates, ready
	// to be pasted into the configuration: every minute and at the end. Empty
	// writes none.
	File string `mapstructure:"file"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// ServiceRoutesConfig has the routes of one service.
type ServiceRoutesConfig struct {
	// Templates are the service's routes; they go before those of all services.
	Templates []string `mapstructure:"templates"`
	// OpenAPIFiles are files with further routes of the service.
	OpenAPIFiles []string `mapstructure:"openapi_files"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// LogsConfig says how logs find their trace and their span.
type LogsConfig struct {
	// TraceIDAttributes are attribute keys that hold a trace id, tried before
	// the built-in ones.
	TraceIDAttributes []string `mapstructure:"trace_id_attributes"`
	// TraceIDInBody looks for the trace id in the body, too.
	TraceIDInBody bool `mapstructure:"trace_id_in_body"`
	// PathAttributes are attribute keys that hold a URL path or URL whatever
	// stands beside them, besides those of the semantic conventions and of common
	// loggers and servers.
	PathAttributes []string `mapstructure:"path_attributes"`
	// JoinAttributes are the attributes a log gets from its span where it
	// has none of its own. Not set, the pattern's is among them whatever its name.
	JoinAttributes []string `mapstructure:"join_attributes"`
	// JoinWait is how long a log without a route waits for its span where no
	// trace waits for a verdict; 0 does not wait.
	JoinWait time.Duration `mapstructure:"join_wait"`
	// CountOnSpans writes to each span that waits for its verdict how many
	// logs name it, log.count, and how many of them are errors,
	// log.error_count.
	CountOnSpans bool `mapstructure:"count_on_spans"`
	// DeduplicateAccessLogs keeps only the last of several access logs of a
	// service about one request: same span, method and path. It looks at logs
	// that wait for their trace's verdict or for their span, and makes access
	// logs wait for it where both signals go through the processor.
	DeduplicateAccessLogs bool `mapstructure:"deduplicate_access_logs"`
	// DropRedundantAccessLogs drops an access log whose span is handed on and
	// has the same method, path or pattern, and status. What else the log says
	// is lost. Logs that report a failure stay.
	DropRedundantAccessLogs bool `mapstructure:"drop_redundant_access_logs"`
	// RequestIDAttributes are attribute keys that hold the id of a request. A
	// log without a trace id gets that of another item of its service with the
	// same request id, for which it waits up to decision_wait. None: it does not.
	RequestIDAttributes []string `mapstructure:"request_id_attributes"`
	// MissingTraceID says what becomes of logs without a trace id.
	MissingTraceID MissingTraceIDConfig `mapstructure:"missing_trace_id"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// MissingTraceIDConfig says what becomes of logs without a trace id.
type MissingTraceIDConfig struct {
	// SamplingPercentage is the share that is kept of those that no rule of the user's
	// matches. Those that match a rule that keeps everything, such as errors, are
	// kept in any case.
	SamplingPercentage float64 `mapstructure:"sampling_percentage"`
	// SampleBy are attributes of logs or resources, such as request_id: logs with the
	// same values share a randomness, so all of them are kept or none. Logs without
	// any of them have a randomness of their own.
	SampleBy []string `mapstructure:"sample_by"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// HTTPRouteMode says when a pattern is written to http.route.
type HTTPRouteMode string

// The modes. The semantic conventions forbid to fill http.route from the path
// alone, so what was inferred goes there only on request.
const (
	HTTPRouteNever    HTTPRouteMode = "never"
	HTTPRouteDeclared HTTPRouteMode = "declared"
	HTTPRouteAlways   HTTPRouteMode = "always"
)

// RawPathMode says what becomes of raw paths.
type RawPathMode string

// The modes.
const (
	RawPathKeep RawPathMode = "keep"
	RawPathHash RawPathMode = "hash"
	RawPathDrop RawPathMode = "drop"
)

// ParametersMode says how placeholder values become attributes.
type ParametersMode string

// The modes. Off is the default, for values may be personal data.
const (
	ParametersOff   ParametersMode = "off"
	ParametersPlain ParametersMode = "plain"
	ParametersHash  ParametersMode = "hash"
)

// ByteSize is a number of bytes, written as a number or with a unit: 512MiB.
type ByteSize int64

// UnmarshalText reads a size with or without a unit.
func (b *ByteSize) UnmarshalText(text []byte) error {
	n, err := humanize.ParseBytes(string(text))
	if err != nil || n > math.MaxInt64 {
		return fmt.Errorf("not a size such as 512MiB: %q", text)
	}
	*b = ByteSize(n)
	return nil
}

// minBytes is the smallest max_bytes: below it the tables leave no room for data.
const minBytes = 1 << 20

// The default waits fit the SDKs' defaults. Their span processors send what has ended
// every 5 s (OTEL_BSP_SCHEDULE_DELAY), so a child's spans, and the span that a log
// names, arrive up to 5 s after the root, and a little later for the way here.
const (
	defaultWait          = 30 * time.Second
	defaultWaitAfterRoot = 7 * time.Second
	defaultJoinWait      = 7 * time.Second
)

// defaultAttribute is the one that the semantic conventions have for patterns that are
// no framework's.
const defaultAttribute = "url.template"

func createDefaultConfig() component.Config {
	return &Config{
		DecisionWait:          defaultWait,
		DecisionWaitAfterRoot: defaultWaitAfterRoot,
		MaxItemsPerTrace:      10_000,
		MaxBytes:              512 << 20,

		MetadataCardinalityLimit: 1000,

		Routes: RoutesConfig{
			MaxRoutes: 1000,
			Learn:     LearnConfig{Enabled: true},
			Attribute: defaultAttribute,
			HTTPRoute: HTTPRouteDeclared,
			SpanName:  true,
			RawPath:   RawPathKeep,

			Parameters: ParametersOff,
		},
		Logs: LogsConfig{
			TraceIDInBody:  true,
			JoinAttributes: []string{defaultAttribute, "http.route", "http.request.method", "http.response.status_code"},
			JoinWait:       defaultJoinWait,
			MissingTraceID: MissingTraceIDConfig{SamplingPercentage: 100},
		},
		Sampling: rules.DefaultConfig(),
		Telemetry: TelemetryConfig{
			Integrity: true,
			SpanTimes: true,
		},
	}
}

// Validate checks the waits and limits, and that no attribute has two meanings.
func (c *Config) Validate() error {
	return errors.Join(
		rules.Check(c.DecisionWait > 0, "decision_wait must be positive, got %v", c.DecisionWait),
		rules.CheckDuration("decision_wait", max(0, c.DecisionWait)),
		rules.CheckDuration("decision_wait_after_root", c.DecisionWaitAfterRoot),
		rules.Check(c.DecisionWaitAfterRoot <= max(0, c.DecisionWait),
			"decision_wait_after_root must not be longer than decision_wait (%v), got %v", c.DecisionWait, c.DecisionWaitAfterRoot),
		rules.Check(c.MaxItemsPerTrace > 0, "max_items_per_trace must be positive, got %d", c.MaxItemsPerTrace),
		rules.Check(c.MaxBytes >= minBytes, "max_bytes must be at least %s, got %s", ByteSize(minBytes), c.MaxBytes),
		c.checkAttributes(),
		rules.Check(!slices.Contains(c.MetadataKeys, ""), "metadata_keys must not contain an empty key, got %q", c.MetadataKeys),
		rules.Check(!repeated(c.MetadataKeys), "metadata_keys must not contain a key twice, in whatever case, got %q", c.MetadataKeys),
	)
}

// repeated reports whether two of the keys differ by nothing but their case.
func repeated(keys []string) bool {
	seen := map[string]bool{}
	for _, key := range keys {
		lower := strings.ToLower(key)
		if seen[lower] {
			return true
		}
		seen[lower] = true
	}
	return false
}

// Validate checks the templates and the modes.
func (c *RoutesConfig) Validate() error {
	_, err := c.table(0)
	return errors.Join(
		err,
		rules.Check(c.MaxRoutes > 0, "max_routes must be positive, got %d", c.MaxRoutes),
		rules.Check(c.Attribute != "", "attribute must not be empty"),
		c.checkLearnFile(),
		rules.CheckOneOf("http_route", c.HTTPRoute, HTTPRouteNever, HTTPRouteDeclared, HTTPRouteAlways),
		rules.CheckOneOf("raw_path", c.RawPath, RawPathKeep, RawPathHash, RawPathDrop),
		rules.Check(c.HashKey == "" || len(c.HashKey) >= minHashKey, "hash_key must be at least %d bytes long, got %d", minHashKey, len(c.HashKey)),
		rules.CheckOneOf("parameters", c.Parameters, ParametersOff, ParametersPlain, ParametersHash),
	)
}

// checkLearnFile checks that there is something to write to the file, and that it is
// not one that is read.
func (c *RoutesConfig) checkLearnFile() error {
	file := c.Learn.File
	if file == "" {
		return nil
	}
	read := slices.Clone(c.OpenAPIFiles)
	for _, s := range c.Services {
		read = append(read, s.OpenAPIFiles...)
	}
	same := func(other string) bool { return filepath.Clean(other) == filepath.Clean(file) }
	return errors.Join(
		rules.Check(c.Learn.Enabled, "learn::file needs learn::enabled: true, for nothing is learned without, got %q", file),
		rules.Check(!slices.ContainsFunc(read, same), "learn::file must not be one of openapi_files, got %q", file),
	)
}

// written are the attributes that patterns and their sources are written to.
func (c *RoutesConfig) written() []string {
	names := []string{record.AttributeHTTPRoute, c.Attribute}
	if c.SourceAttribute != "" {
		names = append(names, c.SourceAttribute)
	}
	return names
}

// table returns a route table with all that is declared, which may learn so many bytes
// more; 0 is no limit. It reads the files.
func (c *RoutesConfig) table(maxBytes int64) (*route.Table, error) {
	templates, err := declared(c.Templates, c.OpenAPIFiles)
	if err != nil {
		return nil, err
	}
	services := make(map[string][]string, len(c.Services))
	for name, s := range c.Services {
		if services[telemetry.Label(name)], err = declared(s.Templates, s.OpenAPIFiles); err != nil {
			return nil, fmt.Errorf("services::%s: %w", name, err)
		}
	}
	table, err := route.New(route.Options{
		Templates:   templates,
		Services:    services,
		MaxRoutes:   c.MaxRoutes,
		MaxServices: telemetry.MaxServices,
		MaxBytes:    maxBytes,
		Learn:       c.Learn.Enabled,
	})
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	return table, nil
}

// declared returns the templates and those of the files.
func declared(templates, files []string) ([]string, error) {
	all := slices.Clone(templates)
	for _, file := range files {
		more, err := openapi.Templates(file)
		if err != nil {
			return nil, fmt.Errorf("openapi_files: %w", err)
		}
		all = append(all, more...)
	}
	return all, nil
}

// needsSpans reports whether a log is held against its span.
func (c *LogsConfig) needsSpans() bool { return len(c.JoinAttributes) > 0 || c.repeats() }

// repeats reports whether access logs that repeat others are looked for.
func (c *LogsConfig) repeats() bool { return c.DeduplicateAccessLogs || c.DropRedundantAccessLogs }

// Validate checks the keys and the wait.
func (c *LogsConfig) Validate() error {
	return errors.Join(
		checkKeys("trace_id_attributes", c.TraceIDAttributes),
		checkKeys("path_attributes", c.PathAttributes),
		checkKeys("request_id_attributes", c.RequestIDAttributes),
		checkKeys("join_attributes", c.JoinAttributes),
		rules.CheckDuration("join_wait", c.JoinWait),
	)
}

// Validate checks the percentage and the attributes.
func (c *MissingTraceIDConfig) Validate() error {
	return errors.Join(rules.CheckPercentage("sampling_percentage", c.SamplingPercentage), rules.CheckSampleBy(c.SampleBy))
}

// String returns the size with a unit.
func (b ByteSize) String() string {
	if b < 0 {
		return strconv.FormatInt(int64(b), 10)
	}
	return strings.ReplaceAll(humanize.IBytes(uint64(b)), " ", "")
}
