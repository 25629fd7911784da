// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/processor"

	"github.com/otelcol-correlation/correlationprocessor/internal/config"
	"github.com/otelcol-correlation/correlationprocessor/internal/itemtest"
	"github.com/otelcol-correlation/correlationprocessor/internal/metadatatest"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry/telemetrytest"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// Of the whole processor only what nobody sees from outside is tried here; its promises are tests of
// internal/acceptance.

// whole is the processor in a traces and a logs pipeline, with the engine of both.
type whole struct {
	tel    *componenttest.Telemetry
	traces processor.Traces
	logs   processor.Logs
	engine *engine
}

// ofWhole runs a test with the processor started, in a bubble with a clock of its own.
func ofWhole(t *testing.T, change func(*Config), run func(*testing.T, whole)) {
	synctest.Test(t, func(t *testing.T) {
		w := whole{tel: componenttest.NewTelemetry()}
		f, cfg := NewFactory(), config.Default()
		change(cfg)
		var err error
		w.traces, err = f.CreateTraces(t.Context(), metadatatest.NewSettings(w.tel), cfg, consumertest.NewNop())
		require.NoError(t, err)
		w.logs, err = f.CreateLogs(t.Context(), metadatatest.NewSettings(w.tel), cfg, consumertest.NewNop())
		require.NoError(t, err)
		w.engine = w.traces.(*pipeline).engine
		require.NoError(t, w.traces.Start(t.Context(), componenttest.NewNopHost()))
		require.NoError(t, w.logs.Start(t.Context(), componenttest.NewNopHost()))
		run(t, w)
		require.NoError(t, w.traces.Shutdown(context.Background()))
		require.NoError(t, w.logs.Shutdown(context.Background()))
		require.NoError(t, w.tel.Shutdown(context.Background()))
	})
}

// What waits for its verdict is held by the books and by the buffer alike.
func TestHeldIsWhatTheBufferHolds(t *testing.T) {
	ofWhole(t, onePercent, func(t *testing.T, w whole) {
		for sent := range 10 {
			require.NoError(t, w.traces.ConsumeTraces(t.Context(), itemtest.Span(sent/2, sent)))
			if sent%3 == 0 {
				require.NoError(t, w.logs.ConsumeLogs(t.Context(), itemtest.Log(sent, sent)))
			}
			synctest.Wait()
			require.EqualValues(t, sent+1, w.engine.buffer.Held(tracebuffer.Span))
			require.EqualValues(t, sent+1, telemetrytest.Sum(w.tel, "spans_held"))
			require.EqualValues(t, sent/3+1, w.engine.buffer.Held(tracebuffer.Log))
			require.EqualValues(t, sent/3+1, telemetrytest.Sum(w.tel, "logs_held"))
		}
		require.NoError(t, w.traces.Shutdown(t.Context()))
		require.Zero(t, w.engine.buffer.Held(tracebuffer.Span)+w.engine.buffer.Held(tracebuffer.Log))
		require.Zero(t, telemetrytest.Sum(w.tel, "spans_held")+telemetrytest.Sum(w.tel, "logs_held"))
	})
}

// When there is no room at all, what needs none passes.
func TestLogsWithoutATraceNeedNoRoom(t *testing.T) {
	ofWhole(t, func(c *Config) { onePercent(c); c.MaxBytes = config.MinBytes }, func(t *testing.T, w whole) {
		w.engine.buffer.Beside(2 * config.MinBytes)
		require.ErrorIs(t, w.logs.ConsumeLogs(t.Context(), itemtest.Log(1, 1)), errBufferFull)
		require.ErrorIs(t, w.traces.ConsumeTraces(t.Context(), itemtest.Span(1, 1)), errBufferFull)
		require.NoError(t, w.logs.ConsumeLogs(t.Context(), itemtest.Log(1, 1, itemtest.NoID)))
		body := itemtest.Log(1, 1, itemtest.NoID, func(lr plog.LogRecord) {
			lr.Body().SetStr("trace_id=" + itemtest.TraceNumbered(1).String())
		})
		require.ErrorIs(t, w.logs.ConsumeLogs(t.Context(), body), errBufferFull)
		require.EqualValues(t, 1, telemetrytest.Sum(w.tel, "spans_refused"))
		require.EqualValues(t, 2, telemetrytest.Sum(w.tel, "logs_refused"))
	})
}
