// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"context"
	"errors"

	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"

	"github.com/otelcol-correlation/correlationprocessor/internal/otlpwire"
	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// What is returned to a sender, who may try again.
var (
	errBufferFull = errors.New("correlation buffer is full: max_bytes is used up")
	errBlocked    = errors.New("the next component has not taken what waits for it: that is half of max_bytes")
)

// ConsumeTraces takes a batch of spans. What is held of it is safe in the buffer when
// it returns. It returns an error of the next component only for a batch of which
// nothing was held: a sender that tries again sends nothing twice.
func (p *pipeline) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	n := p.receivedSpans(td)
	c, err := p.admit(ctx, tracebuffer.Span, n, func() bool { return p.needRoomSpans(td) })
	if err != nil {
		return err
	}
	defer p.leave(&c)
	p.requestsOfSpans(c, td)
	done, err := decide(p, &c, tracebuffer.Span, n, td, (*batch).readSpans, (*batch).takeOutSpans)
	if err != nil || done.passed == 0 {
		return err
	}
	again := td // what is sent again if the next component fails
	if done.held && p.nextTraces.Capabilities().MutatesData {
		again = ptrace.NewTraces()
		td.CopyTo(again)
	}
	if err = p.nextTraces.ConsumeTraces(ctx, td); err == nil {
		p.engine.telemetry.Kept(tracebuffer.Span, done.passed)
		return nil
	}
	left := done.passed
	if failed, ok := errors.AsType[consumererror.Traces](err); ok {
		again = failed.Data()
		left = min(left, again.SpanCount())
	}
	return p.failed(&c, tracebuffer.Span, done, left, err, func() ([]byte, error) {
		return (&ptrace.ProtoMarshaler{}).MarshalTraces(again)
	})
}

// ConsumeLogs takes a batch of log records as ConsumeTraces does one of spans.
func (p *pipeline) ConsumeLogs(ctx context.Context, ld plog.Logs) error {
	n := p.receivedLogs(ld)
	c, err := p.admit(ctx, tracebuffer.Log, n, func() bool { return p.needRoomLogs(ld) })
	if err != nil {
		return err
	}
	defer p.leave(&c)
	waiting := p.requestsOfLogs(c, ld)
	done, err := decide(p, &c, tracebuffer.Log, n-waiting, ld, (*batch).readLogs, (*batch).takeOutLogs)
	if err != nil || done.passed == 0 {
		return err
	}
	done.held = done.held || waiting > 0
	again := ld
	if done.held && p.nextLogs.Capabilities().MutatesData {
		again = plog.NewLogs()
		ld.CopyTo(again)
	}
	if err = p.nextLogs.ConsumeLogs(ctx, ld); err == nil {
		p.engine.telemetry.Kept(tracebuffer.Log, done.passed)
		return nil
	}
	left := done.passed
	if failed, ok := errors.AsType[consumererror.Logs](err); ok {
		again = failed.Data()
		left = min(left, again.LogRecordCount())
	}
	return p.failed(&c, tracebuffer.Log, done, left, err, func() ([]byte, error) {
		return (&plog.ProtoMarshaler{}).MarshalLogs(again)
	})
}

// result is what became of the records of a batch.
type result struct {
	passed int  // so many go on in the call
	held   bool // some are held
}

// decide takes n records through the engine: read turns them into items, and takeOut
// leaves in the data what passes and returns how many that are. An error is for good:
// the batch would fail again.
func decide[D any](p *pipeline, c *call, sig tracebuffer.Signal, n int, data D, read func(*batch, D), takeOut func(*batch, D) int) (r result, err error) {
	b := newBatch(p, sig, n, c.metadata)
	defer b.done()
	read(b, data)
	if b.match.Err != nil {
		b.envelopes.Forget()
		b.tally.Fates(b.fates)
		b.tally.Flush(p.engine.telemetry, sig)
		p.engine.telemetry.Refused(sig, b.refused(n))
		return result{}, consumererror.NewPermanent(b.match.Err)
	}
	b.decide()
	p.keepPromise(c)
	return result{takeOut(b, data), b.holds()}, nil
}

// call is a batch that was let in.
type call struct {
	metadata *tracebuffer.Envelope // nil without metadata_keys
	promised int64                 // bytes it is expected to add
}

// admit lets a batch of n records in if there is room for it, or if it needs none, and
// counts it as refused otherwise.
func (p *pipeline) admit(ctx context.Context, sig tracebuffer.Signal, n int, needsRoom func() bool) (c call, err error) {
	e := p.engine
	e.inflight.RLock()
	defer e.inflight.RUnlock()
	if e.plan.waits {
		c.promised = int64(e.plan.expected(n))
		e.buffer.Promise(c.promised)
	}
	var out tracebuffer.Outcome
	room := e.buffer.MakeRoom(&out)
	switch {
	case e.buffer.Blocked(p.id):
		err = errBlocked
	case !room && needsRoom():
		err = errBufferFull
	case e.plan.waits || e.plan.joins:
		c.metadata, err = e.metadata.Intern(ctx, e.buffer, e.plan.largest)
	}
	e.carryOut(&out)
	if err != nil {
		e.telemetry.Refused(sig, n)
		p.leave(&c)
	}
	return c, err
}

