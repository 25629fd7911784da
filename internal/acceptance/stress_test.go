// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"encoding/hex"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor"
)

// stress is traffic with evidence in all the places where it gets lost.
type stress struct {
	*pipelines
	t    *testing.T
	rng  *rand.Rand
	sent map[pcommon.TraceID]int // items
	// Traces with evidence: it comes before anything can have
	// decided them, or only after a while.
	early, late map[pcommon.TraceID]bool
	refused     int
	noise       bool // the spans' ballast is such that it does not compress
}

// span sends a span, again and again while the buffer has no room, as senders do.
func (s *stress) span(trace, n int, change ...func(ptrace.Span)) {
	id := randomTrace(trace)
	for {
		td := spanOf(0, n, append(change, func(sp ptrace.Span) {
			sp.SetTraceID(id)
			sp.Attributes().PutStr("ballast", s.ballast())
		})...)
		if s.done(s.traces.ConsumeTraces(context.Background(), td)) {
			s.sent[id]++
			return
		}
	}
}

func (s *stress) log(trace, n int, change ...func(plog.LogRecord)) {
	id := randomTrace(trace)
	for !s.done(s.logs.ConsumeLogs(context.Background(), logOf(0, n, append(change, func(lr plog.LogRecord) { lr.SetTraceID(id) })...))) {
	}
	s.sent[id]++
}

// ballast is what spans carry: attributes much like those of other spans, or
// noise.
func (s *stress) ballast() string {
	if !s.noise {
		return strings.Repeat("k8s.pod.name=cart-7d9f user_agent.original=Mozilla/5.0 ", 18) + strconv.FormatUint(s.rng.Uint64(), 16)
	}
	b := make([]byte, 500)
	for i := range b {
		b[i] = byte(s.rng.Uint32())
	}
	return hex.EncodeToString(b)
}

func (s *stress) done(err error) bool {
	if err != nil {
		require.ErrorContains(s.t, err, "max_bytes")
		s.refused++
		time.Sleep(10 * time.Millisecond)
	}
	return err == nil
}

// trace sends the first part of a trace and returns the rest of it.
func (s *stress) trace(n int) (rest func()) {
	id := randomTrace(n)
	health := func(sp ptrace.Span) { root(sp); get("/healthz")(sp) }
	switch n % 10 {
	case 0: // a failed span in a health check
		s.early[id] = true
		s.span(n, 1, failed)
		s.span(n, 2, health)
		return func() { s.log(n, 1) }
	case 1: // an error in a log only
		s.early[id] = true
		s.span(n, 1, root)
		s.log(n, 1, failedLog)
		return func() { s.span(n, 2) }
	case 2: // a giant trace with an error before its limit
		s.early[id] = true
		for i := range 60 {
			s.span(n, i)
		}
		s.span(n, 61, failed)
		return func() {
			for i := range 60 {
				s.span(n, 100+i)
			}
		}
	case 3: // an error that comes late, but before the wait is over
		s.late[id] = true
		s.span(n, 1, root)
		s.log(n, 1)
		return func() { s.span(n, 2, failed) }
	case 4:
		s.late[id] = true
		s.span(n, 1, health)
		return func() { s.log(n, 1, failedLog) }
	default:
		s.span(n, 1, root)
		s.log(n, 1)
		return func() { s.span(n, 2) }
	}
}

// run sends traces at a steady pace, each with its rest seven seconds later.
func (s *stress) run(traces int) {
	var rests []func()
	for n := range traces {
		rests = append(rests, s.trace(n))
		if n >= 700 {
			rests[n-700]()
		}
		time.Sleep(10 * time.Millisecond)
	}
	for _, rest := range rests[max(0, traces-700):] {
		rest()
	}
	time.Sleep(12 * time.Second)
}

// came returns how many items of each trace came out, and on which traces
// evidence is marked as late.
func (s *stress) came() (items map[pcommon.TraceID]int, marked map[pcommon.TraceID]bool) {
	items, marked = map[pcommon.TraceID]int{}, map[pcommon.TraceID]bool{}
	note := func(id pcommon.TraceID, attrs pcommon.Map) {
		items[id]++
		if _, ok := attrs.Get("sampling.late_evidence"); ok {
			marked[id] = true
		}
	}
	for _, sp := range s.spans() {
		note(sp.TraceID(), sp.Attributes())
	}
	for _, lr := range s.records() {
		note(lr.TraceID(), lr.Attributes())
	}
	return items, marked
}

// Every trace with an error is kept whole, whatever else is asked for: with
// suppression, giant traces, errors in logs only and errors that come late. So
// it is at twice the load the buffer has room for, because what is held is
// compressed. Where that does not help, it holds for all whose evidence came
// before they had to be decided early; of the others the evidence itself and
// what follows it is kept, marked as late.
func TestAllErrorsAreKept(t *testing.T) {
	for name, tt := range map[string]struct {
		room    correlationprocessor.ByteSize
		noise   bool
		pressed bool
	}{
		"room enough":              {256 << 20, true, false},
		"half the room":            {7 << 20, false, false},
		"half the room, for noise": {7 << 20, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stress{
					t: t, rng: rand.New(rand.NewPCG(1, 1)), noise: tt.noise,
					sent: map[pcommon.TraceID]int{}, early: map[pcommon.TraceID]bool{}, late: map[pcommon.TraceID]bool{},
				}
				s.pipelines = newPipelines(t, func(c *Config) {
					c.Sampling.SamplingPercentage = 1
					c.Sampling.Suppress.HealthChecks = true
					c.DecisionWaitAfterRoot, c.MaxItemsPerTrace, c.MaxBytes = 0, 100, tt.room
				})
				defer s.shutdown()
				s.run(3000)
				items, marked := s.came()
				for id := range s.early {
					require.Equal(t, s.sent[id], items[id], "%v", id)
				}
				cut := 0
				for id := range s.late {
					require.NotZero(t, items[id], "evidence itself is never lost")
					if items[id] != s.sent[id] {
						cut++
						require.True(t, marked[id])
					}
				}
				pressed := s.sum("decisions", attribute.String("trigger", "pressure"))
				t.Logf("%d traces with errors, %d of them cut, %d decided under pressure, %d batches refused",
					len(s.early)+len(s.late), cut, pressed, s.refused)
				require.Equal(t, tt.pressed, pressed > 0)
				if pressed == 0 {
					require.Zero(t, cut)
				}
				require.Zero(t, s.sum("evidence_lost"))
				s.conserved()
			})
		})
	}
}
