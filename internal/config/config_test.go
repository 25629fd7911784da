// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"os"
	"reflect"
	"regexp"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/configretry"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"

	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules/request"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules/sampler"
)

func load(t *testing.T, name string) (*Config, error) {
	all, err := confmaptest.LoadConf("testdata/config.yaml")
	require.NoError(t, err)
	sub, err := all.Sub(name)
	require.NoError(t, err)
	cfg := Default()
	if err := sub.Unmarshal(cfg); err != nil {
		return nil, err
	}
	return cfg, confmap.Validate(cfg)
}

func TestEmptyConfigIsTheDefault(t *testing.T) {
	cfg, err := load(t, "correlation")
	require.NoError(t, err)
	require.Equal(t, Default(), cfg)
}

func TestFullConfig(t *testing.T) {
	cfg, err := load(t, "correlation/full")
	require.NoError(t, err)
	require.Equal(t, &Config{
		DecisionWait:          30 * time.Second,
		DecisionWaitAfterRoot: 5 * time.Second,
		Hindsight:             time.Minute,
		ShutdownTimeout:       20 * time.Second,
		RetryOnFailure: configretry.BackOffConfig{
			Enabled: true, InitialInterval: time.Second, MaxInterval: 10 * time.Second, MaxElapsedTime: 0, Multiplier: 2, RandomizationFactor: 0.1,
		},
		MaxItemsPerTrace: 500,
		MaxBytes:         1 << 30,
		VerdictMemory:    64 << 20,

		MetadataKeys:             []string{"x-tenant", "X-Region"},
		MetadataCardinalityLimit: 50,
		Storage:                  StorageConfig{Directory: "/var/lib/otelcol/correlation", MaxBytes: 2 << 30, SyncInterval: time.Second, DrainOnShutdown: true},
		Routes: RoutesConfig{
			Templates:    []string{"GET /users/:id", "/repos/{owner}/{repo}"},
			OpenAPIFiles: []string{"testdata/shop.yaml"},
			Services:     map[string]ServiceRoutesConfig{"checkout": {Templates: []string{"/cart/{cart_id:[0-9]+}"}}},
			MaxRoutes:    200,
			Learn:        LearnConfig{Enabled: false},
			Attribute:    "route_pattern",
			HTTPRoute:    HTTPRouteAlways,
			SpanName:     false,
			RawPath:      RawPathHash,

			SourceAttribute: "route_source",
			Parameters:      ParametersHash,
		},
		Logs: LogsConfig{
			TraceIDAttributes:       []string{"my.trace"},
			TraceIDInBody:           false,
			PathAttributes:          []string{"request.uri"},
			JoinAttributes:          []string{"route_pattern"},
			JoinWait:                time.Second,
			MissingTraceID:          MissingTraceIDConfig{SamplingPercentage: 25},
			DeduplicateAccessLogs:   true,
			DropRedundantAccessLogs: true,
			RequestIDAttributes:     []string{"request.id"},
		},
		Sampling: rules.Config{
			SamplingPercentage: 1,
			SamplingPrecision:  6,
			Debug:              rules.DebugConfig{Attribute: "http.request.header.x-sample-debug", Value: "true"},
			Errors:             true,
			SlowerThan:         2 * time.Second,
			Suppress:           request.SuppressConfig{HealthChecks: true, StaticAssets: true},
			RoutePercentages:   map[string]float64{"GET /feed/{id}": 0.1, "/login": 100},
			Rules: []rules.RuleConfig{{
				Name:       "tenant",
				Match:      rules.MatchSameItem,
				Conditions: []string{`resource.attributes["tenant"] == "a"`, `span.kind == SPAN_KIND_SERVER`},
				Sampler: sampler.Config{
					Type: sampler.AdaptiveThroughput, GoalThroughput: 100, FingerprintAttributes: []string{"url.template"},
					AdjustmentInterval: 30 * time.Second, Weight: 0.25, MaxKeys: 50,
				},
			}, {
				Name:    "rest",
				Sampler: sampler.Config{Type: sampler.Probabilistic, SamplingPercentage: 5},
			}},
			ErrorMode:        ottl.PropagateError,
			Randomness:       rules.RandomnessHash,
			UpstreamUnmarked: rules.UpstreamUnsampled,
			DryRun:           true,
			RuleAttribute:    "sampling.rule",
			CountedRoutes:    50,
		},
		Telemetry: TelemetryConfig{
			Integrity: true, SpanTimes: false, Heuristics: true,
			Attributes: []string{"service.version", "deployment.id"},
		},
	}, cfg)
}

