// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/bench/peers/workload"
)

// truth is what a round of the workload holds, by trace.
type truth struct {
	wants  filter
	items  map[pcommon.TraceID]counts
	failed map[pcommon.TraceID]bool
}

// facts are what the comparison needs of a span or log.
type facts struct {
	trace  pcommon.TraceID
	failed bool
}

// filter says which items count.
type filter func(facts) bool

func everything(facts) bool { return true }

func nothing(facts) bool { return false }

// evidence are the items that must come out whatever happens to their traces:
// few, so that a sink can count them for long.
func evidence(f facts) bool { return f.failed }

func eachSpan(td ptrace.Traces, fn func(facts)) {
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				fn(facts{s.TraceID(), s.Status().Code() == ptrace.StatusCodeError})
			}
		}
	}
}

func eachLog(ld plog.Logs, fn func(facts)) {
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, lr := range sl.LogRecords().All() {
				fn(facts{lr.TraceID(), lr.SeverityNumber() >= plog.SeverityNumberError})
			}
		}
	}
}

// newTruth reads the batches. Logs count where their record has the trace id;
// those that hide it elsewhere may but need not be found.
func newTruth(w *workload.Workload, wants filter) (*truth, error) {
	t := &truth{wants: wants, items: map[pcommon.TraceID]counts{}, failed: map[pcommon.TraceID]bool{}}
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
		eachLog(ld, func(f facts) { t.add(f, counts{logs: 1}) })
		return nil
	}
	td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(b.Data)
	if err != nil {
		return err
	}
	eachSpan(td, func(f facts) {
		t.add(f, counts{spans: 1})
		t.failed[f.trace] = t.failed[f.trace] || f.failed
	})
	return nil
}

func (t *truth) add(f facts, c counts) {
	if t.wants(f) {
		t.items[f.trace] = t.items[f.trace].plus(c)
	}
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

// missing is how much of what so many rounds put in, and must come out, did not.
// Logs are counted together: not all of them have their trace id in its place
// when they come, and all have it when they leave.
func (t *truth) missing(out map[pcommon.TraceID]counts, rounds int) (missing counts) {
	for _, c := range out {
		missing.logs -= c.logs
	}
	for round := range rounds {
		mask := workload.RoundMask(round)
		for id, want := range t.items {
			masked := id
			if !id.IsEmpty() {
				mask.Apply(masked[:])
			}
			missing.spans += max(0, want.spans-out[masked].spans)
			missing.logs += want.logs
		}
	}
	return missing
}
