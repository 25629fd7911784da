// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package restart

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/e2e/harness"
	"github.com/otelcol-correlation/correlationprocessor/testkit/otlp"
)

// attempt is the attribute with the number of the try that sent an item: two copies of
// it that were sent are no duplicate.
const attempt = "e2e.attempt"

// arrival is an item as it came to the sink.
type arrival struct {
	at       time.Time
	key      int64
	attempt  int
	request  int // number of the request it came in
	process  int // number of the process that sent it, from 0
	pattern  string
	orphaned bool // a log without a trace id
}

// sink remembers all that arrives, over all processes that send to it.
type sink struct {
	*otlp.Sink

	mu       sync.Mutex
	arrivals []arrival
	patterns map[string]string // interned
	requests int
	process  int
	refuses  bool
}

func newSink() (*sink, error) {
	s := &sink{patterns: map[string]string{}}
	var err error
	s.Sink, err = otlp.Listen(otlp.Free, s.takeTraces, s.takeLogs)
	return s, err
}

// turn notes that what arrives from now on comes from the next process.
func (s *sink) turn() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.process++
}

// refuse says whether requests are refused, as by a next component that is down.
func (s *sink) refuse(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuses = on
}

// all returns what arrived so far. The caller must not change it.
func (s *sink) all() []arrival {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.arrivals
}

func (s *sink) takeTraces(_ context.Context, traces ptrace.Traces) error {
	return s.take(func(add func(pcommon.Timestamp, pcommon.TraceID, pcommon.Map)) {
		for _, resource := range traces.ResourceSpans().All() {
			for _, scope := range resource.ScopeSpans().All() {
				for _, span := range scope.Spans().All() {
					add(span.StartTimestamp(), span.TraceID(), span.Attributes())
				}
			}
		}
	})
}

func (s *sink) takeLogs(_ context.Context, logs plog.Logs) error {
	return s.take(func(add func(pcommon.Timestamp, pcommon.TraceID, pcommon.Map)) {
		for _, resource := range logs.ResourceLogs().All() {
			for _, scope := range resource.ScopeLogs().All() {
				for _, record := range scope.LogRecords().All() {
					add(record.Timestamp(), record.TraceID(), record.Attributes())
				}
			}
		}
	})
}

// errDown is not for good: the collector tries again.
var errDown = errors.New("the sink is down")

func (s *sink) take(each func(add func(pcommon.Timestamp, pcommon.TraceID, pcommon.Map))) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuses {
		return unavailable(errDown)
	}
	s.requests++
	each(func(at pcommon.Timestamp, id pcommon.TraceID, attributes pcommon.Map) {
		a := arrival{at: time.Now(), key: harness.KeyOf(at), request: s.requests, process: s.process, orphaned: id.IsEmpty()}
		if v, ok := attributes.Get(attempt); ok {
			a.attempt = int(v.Int())
		}
		if v, ok := attributes.Get("url.template"); ok {
			a.pattern = s.intern(v.Str())
		}
		s.arrivals = append(s.arrivals, a)
	})
	return nil
}

func (s *sink) intern(text string) string {
	if known, ok := s.patterns[text]; ok {
		return known
	}
	s.patterns[text] = text
	return text
}
