// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"math/rand/v2"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// byID reports whether an item's trace id alone may say that it is dropped:
// there is one rule, a percentage, and nobody wants to know anything of an item
// before it is dropped. Then most items are dropped before they are looked at,
// which is all that a sampler by hash does.
func (e *engine) byID() bool {
	return e.rules.drops && !e.rules.waits() && len(e.rules.policy.Rules()) == 1 && !e.rules.dryRun &&
		!e.cfg.Telemetry.Integrity && !e.cfg.Telemetry.SpanTimes && e.counted.limit == 0
}

// weighedShare: one in so many of the items dropped by their id is weighed, for
// all of them. To weigh one costs five times what it costs to drop it.
const weighedShare = 64

// idDropper drops the items of one batch by their ids and counts them.
type idDropper struct {
	*engine
	draw  drawer
	first int // the number of the first item weighed: each is as likely, however few there are
	items int
	bytes int64
	// said: some items say something of sampling. Most batches have none, so
	// they are asked for once.
	said bool
}

// newIDDropper returns nil if the ids alone do not say: traces may have verdicts
// of their own, which their items follow.
func (s *shell) newIDDropper() *idDropper {
	if !s.dropsByID || s.buffer.Special() {
		return nil
	}
	return &idDropper{engine: s.engine, first: rand.IntN(weighedShare)}
}

// drops reports whether an item is dropped that says nothing of sampling itself.
func (d *idDropper) drops(id pcommon.TraceID) bool {
	if id.IsEmpty() {
		return false
	}
	r, source := d.draw.of(id, d.rules.source, &sampling.State{})
	if d.rules.policy.Rules()[0].Threshold.ShouldSample(r) {
		return false
	}
	d.draw.sources[source]++
	d.items++
	return true
}

// brings reports whether an item that says so much of sampling has a randomness
// of its own. That holds for its whole trace, so what comes in the same call is
// not dropped without it.
func (d *idDropper) brings(id pcommon.TraceID, st sampling.State) bool {
	if !st.Explicit && !st.Sampled {
		return false
	}
	d.said = true
	_, source := d.draw.of(id, d.rules.source, &st)
	return source == fromItem
}

func (d *idDropper) anySpanBrings(td ptrace.Traces) bool {
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				if d.brings(s.TraceID(), sampling.ReadState(s.TraceState().AsRaw())) {
					return true
				}
			}
		}
	}
	return false
}

func (d *idDropper) anyLogBrings(ld plog.Logs) bool {
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, lr := range sl.LogRecords().All() {
				if d.brings(lr.TraceID(), logState(lr)) {
					return true
				}
			}
		}
	}
	return false
}

// logState is what a log record says of sampling.
func logState(lr plog.LogRecord) sampling.State {
	var v logView
	if noted, ok := lr.Attributes().Get(attrThreshold); ok {
		v.threshold = noted.AsString()
	}
	if noted, ok := lr.Attributes().Get(attrRandomness); ok {
		v.randomness = noted.AsString()
	}
	return v.state()
}

func (d *idDropper) weighs() bool { return (d.items-1)%weighedShare == d.first }

// count counts what was dropped.
func (d *idDropper) count(sig tracebuffer.Signal) {
	if d.items == 0 {
		return
	}
	d.telemetry.dropped(sig, dropSampling, d.items)
	d.telemetry.drawn(sig, &d.draw)
	d.telemetry.decided(sig, false, d.telemetry.ruleNames[0], d.items, d.bytes)
}

// dropSpansByID takes the spans out that go no further whatever they are.
func (s *shell) dropSpansByID(td ptrace.Traces) {
	d := s.newIDDropper()
	if d == nil || d.anySpanBrings(td) {
		return
	}
	td.ResourceSpans().RemoveIf(func(rs ptrace.ResourceSpans) bool {
		rs.ScopeSpans().RemoveIf(func(ss ptrace.ScopeSpans) bool {
			ss.Spans().RemoveIf(d.dropsSpan)
			return ss.Spans().Len() == 0
		})
		return rs.ScopeSpans().Len() == 0
	})
	d.count(tracebuffer.Span)
}

func (d *idDropper) dropsSpan(s ptrace.Span) bool {
	if d.said && sampling.ReadState(s.TraceState().AsRaw()).Sampled || !d.drops(s.TraceID()) {
		return false
	}
	if d.weighs() {
		d.bytes += weighedShare * int64((&ptrace.ProtoMarshaler{}).SpanSize(s))
	}
	return true
}

// dropLogsByID does for logs what dropSpansByID does for spans.
func (s *shell) dropLogsByID(ld plog.Logs) {
	d := s.newIDDropper()
	if d == nil || d.anyLogBrings(ld) {
		return
	}
	ld.ResourceLogs().RemoveIf(func(rl plog.ResourceLogs) bool {
		rl.ScopeLogs().RemoveIf(func(sl plog.ScopeLogs) bool {
			sl.LogRecords().RemoveIf(d.dropsLog)
			return sl.LogRecords().Len() == 0
		})
		return rl.ScopeLogs().Len() == 0
	})
	d.count(tracebuffer.Log)
}

func (d *idDropper) dropsLog(lr plog.LogRecord) bool {
	if d.said && logState(lr).Sampled || !d.drops(lr.TraceID()) {
		return false
	}
	if d.weighs() {
		d.bytes += weighedShare * int64((&plog.ProtoMarshaler{}).LogRecordSize(lr))
	}
	return true
}
