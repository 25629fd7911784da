// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"
)

// parse reads the YAML of a processor's block as the Collector does.
func parse(text string) (*Config, error) {
	retrieved, err := confmap.NewRetrievedFromYAML([]byte(text))
	if err != nil {
		return nil, err
	}
	conf, err := retrieved.AsConf()
	if err != nil {
		return nil, err
	}
	cfg := Default()
	if err := conf.Unmarshal(cfg); err != nil {
		return nil, err
	}
	return cfg, confmap.Validate(cfg)
}

func TestWhatWouldBeReadAsSomethingElseIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		// Durations.
		"decision_wait: 10":                   "decision_wait: 10 has no unit; write 10s or 10ms",
		"decision_wait: 1.5":                  "decision_wait: 1.5 has no unit; write 1.5s or 1.5ms",
		`decision_wait: "10"`:                 "decision_wait: 10 has no unit; write 10s or 10ms",
		"decision_wait: 30000000000":          "decision_wait: 30000000000 has no unit; write 30s if nanoseconds were meant",
		"decision_wait: 10ns":                 "decision_wait must be 0 or at least 1ms, got 10ns",
		"decision_wait_after_root: 7":         "decision_wait_after_root: 7 has no unit; write 7s",
		"decision_wait_after_root: 2us":       "decision_wait_after_root must be 0 or at least 1ms, got 2µs",
		"decision_wait_after_root: -5":        "decision_wait_after_root must not be negative, got -5ns",
		"logs: {join_wait: 2}":                "logs::join_wait: 2 has no unit; write 2s",
		"logs: {join_wait: 1ns}":              "join_wait must be 0 or at least 1ms, got 1ns",
		"logs::join_wait: 2":                  "logs::join_wait: 2 has no unit; write 2s",
		"sampling: {slower_than: 2}":          "sampling::slower_than: 2 has no unit; write 2s",
		"sampling: {slower_than: 2.5}":        "sampling::slower_than: 2.5 has no unit; write 2.5s",
		"sampling: {slower_than: 999us}":      "slower_than must be 0 or at least 1ms, got 999µs",
		"sampling: {slower_than: .inf}":       "sampling::slower_than: +Inf has no unit",
		"sampling: {slower_than: 1e300}":      "sampling::slower_than: 1e+300 has no unit",
		adaptive("adjustment_interval: 30"):   "sampling::rules::0::sampler::adjustment_interval: 30 has no unit; write 30s",
		adaptive("adjustment_interval: 10ms"): "adjustment_interval must be at least 1s, got 10ms",
		"decision_wait: 500ms\nlogs: {join_wait: 5}\nsampling: {slower_than: 3}": "logs::join_wait: 5 has no unit; write 5s or 5ms\nsampling::slower_than: 3 has no unit",
		// Waits that contradict each other.
		"decision_wait: 500ms\ndecision_wait_after_root: 7s": "decision_wait_after_root must not be longer than decision_wait (500ms), got 7s",
		"decision_wait: 0s":  "decision_wait must be positive, got 0s",
		"decision_wait: -5s": "decision_wait must be positive, got -5s",
		// Values that are missing.
		"decision_wait: ":                                         "decision_wait has no value",
		"sampling: {sampling_percentage: }":                       "sampling::sampling_percentage has no value",
		"sampling: {errors: }":                                    "sampling::errors has no value",
		"sampling: {route_percentages: {/feed: }}":                "sampling::route_percentages::/feed has no value",
		"logs: {missing_trace_id: {sampling_percentage: }}":       "logs::missing_trace_id::sampling_percentage has no value",
		withSampler("type: probabilistic"):                        "sampling_percentage must be set for type probabilistic; write 0 to keep nothing",
		withSampler("type: probabilistic, sampling_percentage: "): "sampling::rules::0::sampler::sampling_percentage has no value",
		withSampler("type: adaptive_percentage"):                  "goal_percentage must be above 0 and at most 100, got 0",
		withSampler("type: adaptive_throughput"):                  "goal_throughput must be positive, got 0",
		withSampler("{}"):                                         "type must be one of",
		// Numbers that are none, or others.
		`sampling: {sampling_percentage: "1%"}`:    `sampling::sampling_percentage must be a number, got "1%"; write 1`,
		`sampling: {sampling_percentage: "0.5"}`:   `sampling::sampling_percentage must be a number, got "0.5"; write 0.5`,
		"sampling: {sampling_percentage: few}":     `sampling::sampling_percentage must be a number, got "few"`,
		"sampling: {sampling_percentage: .nan}":    "sampling_percentage must be between 0 and 100, got NaN",
		"sampling: {sampling_percentage: .inf}":    "sampling_percentage must be between 0 and 100, got +Inf",
		"sampling: {sampling_percentage: 100.1}":   "sampling_percentage must be between 0 and 100, got 100.1",
		"sampling: {route_percentages: {/a: 10%}}": `sampling::route_percentages::/a must be a number, got "10%"; write 10`,
		"sampling: {sampling_precision: 4.7}":      "sampling::sampling_precision must be a whole number, got 4.7",
		"routes: {max_routes: 1.9}":                "routes::max_routes must be a whole number, got 1.9",
		"routes: {max_routes: 1k}":                 `routes::max_routes must be a number, got "1k"`,
		"max_bytes: 1048577.5":                     "max_bytes must be a whole number, got 1.0485775e+06",
		"max_bytes: 512":                           "max_bytes must be at least 1.0MiB, got 512B",
		"max_bytes: 512m b":                        `not a size such as 512MiB: "512m b"`,
	} {
		t.Run(text, func(t *testing.T) {
			_, err := parse(text)
			require.ErrorContains(t, err, want)
		})
	}
}

