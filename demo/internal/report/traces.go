// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-correlation/correlationprocessor/demo/internal/sink"
)

// examples bounds how many cases a problem names.
const examples = 3

// Traces is how many traces went which way. Whole and Gone are those with both
// signals, of which all or nothing came out; Split is every trace, of either
// signal or both, of which only a part did.
type Traces struct {
	All, WithBoth    int
	Whole, Gone      int
	Split            int
	Errors, ErrorsIn int // traces with an error: sent, and come out whole
}

// tally is what became of one trace.
type tally struct {
	spans, logs         int // sent
	spansKept, logsKept int
	failed              bool
}

func (t tally) whole() bool { return t.spansKept == t.spans && t.logsKept == t.logs }
func (t tally) gone() bool  { return t.spansKept == 0 && t.logsKept == 0 }

// item identifies a span or a log on both sides of the collector. Logs have no
// id of their own, so time and body stand for it.
type item struct {
	trace pcommon.TraceID
	span  pcommon.SpanID    // spans only
	time  pcommon.Timestamp // logs only
	body  string            // logs only
}

func spanItem(s sink.Span) item { return item{trace: s.Trace, span: s.ID} }
func logItem(l sink.Log) item   { return item{trace: l.Trace, time: l.Time, body: l.Body} }

func (f *Findings) judgeTraces(e Evidence) {
	tallies := tallyTraces(e)
	for _, t := range tallies {
		f.Traces.count(*t)
	}
	f.judgeSplits(tallies)
	if lost := f.Traces.Errors - f.Traces.ErrorsIn; lost != 0 {
		f.problem("%d of %d traces with an error did not come out whole", lost, f.Traces.Errors)
	}
	f.judgeStrays(e)
	f.judgeUntraced(e)
}

func tallyTraces(e Evidence) map[pcommon.TraceID]*tally {
	tallies := map[pcommon.TraceID]*tally{}
	of := func(id pcommon.TraceID) *tally {
		if tallies[id] == nil {
			tallies[id] = &tally{}
		}
		return tallies[id]
	}
	for _, span := range e.Sent.Spans {
		of(span.Trace).spans++
		of(span.Trace).failed = of(span.Trace).failed || span.Failed
	}
	for _, log := range e.Sent.Logs {
		of(log.Trace).logs++
		of(log.Trace).failed = of(log.Trace).failed || log.Failed
	}
	for _, span := range e.Kept.Spans {
		of(span.Trace).spansKept++
	}
	for _, log := range e.Kept.Logs {
		of(log.Trace).logsKept++
	}
	delete(tallies, pcommon.TraceID{}) // no trace at all
	return tallies
}

func (t *Traces) count(of tally) {
	t.All++
	if of.failed {
		t.Errors++
		if of.whole() {
			t.ErrorsIn++
		}
	}
	if of.spans > 0 && of.logs > 0 {
		t.WithBoth++
		if of.whole() {
			t.Whole++
		} else if of.gone() {
			t.Gone++
		}
	}
	if !of.whole() && !of.gone() {
		t.Split++
	}
}

func (f *Findings) judgeSplits(tallies map[pcommon.TraceID]*tally) {
	var split []pcommon.TraceID
	for id, t := range tallies {
		if !t.whole() && !t.gone() {
			split = append(split, id)
		}
	}
	if len(split) == 0 {
		return
	}
	slices.SortFunc(split, func(a, b pcommon.TraceID) int { return bytes.Compare(a[:], b[:]) })
	var named []string
	for _, id := range split[:min(examples, len(split))] {
		t := tallies[id]
		named = append(named, fmt.Sprintf("%s: %d of %d spans, %d of %d logs came out",
			id, t.spansKept, t.spans, t.logsKept, t.logs))
	}
	f.problem("%d traces were split (%s)", len(split), strings.Join(named, "; "))
}

// judgeStrays finds what came out but was not sent, or more often than sent.
func (f *Findings) judgeStrays(e Evidence) {
	left := map[item]int{}
	for _, span := range e.Sent.Spans {
		left[spanItem(span)]++
	}
	for _, log := range e.Sent.Logs {
		left[logItem(log)]++
	}
	strays := 0
	take := func(i item) {
		if left[i]--; left[i] < 0 {
			strays++
		}
	}
	for _, span := range e.Kept.Spans {
		take(spanItem(span))
	}
	for _, log := range e.Kept.Logs {
		take(logItem(log))
	}
	if strays != 0 {
		f.problem("%d items came out that nobody sent, or more often than they were sent", strays)
	}
}

// judgeUntraced sees that no log is lost for lacking a trace id, and that an id
// found in a log's text stands in its own field afterwards.
func (f *Findings) judgeUntraced(e Evidence) {
	sent, kept, textOnly := 0, 0, 0
	for _, log := range e.Sent.Logs {
		if log.Missing != "" {
			sent++
		}
	}
	for _, log := range e.Kept.Logs {
		switch {
		case log.Missing != "":
			kept++
		case !log.InField:
			textOnly++
		}
	}
	if kept != sent {
		f.problem("%d logs have no trace id, %d of them came out: all must pass", sent, kept)
	}
	if textOnly != 0 {
		f.problem("%d logs came out with their trace id in the text only, not in its field", textOnly)
	}
}
