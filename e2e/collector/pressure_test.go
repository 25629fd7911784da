// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/otelcol-correlation/correlationprocessor/e2e/harness"
	"github.com/otelcol-correlation/correlationprocessor/testkit/collector"
	"github.com/otelcol-correlation/correlationprocessor/testkit/scrape"
)

// secondExporter gives the pipelines another exporter, to the address and with the
// queue, and nothing between them and the processor.
func secondExporter(address, queue string) string {
	return fmt.Sprintf(`yaml:{
	  exporters: {
	    otlp_grpc: {sending_queue: {block_on_overflow: false}},
	    otlp_grpc/second: {
	      endpoint: "%s", tls: {insecure: true}, sending_queue: %s,
	      retry_on_failure: {initial_interval: 100ms, max_interval: 100ms}}},
	  service: {pipelines: {
	    traces: {processors: [correlation], exporters: [otlp_grpc, otlp_grpc/second]},
	    logs: {processors: [correlation], exporters: [otlp_grpc/second, otlp_grpc]}}}}`, address, queue)
}

// refuse is what a sink says that is down for now.
func refuse(context.Context) error { return status.Error(codes.Unavailable, "down") }

// Of two exporters one fails all the time. The other one gets each item once, as long as the
// queue of the one that fails takes what goes to it, or waits for room. So it is for what
// goes on in the call that brought it and for what was held.
func TestAnExporterThatFailsHasTheOtherGetNothingTwice(t *testing.T) {
	for name, tt := range map[string]struct {
		queue string
		waits bool // for the sink that fails
	}{
		"with the queue it has by default": {"{}", false},
		"with a full one that waits":       {"{queue_size: 2, block_on_overflow: true}", true},
	} {
		t.Run(name, func(t *testing.T) {
			failing, err := harness.NewSink()
			require.NoError(t, err)
			t.Cleanup(failing.Close)
			failing.Hinder(refuse)
			rig := startTogether(t, plan{configs: func(collector.Endpoints) []string {
				return []string{
					"testdata/collector.yaml", secondExporter(failing.Addr(), tt.queue),
					settings(`{decision_wait: 3s, decision_wait_after_root: 3s, sampling: {sampling_percentage: 10, errors: true}}`),
				}
			}})[0]
			items := harness.NewLoad(21, 4_000)
			kept := harness.Kept(items, 10)
			rig.send(t, harness.Batches(harness.Interleave(items, 1, 2_000), 1, 50))
			if !tt.waits {
				awaitKept(t, rig.sink, items, kept)
				require.Empty(t, failing.Arrived(harness.Spans))
			}
			failing.Hinder(func(context.Context) error { return nil })
			awaitKept(t, failing, items, kept)
			rig.stop(t)
			requireFates(t, rig.sink, items, kept)
			requireFates(t, failing, items, kept)
		})
	}
}

// awaitKept waits until the sink has got as many items as belong to kept traces.
func awaitKept(t *testing.T, sink *harness.Sink, items []harness.Item, kept traceSet) {
	t.Helper()
	want := 0
	for _, item := range items {
		want += boolToInt(kept[item.Trace])
	}
	require.Eventually(t, func() bool {
		return len(sink.Arrived(harness.Spans))+len(sink.Arrived(harness.Logs)) >= want
	}, quietTimeout, 100*time.Millisecond, "a sink did not get all that was kept")
}

// unqueued has the exporter hand each request to the sink in the call that brings it.
const unqueued = `yaml:{
  exporters: {otlp_grpc: {timeout: 60s, sending_queue: {enabled: false}}},
  service: {pipelines: {traces: {processors: [correlation]}, logs: {processors: [correlation]}}}}`

// slowSink makes a sink slow: it answers none before a time, and later one request at a
// time, each after a while.
func slowSink(sink *harness.Sink, stalls, each time.Duration) {
	var one sync.Mutex
	begin := time.Now().Add(stalls)
	sink.Hinder(func(ctx context.Context) error {
		one.Lock()
		defer one.Unlock()
		time.Sleep(time.Until(begin))
		time.Sleep(each)
		return ctx.Err() // then the exporter sends it again
	})
}