// withSampler is a rule with a sampler of its own.
func withSampler(text string) string {
	return "sampling: {rules: [{name: a, sampler: {" + strings.Trim(text, "{}") + "}}]}"
}

func adaptive(text string) string {
	return withSampler("type: adaptive_percentage, goal_percentage: 5, " + text)
}

// environment is a provider of variables: ${env:NAME} in a block is what the map has.
type environment map[string]string

func (e environment) Retrieve(_ context.Context, uri string, _ confmap.WatcherFunc) (*confmap.Retrieved, error) {
	return confmap.NewRetrievedFromYAML([]byte(e[strings.TrimPrefix(uri, "env:")]))
}

func (environment) Scheme() string { return "env" }

func (environment) Shutdown(context.Context) error { return nil }

// A variable that is not set is 0 to the decoder: it would drop every trace, or switch
// a wait off.
func TestVariablesAreReadLikeTheirValues(t *testing.T) {
	for block, want := range map[string]string{
		"sampling: {sampling_percentage: \"${env:NONE}\"}":                        "sampling::sampling_percentage has no value: write one, or leave the key out",
		"sampling: {errors: \"${env:NONE}\"}":                                     "sampling::errors has no value",
		"decision_wait_after_root: ${env:NONE}":                                   "decision_wait_after_root has no value",
		"max_bytes: ${env:NONE}":                                                  "max_bytes has no value",
		"decision_wait: ${env:TWO}":                                               "decision_wait: 2 has no unit; write 2s",
		"sampling: {sampling_percentage: \"${env:SHARE}\"}":                       `sampling::sampling_percentage must be a number, got "1%"; write 1`,
		"routes: {learn: {file: \"${env:NONE}\"}}":                                "",
		"decision_wait: ${env:WAIT}":                                              "",
		"decision_wait: ${env:TWO}s":                                              "",
		"max_bytes: ${env:SIZE}":                                                  "",
		"sampling: {sampling_percentage: \"${env:TWO}\", errors: \"${env:YES}\"}": "",
	} {
		t.Run(block, func(t *testing.T) {
			vars := environment{"TWO": "2", "WAIT": "5s", "SHARE": "1%", "SIZE": "1GiB", "YES": "true", "BLOCK": block}
			resolver, err := confmap.NewResolver(confmap.ResolverSettings{
				URIs:              []string{"env:BLOCK"},
				ProviderFactories: []confmap.ProviderFactory{confmap.NewProviderFactory(func(confmap.ProviderSettings) confmap.Provider { return vars })},
			})
			require.NoError(t, err)
			conf, err := resolver.Resolve(t.Context())
			require.NoError(t, err)
			cfg := Default()
			if err = conf.Unmarshal(cfg); want != "" {
				require.ErrorContains(t, err, want)
				return
			}
			require.NoError(t, err)
			require.NoError(t, confmap.Validate(cfg))
		})
	}
}

