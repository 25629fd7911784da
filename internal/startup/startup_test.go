// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package startup

import (
	"bytes"
	"math"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-correlation/correlationprocessor/internal/config"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
)

// facts are those of an engine with the configuration, in pipelines of both signals,
// changed.
func facts(t *testing.T, text string, change func(*Facts)) *Facts {
	t.Helper()
	retrieved, err := confmap.NewRetrievedFromYAML([]byte(text))
	require.NoError(t, err)
	conf, err := retrieved.AsConf()
	require.NoError(t, err)
	cfg := config.Default()
	require.NoError(t, conf.Unmarshal(cfg))
	r, err := rules.New(&cfg.Sampling, rules.Options{MissingPercentage: 100}, componenttest.NewNopTelemetrySettings())
	require.NoError(t, err)
	f := &Facts{Config: cfg, Rules: r, Traces: true, Logs: true, Waits: r.Waits(), Joins: true, Stubs: !r.Waits()}
	if change != nil {
		change(f)
	}
	return f
}

func onlyTraces(f *Facts) { f.Logs, f.Joins, f.Stubs = false, false, false }

func onlyLogs(f *Facts) { f.Traces, f.Joins, f.Stubs = false, false, false }

// said returns what is logged as people read it: in console encoding, without time.
func said(by func(*zap.Logger)) string {
	var out bytes.Buffer
	encoder := zapcore.NewConsoleEncoder(zapcore.EncoderConfig{LevelKey: "L", MessageKey: "M", EncodeLevel: zapcore.LowercaseLevelEncoder})
	by(zap.New(zapcore.NewCore(encoder, zapcore.AddSync(&out), zap.InfoLevel)))
	return strings.TrimSuffix(out.String(), "\n")
}

// warned returns what is warned of, without what else is said.
func warned(t *testing.T, f *Facts) (messages []string) {
	t.Helper()
	core, logged := observer.New(zap.WarnLevel)
	f.Warn(zap.New(core))
	for _, entry := range logged.All() {
		messages = append(messages, entry.Message)
	}
	return messages
}

