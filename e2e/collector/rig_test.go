// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/e2e/harness"
	"github.com/otelcol-correlation/correlationprocessor/testkit/collector"
	"github.com/otelcol-correlation/correlationprocessor/testkit/scrape"
)

// quietTimeout bounds the wait for a collector to have decided everything; it is
// many times the longest decision_wait of these tests.
const quietTimeout = 2 * time.Minute

// stopTimeout bounds a stop, which takes well under a second.
const stopTimeout = time.Minute

// rig is a running collector with a sender before it and a sink behind it.
type rig struct {
	collector *collector.Collector
	sender    *harness.Sender
	sink      *harness.Sink
}

// binary is the path of the built collector.
func binary(t *testing.T) string {
	t.Helper()
	path := os.Getenv("E2E_COLLECTOR")
	require.NotEmpty(t, path, "E2E_COLLECTOR does not name a built collector: run make e2e")
	return path
}

// plan is how to start a rig: its configs, later ones over earlier ones, for the
// endpoints it gets, and what to add to the collector's environment.
type plan struct {
	configs func(collector.Endpoints) []string
	env     []string
}

// start starts a rig whose processor has the given settings, a YAML flow map.
func start(t *testing.T, correlation string) *rig {
	t.Helper()
	return startTogether(t, plan{configs: func(collector.Endpoints) []string {
		return []string{"testdata/collector.yaml", settings(correlation)}
	}})[0]
}

// startTogether starts rigs at the same time and returns when all are healthy.
func startTogether(t *testing.T, plans ...plan) []*rig {
	t.Helper()
	rigs, errs := make([]*rig, len(plans)), make([]error, len(plans))
	var group sync.WaitGroup
	for i, plan := range plans {
		sink, err := harness.NewSink()
		require.NoError(t, err)
		t.Cleanup(sink.Close)
		endpoints, err := collector.NewEndpoints(sink.Addr())
		require.NoError(t, err)
		sender, err := harness.NewSender(endpoints.GRPC)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, sender.Close()) })
		rigs[i] = &rig{sender: sender, sink: sink}
		path, configs := binary(t), plan.configs(endpoints)
		group.Go(func() {
			rigs[i].collector, errs[i] = collector.Start(t.Context(), collector.Options{
				Binary: path, Configs: configs, Endpoints: endpoints, Env: plan.env,
			})
		})
	}
	group.Wait()
	for _, rig := range rigs {
		t.Cleanup(func() { rig.end(t) })
	}
	require.NoError(t, errors.Join(errs...))
	return rigs
}

// end ends the collector if it still runs, and shows what it wrote if the test
// has failed.
func (r *rig) end(t *testing.T) {
	if r.collector == nil {
		return
	}
	r.collector.Kill()
	if t.Failed() {
		t.Logf("the collector wrote:\n%s", r.collector.Output())
	}
}

// settings is the config that sets the processor's own part.
func settings(correlation string) string {
	return "yaml:{processors: {correlation: " + correlation + "}}"
}

// send sends all batches, none of which may be refused.
func (r *rig) send(t *testing.T, batches []harness.Batch) {
	t.Helper()
	err := r.sender.SendAll(t.Context(), batches, 4, func(harness.Batch) {})
	require.NoError(t, err)
}

// stop stops the collector, which sends on whatever it still holds.
func (r *rig) stop(t *testing.T) {
	t.Helper()
	require.NoError(t, r.collector.Terminate())
	require.NoError(t, r.collector.Wait(stopTimeout))
	require.NotContains(t, r.collector.Output(), "panic")
}

// metrics reads the collector's own metrics.
func (r *rig) metrics(t *testing.T) scrape.Metrics {
	t.Helper()
	metrics, err := scrape.Fetch(t.Context(), r.collector.Endpoints.MetricsURL())
	require.NoError(t, err)
	return metrics
}

// settle waits until the processor has received what was sent and holds nothing,
// and returns the counters of that moment.
func (r *rig) settle(t *testing.T, spans, logs int) scrape.Metrics {
	t.Helper()
	require.Eventually(t, func() bool {
		metrics := r.metrics(t)
		s, l := metrics.Tally("spans"), metrics.Tally("logs")
		return s.Received == spans && l.Received == logs && s.Held == 0 && l.Held == 0
	}, quietTimeout, 100*time.Millisecond, "the processor did not decide everything it was sent")
	return r.metrics(t)
}