func TestDefaultsFollowWhatIsSet(t *testing.T) {
	for text, want := range map[string][2]time.Duration{
		"":                              {30 * time.Second, 7 * time.Second},
		"decision_wait: 500ms":          {500 * time.Millisecond, 500 * time.Millisecond},
		"decision_wait: 10s":            {10 * time.Second, 7 * time.Second},
		"decision_wait: 1h":             {time.Hour, 7 * time.Second},
		"decision_wait: 1ms":            {time.Millisecond, time.Millisecond},
		"decision_wait_after_root: 0":   {30 * time.Second, 0},
		"decision_wait_after_root: 0s":  {30 * time.Second, 0},
		"decision_wait_after_root: 2s":  {30 * time.Second, 2 * time.Second},
		"decision_wait_after_root: 60s": {time.Minute, time.Minute},
		"decision_wait: 500ms\ndecision_wait_after_root: 0": {500 * time.Millisecond, 0},
		"decision_wait: 3s\ndecision_wait_after_root: 3s":   {3 * time.Second, 3 * time.Second},
	} {
		t.Run(text, func(t *testing.T) {
			cfg, err := parse(text)
			require.NoError(t, err)
			require.Equal(t, want, [2]time.Duration{cfg.DecisionWait, cfg.DecisionWaitAfterRoot})
		})
	}
}

// A log gets the pattern of its span under whatever name patterns have.
func TestJoinedAttributesFollowThePatternsName(t *testing.T) {
	others := []string{"http.route", "http.request.method", "http.response.status_code"}
	for text, want := range map[string][]string{
		"":                                   append([]string{"url.template"}, others...),
		"routes: {attribute: route_pattern}": append([]string{"route_pattern"}, others...),
		"routes: {attribute: route_pattern}\nlogs: {join_attributes: [b]}":  {"b"},
		"routes: {attribute: route_pattern}\nlogs: {join_attributes: []}":   {},
		"routes: {attribute: url.template}\nlogs: {trace_id_in_body: true}": append([]string{"url.template"}, others...),
	} {
		cfg, err := parse(text)
		require.NoError(t, err, text)
		require.Equal(t, want, cfg.Logs.JoinAttributes, text)
	}
	require.Equal(t, "url.template", Default().Logs.JoinAttributes[0], "the default itself does not change")
}

func TestGoodValuesAreRead(t *testing.T) {
	for text, want := range map[string]ByteSize{
		"max_bytes: 1048576": 1 << 20, "max_bytes: 512M": 512_000_000, "max_bytes: 512Mi": 512 << 20, "max_bytes: 512MiB": 512 << 20,
		"max_bytes: 1e9": 1_000_000_000, "max_bytes: 2 GiB": 2 << 30, `max_bytes: "1048576"`: 1 << 20,
	} {
		cfg, err := parse(text)
		require.NoError(t, err, text)
		require.Equal(t, want, cfg.MaxBytes, text)
	}
	for _, text := range []string{
		"max_items_per_trace: 1e4", "sampling: {slower_than: 0}", "logs: {join_wait: 0}", withSampler("type: probabilistic, sampling_percentage: 0"),
		"sampling: {sampling_percentage: 0.01}", "sampling: {sampling_percentage: 1}", "routes:", "sampling: {rules: }", "sampling: {route_percentages: }",
	} {
		_, err := parse(text)
		require.NoError(t, err, text)
	}
}

