// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package restart

import (
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/otelcol-correlation/correlationprocessor/e2e/harness"
	"github.com/otelcol-correlation/correlationprocessor/testkit/collector"
	"github.com/otelcol-correlation/correlationprocessor/testkit/process"
	"github.com/otelcol-correlation/correlationprocessor/testkit/scrape"
)

const (
	// warmUp is how long the first process runs undisturbed: until the patterns are learned.
	warmUp = 4 * time.Second
	// again is the pause before a sender's next try.
	again = 50 * time.Millisecond
	// quiet bounds the wait for all to have arrived at the end.
	quiet = time.Minute
	// grace bounds a stop.
	grace = 30 * time.Second
)

// rig is a collector that ends again and again, with a load before it and a sink behind.
type rig struct {
	t         *testing.T
	random    *rand.Rand
	endpoints collector.Endpoints
	settings  string
	process   *process.Process
	sender    *harness.Sender
	sink      *sink
	written   []string // by processes that ended

	mu      sync.Mutex // guards load
	load    load
	stop    chan struct{} // closed: make no more load
	sending sync.WaitGroup
}

// newRig starts a collector, whose processor has the settings (a part of a YAML flow
// map), and the load on it. It returns when the patterns should be learned.
func newRig(t *testing.T, seed uint64, settings string) *rig {
	t.Helper()
	t.Logf("seed %d", seed)
	r := &rig{t: t, random: rand.New(rand.NewPCG(seed, 0)), stop: make(chan struct{})}
	r.load.random = rand.New(rand.NewPCG(seed, 1))
	var err error
	r.sink, err = newSink()
	require.NoError(t, err)
	t.Cleanup(r.sink.Close)
	r.endpoints, err = collector.NewEndpoints(r.sink.Addr())
	require.NoError(t, err)
	r.endpoints.HTTP = ""
	r.settings = "yaml:{processors: {correlation: {" + decisions + settings + "}}}"
	r.sender, err = harness.NewSender(r.endpoints.GRPC)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.sender.Close()) })
	r.launch()
	t.Cleanup(func() { r.process.Kill() })
	r.ready()
	r.sending.Go(r.send)
	time.Sleep(warmUp / 2)
	r.mu.Lock()
	r.load.warm = true
	r.mu.Unlock()
	time.Sleep(warmUp / 2)
	return r
}

// launch starts a process. It is not ready yet.
func (r *rig) launch() {
	path := os.Getenv("E2E_COLLECTOR")
	require.NotEmpty(r.t, path, "E2E_COLLECTOR does not name a built collector: run make e2e")
	var err error
	r.process, err = process.Start("the collector", path, []string{"--config", "testdata/collector.yaml", "--config", r.settings}, r.endpoints.Env())
	require.NoError(r.t, err)
}

// ready waits until the process takes requests.
func (r *rig) ready() {
	require.NoError(r.t, collector.AwaitReady(r.t.Context(), r.endpoints, r.process.Exited()), "%s", r.process.Quote())
}

// kill ends the process without a chance to do anything.
func (r *rig) kill() {
	r.process.Kill()
	r.ended()
}

// terminate asks the process to end, and waits for it.
func (r *rig) terminate() {
	require.NoError(r.t, r.process.Terminate())
	require.NoError(r.t, r.process.Wait(grace))
	r.ended()
}

// ended notes the end of a process. What it sent last may still be under way in the sink.
func (r *rig) ended() {
	time.Sleep(again)
	r.sink.turn()
	r.written = append(r.written, r.process.Output())
}

// pause lasts a random time between the two.
func (r *rig) pause(least, most time.Duration) {
	time.Sleep(least + time.Duration(r.random.Int64N(int64(most-least))))
}

// send makes load and sends it, each batch when it is due, until it is stopped.
func (r *rig) send() {
	tick := time.NewTicker(step)
	defer tick.Stop()
	for {
		select {
		case <-r.stop:
			return
		case <-tick.C:
		}
		r.mu.Lock()
		batches := r.load.next()
		r.mu.Unlock()
		for _, b := range batches {
			r.sending.Go(func() {
				time.Sleep(b.after)
				r.sendUntilTaken(b.Batch)
			})
		}
	}
}

func (r *rig) sendUntilTaken(b harness.Batch) {
	for n := 1; ; n++ {
		if r.try(b, n) == nil {
			r.mu.Lock()
			for _, key := range keysOf(b.Items) {
				r.load.items[key-1].taken, r.load.items[key-1].at = n, time.Now()
			}
			r.mu.Unlock()
			return
		}
		select {
		case <-r.t.Context().Done():
			return
		case <-time.After(again):
		}
	}
}

// try sends a batch for the n-th time.
func (r *rig) try(b harness.Batch, n int) error {
	if b.Signal == harness.Spans {
		traces := harness.Traces(b.Items)
		eachSpan(traces, func(s ptrace.Span) { s.Attributes().PutInt(attempt, int64(n)) })
		return r.sender.SendTraces(r.t.Context(), traces)
	}
	logs := harness.LogRecords(b.Items)
	eachLog(logs, func(lr plog.LogRecord) { lr.Attributes().PutInt(attempt, int64(n)) })
	return r.sender.SendLogs(r.t.Context(), logs)
}

// finish ends the load, waits until all was acknowledged, decided and delivered, and
// says what became of it.
func (r *rig) finish() tally {
	close(r.stop)
	r.sending.Wait()
	require.Eventually(r.t, func() bool {
		m, err := scrape.Fetch(r.t.Context(), r.endpoints.MetricsURL())
		return err == nil && m.Tally("spans").Held == 0 && m.Tally("logs").Held == 0
	}, quiet, 100*time.Millisecond, "the collector holds something for good")
	r.terminate()
	got := judge(&r.load, r.sink.all())
	for _, text := range r.written {
		require.NotContains(r.t, text, "panic")
		got.redelivered += redelivered(text)
	}
	return got
}

// redelivered is how many items a process says it may have delivered a second time.
func redelivered(written string) (n int) {
	for _, line := range told.FindAllStringSubmatch(written, -1) {
		for digits := range strings.SplitSeq(line[1], ", ") {
			items, _ := strconv.Atoi(digits)
			n += items
		}
	}
	return n
}

var told = regexp.MustCompile(`"redelivered": \[([0-9, ]+)\]`)

func eachSpan(traces ptrace.Traces, fn func(ptrace.Span)) {
	for _, resource := range traces.ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, s := range scope.Spans().All() {
				fn(s)
			}
		}
	}
}

func eachLog(logs plog.Logs, fn func(plog.LogRecord)) {
	for _, resource := range logs.ResourceLogs().All() {
		for _, scope := range resource.ScopeLogs().All() {
			for _, lr := range scope.LogRecords().All() {
				fn(lr)
			}
		}
	}
}

// kills is how often a collector is killed.
func kills(t *testing.T) int {
	text := os.Getenv("E2E_KILLS")
	if text == "" {
		return 5
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, "E2E_KILLS")
	return n
}

// unavailable makes an error one after which the collector tries again.
func unavailable(err error) error { return status.Error(codes.Unavailable, err.Error()) }
