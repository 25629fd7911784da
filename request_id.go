// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/envelope"
	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/replay"
	"github.com/otelcol-correlation/correlationprocessor/internal/requestid"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
	"github.com/otelcol-correlation/correlationprocessor/internal/traceid"
)

// requestsOfSpans learns from spans, and sends on the logs that waited for them. It and
// requestsOfLogs come before everything else, so that a log that was sent on is like any
// other.
func (p *pipeline) requestsOfSpans(c call, td ptrace.Traces) {
	r := p.engine.requests
	if !r.Enabled() {
		return
	}
	p.engine.sending.RLock()
	defer p.engine.sending.RUnlock()
	now := p.engine.reading(time.Now())
	for res, sp := range record.EachSpan(td) {
		if key, ok := r.Key(c.metadata, record.ServiceName(res), sp.Attributes()); ok && !sp.TraceID().IsEmpty() {
			p.engine.sendOn(r.Learn(now, key, sp.TraceID()), sp.TraceID())
		}
	}
}

// requestsOfLogs learns from the logs that have a trace id, gives those a trace id
// that have none but a known request, and takes out those that wait for one. It
// returns how many it took out.
func (p *pipeline) requestsOfLogs(c call, ld plog.Logs) (waiting int) {
	if !p.engine.requests.Enabled() {
		return 0
	}
	p.engine.sending.RLock()
	defer p.engine.sending.RUnlock()
	now := p.engine.reading(time.Now())
	var origin tracebuffer.Origin
	n, left := 0, []tracebuffer.Origin(nil)
	record.RemoveLogs(ld, func(rl plog.ResourceLogs, sl plog.ScopeLogs, lr plog.LogRecord) bool {
		if c.again != nil {
			origin = c.again.origins[n]
			n++
		}
		key, ok := p.engine.requests.Key(c.metadata, record.ServiceName(rl.Resource()), lr.Attributes())
		if ok && p.requestOfLog(now, key, c, origin, rl, sl, lr) {
			waiting++
			return true
		}
		if c.again != nil {
			left = append(left, origin)
		}
		return false
	})
	if c.again != nil {
		c.again.origins = left
	}
	return waiting
}

// requestOfLog reports whether the log waits for its trace.
func (p *pipeline) requestOfLog(now time.Duration, key uint64, c call, origin tracebuffer.Origin, rl plog.ResourceLogs, sl plog.ScopeLogs, lr plog.LogRecord) bool {
	if id := p.engine.correlator.traceOf(rl.Resource(), lr); !id.IsEmpty() {
		p.engine.sendOn(p.engine.requests.Learn(now, key, id), id)
		return false
	}
	if id, ok := p.engine.requests.Find(key); ok {
		lr.SetTraceID(id)
		p.engine.telemetry.FoundByRequest(1)
		return false
	}
	msg, err := requestid.Message(rl, sl, lr)
	if err != nil {
		return false
	}
	waits := false
	err = envelope.Records(p.engine.buffer, c.metadata, msg, tracebuffer.Log, p.id, func(records []tracebuffer.Record) {
		records[0].Origin = origin
		waits = p.engine.requests.Park(now, key, len(msg), func() tracebuffer.Parked { return p.engine.buffer.Park(records[0]) })
	})
	return err == nil && waits
}

// traceOf is the trace id a log carries anywhere, or none.
func (c *correlator) traceOf(res pcommon.Resource, lr plog.LogRecord) pcommon.TraceID {
	if !lr.TraceID().IsEmpty() {
		return lr.TraceID()
	}
	var f record.IDFinder
	f.ReadMap(c.keys, lr.Attributes())
	ctx, _, why := c.find(&f, res, lr.Body(), record.BodyText(lr.Body()))
	if why != traceid.Found {
		return pcommon.TraceID{}
	}
	return pcommon.TraceID(ctx.TraceID)
}

// sendOnAll ends the waiting.
func (e *engine) sendOnAll() {
	e.sending.Lock()
	defer e.sending.Unlock()
	e.sendOn(e.requests.Close(), pcommon.TraceID{})
}

// sendOn sends logs that waited the way of all logs. Their trace is id, or is not
// to be found if that is empty.
func (e *engine) sendOn(logs []requestid.Log, id pcommon.TraceID) {
	for i := range logs {
		e.buffer.Unpark(logs[i].Parked, func(r tracebuffer.Record) { e.sendOnOne(&r, id) })
	}
}

func (e *engine) sendOnOne(r *tracebuffer.Record, id pcommon.TraceID) {
	ld, good := replay.Logs([]tracebuffer.Record{*r})
	if len(good) == 0 {
		e.pipelines[r.Outlet].loseBroken(tracebuffer.Log, 1)
		return
	}
	if !id.IsEmpty() {
		ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).SetTraceID(id)
		e.telemetry.FoundByRequest(1)
	}
	c := call{metadata: r.Envelope.Around.Around, again: &again{origins: []tracebuffer.Origin{r.Origin}}}
	e.pipelines[r.Outlet].logsAgain(&c, ld)
}
