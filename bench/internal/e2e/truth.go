// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/bench/internal/workload"
)

// truth is what a round of the workload holds, by trace.
type truth struct {
	items  map[pcommon.TraceID]counts
	failed map[pcommon.TraceID]bool
}

// spanFacts is what the comparison needs of a span.
type spanFacts struct {
	trace  pcommon.TraceID
	failed bool
}

func eachSpan(td ptrace.Traces, fn func(spanFacts)) {
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				fn(spanFacts{s.TraceID(), s.Status().Code() == ptrace.StatusCodeError})
			}
		}
	}
}

func eachLog(ld plog.Logs, fn func(pcommon.TraceID)) {
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, lr := range sl.LogRecords().All() {
				fn(lr.TraceID())
			}
		}
	}
}

// newTruth reads the batches. Logs count where their record has the trace id;
// those that hide it elsewhere may but need not be found.
func newTruth(w *workload.Workload) (*truth, error) {
	t := &truth{items: map[pcommon.TraceID]counts{}, failed: map[pcommon.TraceID]bool{}}
	for i := range w.Batches {
		if err := t.read(&w.Batches[i]); err != nil {
			return nil, fmt.Errorf("batch %d: %w", i, err)
		}
	}
	return t, nil
}

func (t *truth) read(b *workload.Batch) error {
	if b.Logs {
		ld, err := (&plog.ProtoUnmarshaler{}).UnmarshalLogs(b.Data)
		if err != nil {
			return err
		}
		eachLog(ld, func(id pcommon.TraceID) {
			c := t.items[id]
			t.items[id] = counts{c.spans, c.logs + 1}
		})
		return nil
	}
	td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(b.Data)
	if err != nil {
		return err
	}
	eachSpan(td, func(s spanFacts) {
		c := t.items[s.trace]
		t.items[s.trace] = counts{c.spans + 1, c.logs}
		t.failed[s.trace] = t.failed[s.trace] || s.failed
	})
	return nil
}

// Faults are what should not be.
type Faults struct {
	LostFailed int // failed traces of which nothing came out
	Incomplete int // traces of which some spans came out and some did not
	Apart      int // kept traces whose logs did not all come, where one verdict is promised
}

// judge compares what came out with what so many rounds put in.
func (t *truth) judge(out map[pcommon.TraceID]counts, rounds int, together bool) (f Faults) {
	for round := range rounds {
		mask := workload.RoundMask(round)
		for id, want := range t.items {
			failed := t.failed[id]
			masked := id
			mask.Apply(masked[:])
			got := out[masked]
			switch {
			case id.IsEmpty() || want.spans == 0:
			case got.spans == 0 && failed:
				f.LostFailed++
			case got.spans == 0:
			case got.spans != want.spans:
				f.Incomplete++
			case together && got.logs < want.logs:
				f.Apart++
			}
		}
	}
	return f
}