func TestBadConfigIsRefusedNamingKeyAndValue(t *testing.T) {
	for name, want := range map[string][]string{
		"wait":           {"decision_wait must be positive, got -1s"},
		"root":           {"decision_wait_after_root must not be negative, got -1s"},
		"root_longer":    {"decision_wait_after_root must not be longer than decision_wait (10s), got 20s"},
		"items":          {"max_items_per_trace must be positive, got 0"},
		"bytes":          {"max_bytes must be at least 1.0MiB, got 1.0KiB"},
		"bytes_negative": {"max_bytes must be at least 1.0MiB, got -5"},
		"bytes_text":     {"max_bytes", `not a size such as 512MiB: "many"`},
		"metadata":       {`metadata_keys must not contain an empty key, got ["x-tenant" ""]`},
		"metadata_twice": {`metadata_keys must not contain a key twice, in whatever case, got ["x-tenant" "x-region" "X-Tenant"]`},
		"percentage":     {"sampling", "sampling_percentage must be between 0 and 100, got 101"},
		"percentage_low": {"sampling_percentage must be between 0 and 100, got -1"},
		"percentage_min": {"sampling_percentage must be 0 or at least", "got 1e-20"},
		"precision":      {"sampling", "sampling_precision must be between 1 and 14, got 15"},
		"slower":         {"sampling", "slower_than must not be negative, got -1s"},
		"debug":          {"sampling", `debug::attribute must be set where debug::value is, got "true"`},
		"routes":         {"sampling", `route_percentages "GET /feed/{id}" must be between 0 and 100, got 101`},
		"routes_text":    {"sampling", `route_percentages: template "/feed/{id"`},
		"rule_name":      {"sampling", `rule "": name must not be empty`},
		"rule_built_in":  {`rule "errors": name must not be that of a built-in rule`},
		"rule_route":     {`rule "route:x": name must not be that of a built-in rule`},
		"rule_twice":     {`rules: there are two with the name "a"`},
		"rule_condition": {`rule "a": condition "span.kond == 1": `},
		"rule_syntax":    {`rule "a": condition "span.kind = 1": `},
		"rule_context":   {`rule "a": condition "kind == 1": `},
		"rule_signal":    {`rule "a": condition "metric.name == \"x\"": context`},
		"rule_match":     {`rule "a": match must be one of`, `got "some"`},
		"rule_match_all": {`rule "a": match is for rules with conditions, got "same_item"`},
		"rule_mixed":     {`rule "a": conditions on spans and on logs cannot be met by the same item`},
		"rule_many":      {`rule "b": too many conditions in rules with match: any_item, at most 32`},
		"rule_keys":      {`rule "a": fingerprint_attributes need match: same_item`},
		"sampler":        {"sampler: type must be one of", `got "sometimes"`},
		"sampler_share":  {"sampler: sampling_percentage must be between 0 and 100, got 101"},
		"sampler_goal":   {"goal_percentage must be above 0 and at most 100, got 0"},
		"sampler_rate":   {"goal_throughput must be positive, got 0"},
		"sampler_unused": {"goal_percentage is not for type always_sample, got 5", "weight is not for type always_sample, got 0.5"},
		"sampler_keys":   {`fingerprint_attributes must be attribute keys`, `got "a b"`},
		"sampler_weight": {"weight must be above 0 and below 1, got 1", "adjustment_interval must be at least 1s, got 1ms", "max_keys must not be negative, got -1"},
		"missing":        {"logs", "missing_trace_id: sampling_percentage must be between 0 and 100, got -1"},
		"counted":        {"sampling", "counted_routes must not be negative, got -1"},
		"randomness":     {"sampling", `randomness must be one of ["auto" "trace_id" "hash"], got "dice"`},
		"unmarked":       {"sampling", `upstream_unmarked must be one of ["unknown" "unsampled"], got "maybe"`},
		"error_mode":     {"unknown error mode", "sometimes"},
		"http_route":     {"routes", `http_route must be one of ["never" "declared" "always"], got "maybe"`},
		"raw_path":       {`raw_path must be one of ["keep" "hash" "drop"], got "burn"`},
		"parameters":     {`parameters must be one of ["off" "plain" "hash"], got "some"`},
		"paths":          {`path_attributes must not contain an empty key, got [""]`},
		"max_routes":     {"max_routes must be positive, got 0"},
		"attribute":      {"attribute must not be empty"},
		"template":       {"routes", "/users/{id"},
		"openapi":        {"routes", "openapi_files", "testdata/none.yaml"},
		"openapi_text":   {"services::cart", "openapi_files", "testdata/broken.yaml", "line"},
		"service":        {"routes", "/cart/{"},
		"join":           {"logs", `join_attributes must not contain an empty key, got ["a" ""]`},
		"join_wait":      {"join_wait must not be negative, got -1s"},
		"keys":           {`trace_id_attributes must not contain an empty key, got [""]`},
		"request":        {`request_id_attributes must not contain an empty key, got [""]`},
		"storage":        {"storage: max_bytes must be at least", "got 100KiB", "sync_interval needs storage::directory, got 1s without one", "drain_on_shutdown needs storage::directory"},
		"storage_sync":   {"storage", "sync_interval must be 0 or at least 1ms, got 1µs"},
		"labels":         {"telemetry", `attributes must not contain an empty key, got [""]`},
		"labels_name":    {"telemetry", "attributes must not contain service.name"},
		"labels_many":    {"telemetry", "attributes must be at most 5"},
		"unknown":        {"decision_weight"},
		"unknown_nested": {"sampling", "percentage"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, "correlation/bad_"+name)
			require.Error(t, err)
			for _, text := range want {
				require.ErrorContains(t, err, text)
			}
		})
	}
}

