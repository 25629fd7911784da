// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/otelcol-correlation/correlationprocessor/internal/config"
)

// said returns the line at start as people read it: in console encoding, without time.
func said(t *testing.T, text string, signals ...string) string {
	t.Helper()
	retrieved, err := confmap.NewRetrievedFromYAML([]byte(text))
	require.NoError(t, err)
	conf, err := retrieved.AsConf()
	require.NoError(t, err)
	cfg := config.Default()
	require.NoError(t, conf.Unmarshal(cfg))
	var out bytes.Buffer
	encoder := zapcore.NewConsoleEncoder(zapcore.EncoderConfig{LevelKey: "L", MessageKey: "M", EncodeLevel: zapcore.LowercaseLevelEncoder})
	log := zap.New(zapcore.NewCore(encoder, zapcore.AddSync(&out), zap.InfoLevel))
	require.NoError(t, startLogging(t, log, func(c *Config) { *c = *cfg }, signals...))
	var lines []string
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "info\tcorrelation starts") {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	require.Len(t, lines, 1, "once for both pipelines:\n%s", out.String())
	return lines[0]
}

func TestTheLineAtStart(t *testing.T) {
	for name, tt := range map[string]struct {
		config  string
		signals []string
		want    string
	}{
		"default": {
			"", nil,
			`{"signals": "traces and logs", "rules": ["debug (flags): always_sample", "errors: always_sample", "default: always_sample"], ` +
				`"drops": "nothing", "waits": "traces do not wait; logs for their span: join_wait 7s", ` +
				`"limits": "max_bytes 512MiB, max_items_per_trace 10000, max_routes 1000"}`,
		},
		"all rules": {
			`
decision_wait: 10s
max_bytes: 1GiB
max_items_per_trace: 500
routes: {max_routes: 200, raw_path: drop}
logs: {missing_trace_id: {sampling_percentage: 25}, deduplicate_access_logs: true, drop_redundant_access_logs: true, request_id_attributes: [request_id]}
sampling:
  sampling_percentage: 1
  slower_than: 2s
  debug: {attribute: http.request.header.x-debug, value: "true"}
  suppress: {health_checks: true, static_assets: true}
  route_percentages: {"GET /feed/{id}": 0.1, /login: 100}
  rules:
    - {name: gold, conditions: ['resource.attributes["tenant"] == "gold"'], sampler: {type: always_sample}}
    - {name: bots, conditions: ['span.name == "bot"'], sampler: {type: never_sample}}
    - {name: half, conditions: ['span.name == "half"'], sampler: {type: probabilistic, sampling_percentage: 50}}
    - {name: rare, conditions: ['span.name == "rare"'], sampler: {type: adaptive_percentage, goal_percentage: 5}}
    - {name: busy, conditions: ['span.name == "busy"'], sampler: {type: adaptive_throughput, goal_throughput: 100}}
`, nil,
			`{"signals": "traces and logs", "rules": ["gold: always_sample", "bots: never_sample", "half: probabilistic 50 %", ` +
				`"rare: adaptive_percentage 5 %", "busy: adaptive_throughput 100 items a second", ` +
				`"debug (http.request.header.x-debug=true, flags): always_sample", "errors: always_sample", "slow (slower_than 2s): always_sample", ` +
				`"route:/login: always_sample", "route:GET /feed/{id}: probabilistic 0.1 %", "health_checks: never_sample", "static_assets: never_sample", ` +
				`"default: probabilistic 1 %"], ` +
				`"drops": "traces by bots, half, rare, busy, route:GET /feed/{id}, health_checks, static_assets, default; 75 % of the logs without a trace id; ` +
				`access logs that repeat another; access logs that repeat their span; raw paths", ` +
				`"waits": "traces: decision_wait 10s, decision_wait_after_root 7s; logs for the trace of their request: decision_wait 10s", ` +
				`"limits": "max_bytes 1.0GiB, max_items_per_trace 500, max_routes 200"}`,
		},
		"a dry run of one signal": {
			"decision_wait: 500ms\ndecision_wait_after_root: 0\nroutes: {raw_path: drop}\nsampling: {sampling_percentage: 0.01, dry_run: true}",
			[]string{"traces"},
			`{"signals": "traces", "rules": ["debug (flags): always_sample", "errors: always_sample", "default: probabilistic 0.01 %"], ` +
				`"drops": "nothing (dry_run, else traces by default); raw paths", "waits": "traces: decision_wait 500ms", ` +
				`"limits": "max_bytes 512MiB, max_items_per_trace 10000, max_routes 1000"}`,
		},
		"the trace id alone": {
			"logs: {join_wait: 0}\nsampling: {sampling_percentage: 10, errors: false}",
			[]string{"logs"},
			`{"signals": "logs", "rules": ["default: probabilistic 10 %"], "drops": "traces by default", "waits": "traces do not wait", ` +
				`"limits": "max_bytes 512MiB, max_items_per_trace 10000, max_routes 1000"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, "info\tcorrelation starts\t"+tt.want, said(t, tt.config, tt.signals...))
		})
	}
}
