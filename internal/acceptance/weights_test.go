// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules/sampler"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// class is what estimates are made by: a route of a service, failed or not.
type class struct {
	service, route string
	failed         bool
}

// population is traffic of a known make-up: four services with five routes each,
// some far busier than others, a hundredth of it failed.
type population struct {
	rng   *rand.Rand
	truth map[class]float64
}

func newPopulation(seed uint64) *population {
	return &population{rng: rand.New(rand.NewPCG(seed, 5)), truth: map[class]float64{}}
}

// draw returns the next trace's class and id.
func (p *population) draw() (class, pcommon.TraceID) {
	// The squares make the first of both far busier than the last.
	service, route := p.rng.Float64(), p.rng.Float64()
	c := class{
		service: fmt.Sprintf("service-%d", int(4*service*service)),
		route:   fmt.Sprintf("/route-%c/{id}", 'a'+int(5*route*route)),
		failed:  p.rng.IntN(100) == 0,
	}
	p.truth[c]++
	var id pcommon.TraceID
	binary.BigEndian.PutUint64(id[:8], p.rng.Uint64())
	binary.BigEndian.PutUint64(id[8:], p.rng.Uint64())
	return c, id
}

// batch returns a span and a log of each of n traces.
func (p *population) batch(n int) (ptrace.Traces, plog.Logs) {
	td, ld := ptrace.NewTraces(), plog.NewLogs()
	spans, logs := map[string]ptrace.SpanSlice{}, map[string]plog.LogRecordSlice{}
	for range n {
		c, id := p.draw()
		if _, ok := spans[c.service]; !ok {
			rs, rl := td.ResourceSpans().AppendEmpty(), ld.ResourceLogs().AppendEmpty()
			rs.Resource().Attributes().PutStr("service.name", c.service)
			rl.Resource().Attributes().PutStr("service.name", c.service)
			spans[c.service], logs[c.service] = rs.ScopeSpans().AppendEmpty().Spans(), rl.ScopeLogs().AppendEmpty().LogRecords()
		}
		s := spans[c.service].AppendEmpty()
		s.SetTraceID(id)
		s.SetSpanID(pcommon.SpanID(id[:8]))
		s.SetKind(ptrace.SpanKindServer)
		s.Attributes().PutStr("http.request.method", "GET")
		s.Attributes().PutStr("http.route", c.route)
		if c.failed {
			s.Status().SetCode(ptrace.StatusCodeError)
		}
		lr := logs[c.service].AppendEmpty()
		lr.SetTraceID(id)
		lr.Attributes().PutStr("http.route", c.route)
		lr.Attributes().PutBool("failed", c.failed)
	}
	return td, ld
}

// estimate sums up the adjusted counts of what comes out, and their variance.
type estimate struct {
	mu              sync.Mutex
	count, variance map[class]float64
	kept            map[class]int
	heaviest        float64 // of the items kept
}

func newEstimate() *estimate {
	return &estimate{count: map[class]float64{}, variance: map[class]float64{}, kept: map[class]int{}}
}

// add counts an item kept with the threshold: of probability p, it stands for
// 1/p, and adds (1-p)/p² to the variance.
func (e *estimate) add(c class, threshold string) {
	p := 1.0
	if threshold != "" {
		t, err := contrib.TValueToThreshold(threshold)
		if err != nil {
			panic(err)
		}
		p = t.Probability()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.count[c] += 1 / p
	e.variance[c] += (1 - p) / (p * p)
	e.kept[c]++
	e.heaviest = max(e.heaviest, 1/p)
}

func (e *estimate) spans() consumer.Traces {
	c, _ := consumer.NewTraces(func(_ context.Context, td ptrace.Traces) error {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, s := range ss.Spans().All() {
					route, _ := s.Attributes().Get("http.route")
					threshold := ""
					if st := sampling.ReadState(s.TraceState().AsRaw()); st.Sampled {
						threshold = st.Threshold.TValue()
					}
					e.add(class{record.ServiceName(rs.Resource()), route.Str(), s.Status().Code() == ptrace.StatusCodeError}, threshold)
				}
			}
		}
		return nil
	})
	return c
}