// at returns a YAML block with a value at the key as keysOf has it.
func at(key, value string) string {
	text := value
	for _, part := range slices.Backward(strings.Split(key, ".")) {
		if name, list := strings.CutSuffix(part, "[]"); list {
			text = fmt.Sprintf("{%s: [%s]}", name, text)
			continue
		}
		text = fmt.Sprintf("{%s: %s}", part, text)
	}
	return text
}

// Whatever durations there are, none is read from a number alone, and none is below
// a millisecond.
func TestEveryDurationNeedsAUnit(t *testing.T) {
	found := 0
	eachDuration(reflect.TypeFor[Config](), "", func(key string) {
		found++
		last := key[strings.LastIndexByte(key, '.')+1:]
		_, err := parse(at(key, "2"))
		require.ErrorContains(t, err, last+": 2 has no unit; write 2s", key)
		for _, text := range []string{"2ns", "3us", "-4s"} {
			_, err = parse(at(key, text))
			require.Error(t, err, "%s: %s", key, text)
		}
	})
	require.GreaterOrEqual(t, found, 5)
}

func eachDuration(t reflect.Type, prefix string, yield func(string)) {
	for field := range t.Fields() {
		key, ok := field.Tag.Lookup("mapstructure")
		switch f := field.Type; {
		case !ok:
		case f == reflect.TypeFor[time.Duration]():
			yield(prefix + key)
		case f.Kind() == reflect.Struct:
			eachDuration(f, prefix+key+".", yield)
		case f.Kind() == reflect.Slice && f.Elem().Kind() == reflect.Struct:
			eachDuration(f.Elem(), prefix+key+"[].", yield)
		}
	}
}

// No text in the place of a value makes the reader panic, and what it accepts is valid
// or refused by Validate.
func TestAnyValueIsReadOrRefused(t *testing.T) {
	var keys []string
	keysOf(reflect.TypeFor[Config](), "", func(key string) {
		if !strings.Contains(key, "<") {
			keys = append(keys, key)
		}
	})
	rapid.Check(t, func(rt *rapid.T) {
		var value any
		text := rapid.OneOf(rapid.SampledFrom([]string{"null", "{}", "[]", "[null]", "{a: null}", "-0", "1e309", "0x10", "~", "1_000"}), rapid.StringMatching(`[-+.0-9a-zµ%"]{0,8}`)).Draw(rt, "value")
		block := at(rapid.SampledFrom(keys).Draw(rt, "key"), text)
		if yaml.Unmarshal([]byte(block), &value) != nil {
			rt.Skip("no YAML")
		}
		cfg, err := parse(block)
		if err == nil && (cfg.DecisionWait < time.Millisecond || cfg.DecisionWaitAfterRoot > cfg.DecisionWait) {
			rt.Fatalf("accepted %s", block)
		}
	})
}

// Whatever stands in a block, it is refused or means what it says: waits agree, and no
// share or size is out of its range.
func FuzzConfig(f *testing.F) {
	text, err := os.ReadFile("testdata/config.yaml")
	require.NoError(f, err)
	f.Add(string(text))
	for _, block := range []string{
		"decision_wait: 10", "decision_wait: 500ms", "logs::join_wait: 2s", "max_bytes: 1e9", "sampling: {sampling_percentage: .nan}",
		"sampling: {rules: [{name: a, sampler: {type: probabilistic, sampling_percentage: 0}}]}", "telemetry: {attributes: [a.b, a_b]}",
		"routes: {attribute: http.route, services: {a: {templates: [/a]}}}", "logs: {request_id_attributes: [trace.id]}", "[1]", "a: &a [*a]",
	} {
		f.Add(block)
	}
	f.Fuzz(func(t *testing.T, block string) {
		if strings.Contains(block, "openapi") {
			t.Skip("it would read files")
		}
		cfg, err := parse(block)
		if err != nil {
			return
		}
		require.GreaterOrEqual(t, cfg.DecisionWait, time.Millisecond)
		require.GreaterOrEqual(t, cfg.DecisionWaitAfterRoot, time.Duration(0))
		require.LessOrEqual(t, cfg.DecisionWaitAfterRoot, cfg.DecisionWait)
		require.GreaterOrEqual(t, cfg.MaxBytes, ByteSize(MinBytes))
		require.True(t, cfg.Sampling.SamplingPercentage >= 0 && cfg.Sampling.SamplingPercentage <= 100)
		require.NotEqual(t, cfg.Routes.Attribute, cfg.Routes.SourceAttribute)
	})
}

