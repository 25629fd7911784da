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
	errLate       = errors.New("the next component has not returned from earlier calls")
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
	if p.owns(done) && p.nextTraces.Capabilities().MutatesData {
		again = ptrace.NewTraces()
		td.CopyTo(again)
	}
	return p.passOn(ctx, &c, tracebuffer.Span, done, func(ctx context.Context) (left int, err error) {
		err = p.nextTraces.ConsumeTraces(ctx, td)
		if failed, ok := errors.AsType[consumererror.Traces](err); ok {
			again = failed.Data()
			return min(done.passed, again.SpanCount()), err
		}
		return done.passed, err
	}, func() ([]byte, error) { return (&ptrace.ProtoMarshaler{}).MarshalTraces(again) })
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
	if p.owns(done) && p.nextLogs.Capabilities().MutatesData {
		again = plog.NewLogs()
		ld.CopyTo(again)
	}
	return p.passOn(ctx, &c, tracebuffer.Log, done, func(ctx context.Context) (left int, err error) {
		err = p.nextLogs.ConsumeLogs(ctx, ld)
		if failed, ok := errors.AsType[consumererror.Logs](err); ok {
			again = failed.Data()
			return min(done.passed, again.LogRecordCount()), err
		}
		return done.passed, err
	}, func() ([]byte, error) { return (&plog.ProtoMarshaler{}).MarshalLogs(again) })
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
	b.full = c.full
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
	full     bool                  // nothing of it can be held
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
	if c.full, err = p.findRoom(needsRoom, &out); err == nil && (e.plan.waits || e.plan.joins) {
		c.metadata, err = e.metadata.Intern(ctx, e.buffer, e.plan.largest)
	}
	e.carryOut(&out)
	if err != nil {
		e.telemetry.Refused(sig, n)
		p.leave(&c)
	}
	return c, err
}

// findRoom makes room for a batch, if it needs some. It decides no trace early for one
// that is refused because the next component is blocked. A batch that needs no room may
// find the buffer full.
func (p *pipeline) findRoom(needed func() bool, out *tracebuffer.Outcome) (full bool, err error) {
	b := p.engine.buffer
	b.Tidy(out) // which may end a pipeline's being blocked
	switch blocked := b.Blocked(p.id); {
	case b.Roomy() && !blocked:
	case !needed():
		full = true
	case blocked:
		err = errBlocked
	case !b.DecideEarly(out):
		err = errBufferFull
	}
	return full, err
}

// needRoomSpans reports whether one of the spans may be held. Where they pass at once, what
// stays of them for their logs can be done without.
func (p *pipeline) needRoomSpans(td ptrace.Traces) bool {
	if p.engine.plan.stubs {
		return false
	}
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

// owns reports whether what passes of a batch may become the processor's own, because
// others of it are held, or because others of its traces were.
func (p *pipeline) owns(done result) bool { return done.held || p.engine.plan.waits }

// passOn has send hand what passes to the next component. Message is what is left of it
// if that fails. The sender does not wait for long: what it has sent was taken in then.
func (p *pipeline) passOn(ctx context.Context, c *call, sig tracebuffer.Signal, done result,
	send func(context.Context) (left int, err error), message func() ([]byte, error),
) error {
	settle := func(metadata *tracebuffer.Envelope, left int, err error) error {
		if err == nil {
			left = 0
		}
		p.engine.telemetry.Kept(sig, done.passed-left)
		switch {
		case err == nil:
		case !done.held:
			p.engine.telemetry.Refused(sig, left)
		default:
			p.takeIn(metadata, sig, left, err, message)
			err = nil
		}
		return err
	}
	switch {
	case !p.owns(done):
		left, err := send(ctx)
		return settle(c.metadata, left, err)
	case p.outlet.Late():
		if !done.held && p.engine.buffer.Blocked(p.id) {
			return settle(c.metadata, done.passed, errBlocked)
		}
		done.held = true
		return settle(c.metadata, done.passed, errLate)
	}
	metadata := p.engine.buffer.Share(c.metadata)
	return p.outlet.Pass(ctx, done.passed, func(ctx context.Context) func(bool) error {
		left, err := send(ctx)
		return func(owned bool) error {
			defer p.engine.buffer.Forget([]*tracebuffer.Envelope{metadata})
			done.held = done.held || owned
			return settle(metadata, left, err)
		}
	})
}

// takeIn has n records that the next component did not take wait, in the message, like what
// is held.
func (p *pipeline) takeIn(metadata *tracebuffer.Envelope, sig tracebuffer.Signal, n int, err error, message func() ([]byte, error)) {
	if consumererror.IsPermanent(err) {
		p.lose(sig, telemetry.DropExportFailed, n, err)
		return
	}
	msg, broken := message()
	if broken == nil {
		broken = p.adopt(metadata, sig, msg, sampling.Verdict{Rule: sampling.NoRule})
	}
	if broken != nil {
		p.lose(sig, telemetry.DropCorrupt, n, broken)
	}
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
