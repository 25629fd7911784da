// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
)

// What is missing is a share of what was looked at. Logs that are refused arrive again, so they are received more often
// than they are looked at; by those, half of the logs of a program without ids would seem to have some.
func TestIDsAreMissingAmongTheLogsLookedAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mended atomic.Bool
		next, err := consumer.NewLogs(func(context.Context, plog.Logs) error {
			if mended.Load() {
				return nil
			}
			return errNext
		})
		require.NoError(t, err)
		var p pipelines
		p.start(t, func(c *Config) { onePercent(c); c.MaxBytes, c.Logs.JoinAttributes = minBytes, nil }, consumertest.NewNop(), next)
		defer p.shutdown()
		noise, random := make([]byte, 10_000), rand.NewChaCha8([32]byte{}) // nothing that compression could make small
		for n := 0; err == nil; n++ {
			_, _ = random.Read(noise)
			both := logOf(1000+n, n, failedLog, logAttr("noise", string(noise)))
			logOf(100+n%10, n).ResourceLogs().MoveAndAppendTo(both.ResourceLogs()) // one that is held, so that both are taken in
			err = p.logs.ConsumeLogs(t.Context(), both)
		}
		require.ErrorContains(t, err, "the next component has not taken what waits for it")
		for range 10 {
			both := logOf(1, 1, withoutTrace)
			logOf(100, 1).ResourceLogs().MoveAndAppendTo(both.ResourceLogs()) // one that needs room
			require.ErrorContains(t, p.logs.ConsumeLogs(t.Context(), both), "the next component has not taken what waits for it")
		}
		mended.Store(true)
		time.Sleep(time.Minute)
		p.send(logOf(1, 1, withoutTrace))
		now := p.reading()
		require.EqualValues(t, 1, now["logs_missing_trace_id"])
		require.Equal(t, now["logs_received"]-now["logs_refused"], now["logs_missing_trace_id"]+now["logs_with_trace_id"])
	})
}

// Logs without a trace id are a population of their own: by default all are
// kept, and by a percentage what is dropped is counted under their own reason.
func TestLogsWithoutATraceID(t *testing.T) {
	bubbled(t, func(c *Config) { c.Sampling.SamplingPercentage, c.Logs.MissingTraceID.SamplingPercentage = 0, 25 }, func(t *testing.T, p *pipelines) {
		for i := range 100 {
			p.send(logOf(1, i, withoutTrace))
		}
		p.send(logOf(1, 1, withoutTrace, failedLog))
		dropped := p.sum("logs_dropped", attribute.String("reason", "missing_trace_id"))
		require.Positive(t, dropped)
		require.Len(t, p.records(), 101-int(dropped))
		require.Equal(t, p.sum("logs_dropped"), dropped)
		p.conserved()
	})
	bubbled(t, func(c *Config) { c.Sampling.SamplingPercentage = 0 }, func(t *testing.T, p *pipelines) {
		p.send(logOf(1, 1, withoutTrace))
		require.Len(t, p.records(), 1, "all are kept by default")
		require.Empty(t, text(p.records()[0], record.AttributeThreshold))
	})
}