// What documentation and examples show can be loaded.
func TestPublishedBlocksAreValid(t *testing.T) {
	files := []string{
		"README.md", "docs/sampling.md", "docs/observability.md", "docs/routes.md", "docs/storage.md",
		"examples/quickstart/config.yaml", "examples/routes/config.yaml", "examples/log-files/config.yaml",
		"examples/kubernetes-agent/config.yaml", "examples/kubernetes-gateway/config.yaml", "examples/test-oracle/config.yaml",
	}
	blocks := 0
	for _, name := range files {
		text, err := os.ReadFile(filepath.Join("../..", name))
		require.NoError(t, err)
		for _, part := range yamlOf(name, string(text)) {
			block, ok := correlationBlock(t, part)
			if !ok {
				continue
			}
			blocks++
			_, err := parse(block)
			require.NoError(t, err, "%s:\n%s", name, block)
		}
	}
	require.GreaterOrEqual(t, blocks, 9)
}

// yamlOf returns a YAML file, or the fenced YAML of a page.
func yamlOf(name, text string) (parts []string) {
	if !strings.HasSuffix(name, ".md") {
		return []string{text}
	}
	for i, part := range strings.Split(text, "```") {
		if yaml, ok := strings.CutPrefix(part, "yaml\n"); ok && i%2 == 1 {
			parts = append(parts, yaml)
		}
	}
	return parts
}

// correlationBlock finds the processor's block in a configuration, or a part of one
// that stands alone.
func correlationBlock(t *testing.T, text string) (string, bool) {
	var doc map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(text), &doc), text)
	processors, _ := doc["processors"].(map[string]any)
	block, ok := processors["correlation"]
	if !ok {
		if doc["sampling"] == nil && doc["routes"] == nil && doc["telemetry"] == nil {
			return "", false
		}
		block = doc
	}
	out, err := yaml.Marshal(block)
	require.NoError(t, err)
	return string(out), true
}

// What the Collector prints of a configuration can be read again, but for the secret in
// it.
func TestAConfigurationCanBeReadFromItsPrint(t *testing.T) {
	full, err := load(t, "correlation/full")
	require.NoError(t, err)
	for name, cfg := range map[string]any{"default": Default(), "full": full} {
		t.Run(name, func(t *testing.T) {
			conf := confmap.New()
			require.NoError(t, conf.Marshal(cfg))
			require.True(t, conf.Delete("routes::hash_key"))
			text, err := yaml.Marshal(conf.ToStringMap())
			require.NoError(t, err)
			printed, err := parse(string(text))
			require.NoError(t, err, "%s", text)
			require.Equal(t, fmt.Sprintf("%+v", cfg), fmt.Sprintf("%+v", printed), "but for empty lists that were nil")
		})
	}
}

func TestTheKeyOfHashesIsNotPrinted(t *testing.T) {
	const key = "0123456789abcdef"
	cfg := Default()
	cfg.Routes.HashKey = key
	require.NoError(t, cfg.Routes.Validate())
	require.NotContains(t, fmt.Sprintf("%v %+v", cfg, cfg), key)
	cfg.Routes.HashKey = "short"
	require.ErrorContains(t, cfg.Routes.Validate(), "hash_key must be at least 16 bytes long, got 5")
}
