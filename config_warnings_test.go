// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"context"
	"errors"
	"math"
	"runtime/debug"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-correlation/correlationprocessor/internal/metadatatest"
)

// startOnce starts the processor and shuts it down. It is in the signals named, both if
// none is. Its error is the start's.
func startOnce(t *testing.T, change func(*Config), signals ...string) error {
	t.Helper()
	return startLogging(t, zap.NewNop(), change, signals...)
}

func startLogging(t *testing.T, log *zap.Logger, change func(*Config), signals ...string) error {
	t.Helper()
	tel := componenttest.NewTelemetry()
	set := metadatatest.NewSettings(tel)
	set.Logger = log
	f := NewFactory()
	cfg := f.CreateDefaultConfig().(*Config)
	change(cfg)
	require.NoError(t, confmap.Validate(cfg))
	var made []component.Component
	if len(signals) == 0 || signals[0] == "traces" {
		c, err := f.CreateTraces(context.Background(), set, cfg, consumertest.NewNop())
		require.NoError(t, err)
		made = append(made, c)
	}
	if len(signals) == 0 || signals[0] == "logs" {
		c, err := f.CreateLogs(context.Background(), set, cfg, consumertest.NewNop())
		require.NoError(t, err)
		made = append(made, c)
	}
	var err error
	for _, c := range made {
		err = errors.Join(err, c.Start(context.Background(), componenttest.NewNopHost()))
	}
	for _, c := range made {
		require.NoError(t, c.Shutdown(context.Background()))
	}
	require.NoError(t, tel.Shutdown(context.Background()))
	return err
}

// warned returns what is warned of at start.
func warned(t *testing.T, change func(*Config), signals ...string) (messages []string) {
	t.Helper()
	core, logged := observer.New(zap.WarnLevel)
	require.NoError(t, startLogging(t, zap.New(core), change, signals...))
	for _, entry := range logged.All() {
		messages = append(messages, entry.Message)
	}
	return messages
}

func TestWarningsAreLoggedOnceAtStart(t *testing.T) {
	repeats := func(c *Config) { c.Logs.DeduplicateAccessLogs = true }
	counts := func(c *Config) { c.Logs.CountOnSpans = true }
	for name, tt := range map[string]struct {
		change  func(*Config)
		signals []string
		want    []string
	}{
		"default": {func(*Config) {}, nil, nil},
		"rules": {
			func(c *Config) { c.Sampling.Errors, c.Sampling.Suppress.HealthChecks = false, true }, nil,
			[]string{"sampling: suppress is on and errors is off: suppressed requests are dropped with the errors in their traces"},
		},
		"slow spans that come too late": {
			func(c *Config) { c.Sampling.SlowerThan = time.Minute }, nil,
			[]string{"sampling::slower_than 1m0s is not shorter than decision_wait 30s: a span that slow arrives when its trace may be decided already"},
		},
		"slow spans in time": {func(c *Config) { c.Sampling.SlowerThan = 29 * time.Second }, nil, nil},
		"inferred patterns in http.route": {
			func(c *Config) { c.Routes.Attribute = "http.route" }, nil,
			[]string{"routes::attribute is http.route: patterns that were inferred go there, too, whatever routes::http_route says"},
		},
		"inferred patterns in http.route, as asked for": {func(c *Config) { c.Routes.Attribute, c.Routes.HTTPRoute = "http.route", HTTPRouteAlways }, nil, nil},
		"nothing to count on": {
			counts, nil,
			[]string{"logs::count_on_spans counts nothing: spans do not wait for a verdict, because no rule that needs the whole trace can change it"},
		},
		"one signal to count on": {
			func(c *Config) { counts(c); onePercent(c) },
			[]string{"traces"},
			[]string{"logs::count_on_spans counts nothing: only one signal is in the processor's pipelines"},
		},
		"counts": {func(c *Config) { counts(c); onePercent(c) }, nil, nil},
		"logs that do not wait": {
			func(c *Config) { repeats(c); c.Logs.JoinWait = 0 }, nil,
			[]string{"logs::deduplicate_access_logs and logs::drop_redundant_access_logs find nothing: logs do not wait, for logs::join_wait is 0s"},
		},
		"logs alone": {
			func(c *Config) { c.Logs.DropRedundantAccessLogs = true },
			[]string{"logs"},
			[]string{"logs::deduplicate_access_logs and logs::drop_redundant_access_logs find nothing: only one signal is in the processor's pipelines"},
		},
		"repeats": {repeats, nil, nil},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, tt.want, warned(t, tt.change, tt.signals...)) })
	}
}

func TestMaxBytesIsHeldAgainstWhatTheProcessMayUse(t *testing.T) {
	const giB = 1 << 30
	group, machine := memoryBound{2 * giB, "the memory limit of its control group"}, memoryBound{8 * giB, "the memory of this machine"}
	for name, tt := range map[string]struct {
		maxBytes ByteSize
		bounds   []memoryBound
		want     string
	}{
		"nothing is known":     {giB, nil, ""},
		"below":                {giB, []memoryBound{machine, group}, ""},
		"all of it":            {2 * giB, []memoryBound{machine, group}, "max_bytes 2.0GiB is not below the memory that the collector may use: the memory limit of its control group is 2.0GiB"},
		"more than there is":   {9 * giB, []memoryBound{machine}, "max_bytes 9.0GiB is not below the memory that the collector may use: the memory of this machine is 8.0GiB"},
		"no bound to speak of": {9 * giB, []memoryBound{{math.MaxUint64, "GOMEMLIMIT"}}, ""},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, tt.want, memoryWarning(tt.maxBytes, tt.bounds)) })
	}
}

func TestMaxBytesAboveGOMEMLIMITIsWarnedOf(t *testing.T) {
	before := debug.SetMemoryLimit(400 << 20)
	defer debug.SetMemoryLimit(before)
	require.Equal(t, []string{"max_bytes 512MiB is not below the memory that the collector may use: GOMEMLIMIT is 400MiB"}, warned(t, func(*Config) {}))
	require.Empty(t, warned(t, func(c *Config) { c.MaxBytes = 100 << 20 }))
}