// needRoomSpans reports whether one of the spans may be held.
func (p *pipeline) needRoomSpans(td ptrace.Traces) bool {
	for _, s := range record.EachSpan(td) {
		if !s.TraceID().IsEmpty() {
			return true
		}
	}
	return false
}

// needRoomLogs reports whether one of the logs may be held.
func (p *pipeline) needRoomLogs(ld plog.Logs) bool {
	if p.engine.requests.Enabled() {
		return true
	}
	for res, lr := range record.EachLog(ld) {
		if id := p.engine.correlator.traceOf(res, lr); !id.IsEmpty() {
			return true
		}
	}
	return false
}

// keepPromise says that what a call adds has been added.
func (p *pipeline) keepPromise(c *call) {
	p.engine.buffer.Promise(-c.promised)
	c.promised = 0
}

// leave ends a call.
func (p *pipeline) leave(c *call) {
	p.keepPromise(c)
	if c.metadata != nil {
		p.engine.buffer.Forget([]*tracebuffer.Envelope{c.metadata})
	}
}

// failed says what becomes of n of the records that passed, which the next component has
// not taken. They go back to the sender unless others of their batch are
// held: then the batch was taken in, and they wait, in the message, like what is held.
func (p *pipeline) failed(c *call, sig tracebuffer.Signal, done result, n int, err error, message func() ([]byte, error)) error {
	p.engine.telemetry.Kept(sig, done.passed-n)
	if !done.held {
		p.engine.telemetry.Refused(sig, n)
		return err
	}
	if consumererror.IsPermanent(err) {
		p.lose(sig, telemetry.DropExportFailed, n, err)
		return nil
	}
	msg, broken := message()
	if broken == nil {
		broken = p.adopt(c.metadata, sig, msg, sampling.Verdict{Rule: sampling.NoRule})
	}
	if broken != nil {
		p.lose(sig, telemetry.DropCorrupt, n, broken)
	}
	return nil
}

// lose logs and counts n records that were taken in and go no further.
func (p *pipeline) lose(sig tracebuffer.Signal, reason string, n int, err error) {
	p.log.Error("data is lost that was taken in", zap.String("reason", reason), zap.Int("items", n), zap.Error(err))
	p.engine.telemetry.Dropped(sig, reason, n)
}

// adopt has the records of a message wait for the next component. They are marked with
// the verdict, if there is one.
func (p *pipeline) adopt(metadata *tracebuffer.Envelope, sig tracebuffer.Signal, msg []byte, v sampling.Verdict) error {
	return p.take(metadata, sig, msg, func(records []tracebuffer.Record) {
		for i := range records {
			records[i].Verdict = v
		}
		p.engine.buffer.Adopt(p.id, records)
		p.outlet.Wake()
	})
}

// take has use take the records of a message, if it is one.
func (p *pipeline) take(metadata *tracebuffer.Envelope, sig tracebuffer.Signal, msg []byte, use func([]tracebuffer.Record)) error {
	buffer := p.engine.buffer
	var records []tracebuffer.Record
	var layers []*tracebuffer.Envelope
	var resource, scope *tracebuffer.Envelope
	defer func() { buffer.Forget(layers) }()
	err := otlpwire.Walk(msg, func(content []byte) {
		resource = buffer.Intern(metadata, content)
		layers = append(layers, resource)
	}, func(content []byte) {
		scope = buffer.Intern(resource, content)
		layers = append(layers, scope)
	}, func(rec []byte) {
		records = append(records, tracebuffer.Record{Envelope: scope, Data: rec, Signal: sig, Outlet: p.id})
	})
	if err == nil {
		use(records)
	}
	return err
}

// receivedSpans counts what arrives, before anything can happen to it.
func (p *pipeline) receivedSpans(td ptrace.Traces) (total int) {
	for _, rs := range td.ResourceSpans().All() {
		n := 0
		for _, ss := range rs.ScopeSpans().All() {
			n += ss.Spans().Len()
		}
		total += n
		p.engine.telemetry.Received(tracebuffer.Span, p.engine.services.Of(rs.Resource()), n)
	}
	return total
}

// receivedLogs does for logs what receivedSpans does for spans.
func (p *pipeline) receivedLogs(ld plog.Logs) (total int) {
	for _, rl := range ld.ResourceLogs().All() {
		n := 0
		for _, sl := range rl.ScopeLogs().All() {
			n += sl.LogRecords().Len()
		}
		total += n
		p.engine.telemetry.Received(tracebuffer.Log, p.engine.services.Of(rl.Resource()), n)
	}
	return total
}