// insist sends batches by several workers, each until it is taken, and returns how
// often one was not.
func insist(t *testing.T, sender *harness.Sender, batches []harness.Batch, workers int) (refused int64) {
	t.Helper()
	queue := make(chan harness.Batch)
	var n atomic.Int64
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for batch := range queue {
				for {
					err := sender.Send(t.Context(), batch)
					if err == nil {
						break
					}
					if !assert.Contains(t, []codes.Code{codes.Unavailable, codes.ResourceExhausted}, status.Code(err), "%v", err) {
						return
					}
					n.Add(1)
					time.Sleep(50 * time.Millisecond)
				}
			}
		})
	}
	for _, batch := range batches {
		queue <- batch
	}
	close(queue)
	group.Wait()
	return n.Load()
}

// watch reads the metrics all the time until the function it returns is called. Each
// reading has to add up, and to be within maxBytes.
func (r *rig) watch(t *testing.T, maxBytes float64) (stop func() scrape.Metrics) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	readings := 0
	group.Go(func() {
		for ctx.Err() == nil {
			metrics, err := scrape.Fetch(ctx, r.collector.Endpoints.MetricsURL())
			switch {
			case ctx.Err() != nil:
				return
			case err != nil:
				t.Error(err)
				return
			}
			readings++
			for _, signal := range []string{"spans", "logs"} {
				assert.True(t, metrics.Tally(signal).Balanced(), "%s %+v", signal, metrics.Tally(signal))
			}
			assert.LessOrEqual(t, metrics.Sum("buffer_bytes"), maxBytes)
		}
	})
	return func() scrape.Metrics {
		cancel()
		group.Wait()
		require.Greater(t, readings, 10)
		return r.metrics(t)
	}
}

// More than max_bytes is sent, faster than the sink takes what is kept of it, by senders
// who try again: what is kept arrives once, and no trace in part, but for one whose
// evidence came after it had to be decided, which is marked. All the time, the
// metrics add up and no more than max_bytes is held.
func TestOverload(t *testing.T) {
	const maxBytes = 64 << 20
	rig := startTogether(t, plan{configs: func(collector.Endpoints) []string {
		return []string{"testdata/collector.yaml", unqueued, settings(fmt.Sprintf(
			`{decision_wait: 8s, decision_wait_after_root: 8s, hindsight: 2s, max_bytes: %d, sampling: {sampling_percentage: 25, errors: true}}`, maxBytes))}
	}})[0]
	slowSink(rig.sink, 2*time.Second, 25*time.Millisecond)
	items := harness.NewLoad(22, 8_000)
	for i := range items {
		items[i].Noise = 3 << 10
	}
	stop := rig.watch(t, maxBytes)
	refused := insist(t, rig.sender, harness.Batches(harness.Interleave(items, 1, 1_000), 1, 100), 8)
	require.Eventually(t, func() bool {
		metrics := rig.metrics(t)
		return metrics.Tally("spans").Held+metrics.Tally("logs").Held == 0
	}, quietTimeout, 100*time.Millisecond)
	metrics := stop()
	rig.stop(t)

	pressed := metrics.Sum("decisions", "trigger", "pressure")
	cut := requireWhole(t, rig.sink, items, harness.Kept(items, 25))
	t.Logf("%d items, %d requests refused, %.0f traces decided under pressure, %d of them before their evidence came",
		len(items), refused, pressed, cut)
	require.Positive(t, refused)
	require.Positive(t, pressed)
	for _, name := range []string{"spans_dropped", "logs_dropped"} {
		require.Equal(t, []string{"sampling"}, metrics.Values(name, "reason"), name)
	}
}

// requireWhole holds the sink to the verdicts as requireFates does, but for traces that
// had to be decided before their evidence came: of those an item is marked. It returns
// how many those are.
func requireWhole(t *testing.T, sink *harness.Sink, items []harness.Item, kept traceSet) int {
	t.Helper()
	came := arrivals(sink)
	cut := traceSet{}
	for _, item := range items {
		if _, marked := came[item.Signal][item.Key].Attributes["sampling.late_evidence"]; marked {
			cut[item.Trace] = true
		}
	}
	wrong := 0
	for _, item := range items {
		n := came[item.Signal][item.Key].Count
		if want := boolToInt(kept[item.Trace]); n != want && (n > 1 || !cut[item.Trace]) {
			wrong++
			report(t, wrong, "%v %d of trace %v (fault %d) came %d times, not %d", item.Signal, item.Key, item.Trace, item.Fault, n, want)
		}
	}
	require.Zero(t, wrong, "of %d items, so many met another fate than their trace's verdict", len(items))
	return len(cut)
}
