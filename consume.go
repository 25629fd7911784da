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

	"github.com/otelcol-correlation/correlationprocessor/internal/envelope"
	"github.com/otelcol-correlation/correlationprocessor/internal/outlet"
	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// What is returned to a sender, who may try again.
var (
	errBufferFull = errors.New("correlation buffer is full: max_bytes, or storage::max_bytes, is used up")
	errLate       = errors.New("the next component has not returned from earlier calls")
	errBlocked    = errors.New("the next component has not taken what waits for it: that is half of max_bytes")
)

// errEnded says why what was taken in is lost.
var errEnded = errors.New("the processor has ended")

// ConsumeTraces takes a batch of spans. What is held of it is safe in the buffer when
// it returns. It returns an error of the next component only for a batch of which
// nothing was held: a sender that tries again sends nothing twice.
func (p *pipeline) ConsumeTraces(ctx context.Context, td ptrace.Traces) error {
	n := p.engine.telemetry.ReceivedSpans(p.engine.services, td)
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
	all := td // what is sent again if the next component fails
	if p.owns(done) && p.nextTraces.Capabilities().MutatesData {
		all = ptrace.NewTraces()
		td.CopyTo(all)
	}
	return p.passOn(ctx, &c, tracebuffer.Span, done, func(ctx context.Context) error {
		return p.nextTraces.ConsumeTraces(ctx, td)
	}, func(err error) remainder {
		left := all
		if failed, ok := errors.AsType[consumererror.Traces](err); ok {
			left = failed.Data()
		}
		return remainder{min(done.passed, left.SpanCount()), func() ([]byte, error) { return (&ptrace.ProtoMarshaler{}).MarshalTraces(left) }}
	})
}

// ConsumeLogs takes a batch of log records as ConsumeTraces does one of spans.
func (p *pipeline) ConsumeLogs(ctx context.Context, ld plog.Logs) error {
	n := p.engine.telemetry.ReceivedLogs(p.engine.services, ld)
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
	all := ld
	if p.owns(done) && p.nextLogs.Capabilities().MutatesData {
		all = plog.NewLogs()
		ld.CopyTo(all)
	}
	return p.passOn(ctx, &c, tracebuffer.Log, done, func(ctx context.Context) error {
		return p.nextLogs.ConsumeLogs(ctx, ld)
	}, func(err error) remainder {
		left := all
		if failed, ok := errors.AsType[consumererror.Logs](err); ok {
			left = failed.Data()
		}
		return remainder{min(done.passed, left.LogRecordCount()), func() ([]byte, error) { return (&plog.ProtoMarshaler{}).MarshalLogs(left) }}
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
	b := newBatch(p, sig, n, c)
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
	again    *again                // nil for what arrives
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
	return record.HasTrace(td)
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

// remainder is what the next component has not taken of a batch: so many items, and the
// message that they make.
type remainder struct {
	items   int
	message func() ([]byte, error)
}

// passOn has send hand what passes to the next component, of whose error rest says what is
// left. The sender does not wait for long: what it has sent was taken in then.
func (p *pipeline) passOn(ctx context.Context, c *call, sig tracebuffer.Signal, done result, send func(context.Context) error, rest func(error) remainder) error {
	settle := func(metadata *tracebuffer.Envelope, err error, owned bool) error {
		if err == nil {
			p.engine.telemetry.Kept(sig, done.passed)
			return nil
		}
		left := rest(err)
		p.engine.telemetry.Kept(sig, done.passed-left.items)
		if !owned {
			p.engine.telemetry.Refused(sig, left.items)
			return err
		}
		p.takeIn(metadata, sig, left, err)
		return nil
	}
	switch {
	case !p.owns(done):
		return settle(c.metadata, send(ctx), false)
	case p.outlet.Late():
		if !done.held && p.engine.buffer.Blocked(p.id) {
			return settle(c.metadata, errBlocked, false)
		}
		return settle(c.metadata, errLate, true)
	}
	metadata := p.engine.buffer.Share(c.metadata)
	return p.outlet.Pass(ctx, outlet.Passage{
		Items: done.passed, Send: send,
		Hold: func(sent *tracebuffer.Batch) error { return p.adopt(metadata, sig, rest(nil), nil, sent) },
		Settle: func(err error, owned bool) error {
			defer p.engine.buffer.Forget([]*tracebuffer.Envelope{metadata})
			return settle(metadata, err, owned || done.held)
		},
	})
}

// takeIn has what the next component did not take wait like what is held.
func (p *pipeline) takeIn(metadata *tracebuffer.Envelope, sig tracebuffer.Signal, left remainder, err error) {
	if consumererror.IsPermanent(err) {
		p.lose(sig, telemetry.DropExportFailed, left.items, err)
		return
	}
	p.adoptOrLose(metadata, sig, left, nil)
}

// adoptOrLose adopts items, or loses them.
func (p *pipeline) adoptOrLose(metadata *tracebuffer.Envelope, sig tracebuffer.Signal, items remainder, of []passing) {
	if err := p.adopt(metadata, sig, items, of, nil); errors.Is(err, errEnded) {
		p.lose(sig, telemetry.DropShutdown, items.items, err)
	} else if err != nil {
		p.lose(sig, telemetry.DropCorrupt, items.items, err)
	}
}

// lose logs and counts n records that were taken in and go no further.
func (p *pipeline) lose(sig tracebuffer.Signal, reason string, n int, err error) {
	p.log.Error("data is lost that was taken in", zap.String("reason", reason), zap.Int("items", n), zap.Error(err))
	p.engine.telemetry.Dropped(sig, reason, n)
}

// adopt has items wait for the next component, or has them in the batch sent, if there is
// one, while they are on their way. Each is marked with its verdict and has its origin, if
// those are given, in the order of the message.
func (p *pipeline) adopt(metadata *tracebuffer.Envelope, sig tracebuffer.Signal, items remainder, of []passing, sent *tracebuffer.Batch) error {
	msg, err := items.message()
	if err != nil {
		return err
	}
	open := false
	err = envelope.Records(p.engine.buffer, metadata, msg, sig, p.id, func(records []tracebuffer.Record) {
		for i := range records {
			records[i].Verdict.Rule = sampling.NoRule
			if of != nil {
				records[i].Verdict, records[i].Origin = of[i].verdict, of[i].origin
			}
		}
		if sent != nil {
			open = p.engine.buffer.AdoptSent(p.id, records, sent)
			return
		}
		open = p.engine.buffer.Adopt(p.id, records)
		p.outlet.Wake()
	})
	if err == nil && !open {
		err = errEnded
	}
	return err
}