func TestTheLineAtStart(t *testing.T) {
	for name, tt := range map[string]struct {
		config string
		change func(*Facts)
		want   string
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
			onlyTraces,
			`{"signals": "traces", "rules": ["debug (flags): always_sample", "errors: always_sample", "default: probabilistic 0.01 %"], ` +
				`"drops": "nothing (dry_run, else traces by default); raw paths", "waits": "traces: decision_wait 500ms", ` +
				`"limits": "max_bytes 512MiB, max_items_per_trace 10000, max_routes 1000"}`,
		},
		"the trace id alone": {
			"logs: {join_wait: 0}\nsampling: {sampling_percentage: 10, errors: false}",
			onlyLogs,
			`{"signals": "logs", "rules": ["default: probabilistic 10 %"], "drops": "traces by default", "waits": "traces do not wait", ` +
				`"limits": "max_bytes 512MiB, max_items_per_trace 10000, max_routes 1000"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, "info\tcorrelation starts\t"+tt.want, said(facts(t, tt.config, tt.change).Announce))
		})
	}
}

func TestSettingsThatMayNotBeMeantAreWarnedOf(t *testing.T) {
	for name, tt := range map[string]struct {
		config string
		change func(*Facts)
		want   []string
	}{
		"default": {},
		"rules": {
			config: "sampling: {errors: false, suppress: {health_checks: true}}",
			want:   []string{"sampling: suppress is on and errors is off: suppressed requests are dropped with the errors in their traces"},
		},
		"slow spans that come too late": {
			config: "sampling: {slower_than: 1m}",
			want:   []string{"sampling::slower_than 1m0s is not shorter than decision_wait 30s: a span that slow arrives when its trace may be decided already"},
		},
		"slow spans in time": {config: "sampling: {slower_than: 29s}"},
		"inferred patterns in http.route": {
			config: "routes: {attribute: http.route}",
			want:   []string{"routes::attribute is http.route: patterns that were inferred go there, too, whatever routes::http_route says"},
		},
		"inferred patterns in http.route, as asked for": {config: "routes: {attribute: http.route, http_route: always}"},
		"nothing to count on": {
			config: "logs: {count_on_spans: true}",
			want:   []string{"logs::count_on_spans counts nothing: spans do not wait for a verdict, because no rule that needs the whole trace can change it"},
		},
		"one signal to count on": {
			config: "logs: {count_on_spans: true}\nsampling: {sampling_percentage: 1}", change: onlyTraces,
			want: []string{"logs::count_on_spans counts nothing: only one signal is in the processor's pipelines"},
		},
		"counts": {config: "logs: {count_on_spans: true}\nsampling: {sampling_percentage: 1}"},
		"logs that do not wait": {
			config: "logs: {deduplicate_access_logs: true, join_wait: 0s}", change: func(f *Facts) { f.Joins, f.Stubs = false, false },
			want: []string{"logs::deduplicate_access_logs and logs::drop_redundant_access_logs find nothing: logs do not wait, for logs::join_wait is 0s"},
		},
		"logs alone": {
			config: "logs: {drop_redundant_access_logs: true}", change: onlyLogs,
			want: []string{"logs::deduplicate_access_logs and logs::drop_redundant_access_logs find nothing: only one signal is in the processor's pipelines"},
		},
		"repeats": {config: "logs: {deduplicate_access_logs: true}"},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, tt.want, warned(t, facts(t, tt.config, tt.change))) })
	}
}

// What whoever configures hashes and hidden paths should know is said once.
func TestWhatIsSaidOfHiddenPaths(t *testing.T) {
	const noKey, plain = "info\troutes::hash_key is not set", "warn\troutes::parameters: plain"
	said := func(routes string) string { return said(facts(t, "routes: {"+routes+"}", nil).Warn) }
	require.Empty(t, said(""))
	for _, mode := range []string{"raw_path: hash", "parameters: hash"} {
		require.Equal(t, 1, strings.Count(said(mode), noKey))
		require.Empty(t, said(mode+", hash_key: 0123456789abcdef"))
	}
	for _, mode := range []string{"raw_path: drop", "raw_path: hash, hash_key: 0123456789abcdef"} {
		require.Contains(t, said(mode+", parameters: plain"), plain)
	}
	require.Empty(t, said("parameters: plain"))
}

func TestMaxBytesIsHeldAgainstWhatTheProcessMayUse(t *testing.T) {
	const giB = 1 << 30
	group, machine := memoryBound{2 * giB, "the memory limit of its control group"}, memoryBound{8 * giB, "the memory of this machine"}
	for name, tt := range map[string]struct {
		maxBytes config.ByteSize
		heap     uint64
		bounds   []memoryBound
		want     string
	}{
		"nothing is known":     {giB, 0, nil, ""},
		"room for half more":   {giB, 0, []memoryBound{machine, group}, ""},
		"little more":          {3 * giB / 2, 0, []memoryBound{machine, group}, "max_bytes 1.5GiB leaves little for the rest of the collector: the memory limit of its control group is 2.0GiB"},
		"the heap is limited":  {3 * giB / 2, giB / 2, []memoryBound{machine, group}, ""},
		"but not enough":       {3 * giB / 2, giB, []memoryBound{machine, group}, "max_bytes 1.5GiB and GOMEMLIMIT 1.0GiB are together more than the memory limit of its control group, 2.0GiB: held data lies outside Go's heap, so set GOMEMLIMIT to at most 512MiB"},
		"all of it":            {2 * giB, 0, []memoryBound{machine, group}, "max_bytes 2.0GiB is not below the memory that the collector may use: the memory limit of its control group is 2.0GiB"},
		"more than there is":   {9 * giB, giB, []memoryBound{machine}, "max_bytes 9.0GiB is not below the memory that the collector may use: the memory of this machine is 8.0GiB"},
		"no bound to speak of": {9 * giB, 0, []memoryBound{{math.MaxUint64, "the memory of this machine"}}, ""},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, tt.want, memoryWarning(tt.maxBytes, tt.heap, tt.bounds)) })
	}
}

func TestGOMEMLIMITIsKnown(t *testing.T) {
	before := debug.SetMemoryLimit(400 << 20)
	defer debug.SetMemoryLimit(before)
	require.EqualValues(t, 400<<20, heapLimit())
	debug.SetMemoryLimit(math.MaxInt64)
	require.Zero(t, heapLimit())
}