// keysOf yields the YAML keys of a configuration struct.
func keysOf(t reflect.Type, prefix string, yield func(string)) {
	for field := range t.Fields() {
		key, ok := field.Tag.Lookup("mapstructure")
		if !ok {
			continue
		}
		switch f := field.Type; {
		case f.Kind() == reflect.Struct:
			keysOf(f, prefix+key+".", yield)
		case f.Kind() == reflect.Map && f.Elem().Kind() == reflect.Struct:
			keysOf(f.Elem(), prefix+key+".<name>.", yield)
		case f.Kind() == reflect.Slice && f.Elem().Kind() == reflect.Struct:
			yield(prefix + key)
			keysOf(f.Elem(), prefix+key+"[].", yield)
		default:
			yield(prefix + key)
		}
	}
}

// The reference has a row for every key, and no row for a key that is not there.
func TestTheConfigurationReferenceIsComplete(t *testing.T) {
	text, err := os.ReadFile("../../docs/configuration.md")
	require.NoError(t, err)
	documented := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(string(text), -1) {
		documented[row[1]] = true
	}
	keysOf(reflect.TypeFor[Config](), "", func(key string) {
		require.True(t, documented[key], "no row for %s", key)
		delete(documented, key)
	})
	require.Empty(t, documented, "rows for keys that do not exist")
}

// What SDKs send with their own defaults arrives in time: their span processors keep a
// span up to 5 s (OTEL_BSP_SCHEDULE_DELAY), and it takes a second to arrive here.
func TestDefaultWaitsFitTheDefaultsOfSDKs(t *testing.T) {
	const arrives = 5*time.Second + time.Second
	c := Default()
	require.Greater(t, c.DecisionWaitAfterRoot, arrives, "the evidence of a child whose root was sent at once")
	require.Greater(t, c.Logs.JoinWait, arrives, "the span of a log")
	require.Greater(t, c.DecisionWait, 4*arrives, "a child of a trace whose root never arrives")
}

func TestWhatLogsWithoutATraceAreDrawnBy(t *testing.T) {
	check := func(texts ...string) error { return (&MissingTraceIDConfig{SampleBy: texts}).Validate() }
	require.ErrorContains(t, check("request id"), `sample_by must be attribute keys such as request_id`)
	require.ErrorContains(t, check(""), `got ""`)
	require.NoError(t, check("request_id", `resource.attributes["tenant"]`))
}