func (e *estimate) logs() consumer.Logs {
	c, _ := consumer.NewLogs(func(_ context.Context, ld plog.Logs) error {
		for _, rl := range ld.ResourceLogs().All() {
			for _, sl := range rl.ScopeLogs().All() {
				for _, lr := range sl.LogRecords().All() {
					route, _ := lr.Attributes().Get("http.route")
					failed, _ := lr.Attributes().Get("failed")
					e.add(class{record.ServiceName(rl.Resource()), route.Str(), failed.Bool()}, text(lr, record.AttributeThreshold))
				}
			}
		}
		return nil
	})
	return c
}

// holds checks each class against its known count: within three standard
// errors, and exactly where everything is kept. With dozens of classes some lie
// beyond three standard errors by chance alone (0.27 % of them); the seed is
// fixed, so these are not among them.
func (e *estimate) holds(t require.TestingT, truth map[class]float64) {
	for c, n := range truth {
		if c.failed {
			require.InDelta(t, n, e.count[c], 0, "%v weighs one each", c)
			continue
		}
		variance := e.variance[c]
		if e.kept[c] < 10 { // too few to tell it by: the most it can be
			variance = n * e.heaviest
		}
		require.InDelta(t, n, e.count[c], 3*math.Sqrt(variance), "%v", c)
	}
}

// TestUnbiased: of a million traces of known make-up, the sums of the adjusted
// counts of what comes out are right for every route, class and service, for
// each sampler and through two collectors in a row.
func TestUnbiased(t *testing.T) {
	traces := 1_000_000
	if testing.Short() || raceDetector { // which makes it ten times as long
		traces = 20_000
	}
	rule := func(s sampler.Config) func(*Config) {
		return func(c *Config) {
			failed := rules.RuleConfig{Name: "failed", Conditions: []string{"span.status.code == STATUS_CODE_ERROR"}, Sampler: sampler.Config{Type: sampler.AlwaysSample}}
			c.Sampling.Rules = []rules.RuleConfig{failed, {Name: "rest", Sampler: s}}
		}
	}
	percentage := func(p float64) func(*Config) { return func(c *Config) { c.Sampling.SamplingPercentage = p } }
	keys := []string{"service.name", "http.route"}
	tests := map[string][]func(*Config){
		"sampling_percentage": {percentage(1)},
		"route_percentages": {func(c *Config) {
			c.Sampling.SamplingPercentage = 2
			c.Sampling.RoutePercentages = map[string]float64{"GET /route-a/{id}": 0.5, "/route-e/{id}": 50}
		}},
		"probabilistic":              {rule(sampler.Config{Type: sampler.Probabilistic, SamplingPercentage: 5})},
		"adaptive_percentage":        {rule(sampler.Config{Type: sampler.AdaptivePercentage, GoalPercentage: 5, FingerprintAttributes: keys, AdjustmentInterval: 2 * time.Second})},
		"adaptive_throughput":        {rule(sampler.Config{Type: sampler.AdaptiveThroughput, GoalThroughput: 2000, FingerprintAttributes: keys, AdjustmentInterval: 2 * time.Second})},
		"chained, less and less":     {percentage(20), percentage(2)},
		"chained, more the second":   {percentage(2), percentage(20)},
		"chained, adaptive in front": {rule(sampler.Config{Type: sampler.AdaptivePercentage, GoalPercentage: 20, FingerprintAttributes: keys, AdjustmentInterval: 2 * time.Second}), percentage(2)},
	}
	for name, stages := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ofSpans, ofLogs := newEstimate(), newEstimate()
				spans, logs := ofSpans.spans(), ofLogs.logs()
				var chain []*pipelines
				for _, stage := range slices.Backward(stages) {
					p := new(pipelines)
					p.start(t, func(c *Config) {
						stage(c)
						c.DecisionWait, c.DecisionWaitAfterRoot, c.MaxBytes, c.Routes.Learn.Enabled = time.Second, time.Second, 4<<30, false
						c.Telemetry.Integrity = false
					}, spans, logs)
					chain, spans, logs = append(chain, p), p.traces, p.logs
				}
				pop := newPopulation(1)
				for range traces / 1000 {
					td, ld := pop.batch(1000)
					require.NoError(t, logs.ConsumeLogs(context.Background(), ld))
					require.NoError(t, spans.ConsumeTraces(context.Background(), td))
					time.Sleep(20 * time.Millisecond)
				}
				time.Sleep(5 * time.Second)
				for _, p := range slices.Backward(chain) {
					p.shutdown()
				}
				ofSpans.holds(t, pop.truth)
				ofLogs.holds(t, pop.truth)
			})
		})
	}
}
