// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-correlation/correlationprocessor"
	"github.com/otelcol-correlation/correlationprocessor/internal/metadatatest"
)

// startOnce starts the processor in pipelines of both signals and shuts it down. Its
// error is the start's.
func startOnce(t *testing.T, log *zap.Logger, change func(*Config)) error {
	t.Helper()
	tel := componenttest.NewTelemetry()
	set := metadatatest.NewSettings(tel)
	set.Logger = log
	f := correlationprocessor.NewFactory()
	cfg := f.CreateDefaultConfig().(*Config)
	change(cfg)
	require.NoError(t, confmap.Validate(cfg))
	traces, err := f.CreateTraces(context.Background(), set, cfg, consumertest.NewNop())
	require.NoError(t, err)
	logs, err := f.CreateLogs(context.Background(), set, cfg, consumertest.NewNop())
	require.NoError(t, err)
	for _, c := range []component.Component{traces, logs} {
		err = errors.Join(err, c.Start(context.Background(), componenttest.NewNopHost()))
	}
	for _, c := range []component.Component{traces, logs} {
		require.NoError(t, c.Shutdown(context.Background()))
	}
	require.NoError(t, tel.Shutdown(context.Background()))
	return err
}

// What the settings come to, and what may not be meant, is said once for all pipelines.
func TestStartIsSaidOnce(t *testing.T) {
	core, logged := observer.New(zap.InfoLevel)
	require.NoError(t, startOnce(t, zap.New(core), func(c *Config) {
		c.Routes.Attribute, c.Logs.DeduplicateAccessLogs = "http.route", true
	}))
	starts := logged.FilterMessage("correlation starts").All()
	require.Len(t, starts, 1)
	said := starts[0].ContextMap()
	require.Equal(t, "traces and logs", said["signals"])
	require.Equal(t, "access logs that repeat another", said["drops"])
	require.Equal(t, "traces do not wait; logs for their span: join_wait 7s", said["waits"])
	warned := logged.FilterLevelExact(zap.WarnLevel)
	require.Equal(t, 1, warned.Len(), "%v", warned.All())
	require.Equal(t, 1, warned.FilterMessageSnippet("routes::attribute is http.route").Len())
}

func TestTheLearnFileIsProbedAtStartAndWrittenAtTheEnd(t *testing.T) {
	folder := t.TempDir()
	err := startOnce(t, zap.NewNop(), func(c *Config) { c.Routes.Learn.File = filepath.Join(folder, "none", "routes.yaml") })
	require.ErrorContains(t, err, "routes::learn::file")
	require.NoError(t, startOnce(t, zap.NewNop(), func(c *Config) { c.Routes.Learn.File = filepath.Join(folder, "routes.yaml") }))
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, files, 1)
	require.Equal(t, "routes.yaml", files[0].Name())
}
