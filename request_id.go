// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"hash/maphash"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
	"github.com/otelcol-correlation/correlationprocessor/internal/traceid"
)

// requests finds the trace of logs that have no trace id but the id of a request,
// which another item of their service carries with its trace id. A log waits, as
// bytes, until such an item arrives. This happens before everything
// else, so that a log it sends on is like any other.
type requests struct {
	keys  []string // none: switched off
	wait  time.Duration
	limit int64 // bytes that may wait
	max   int   // requests known in a generation

	// sending is read-locked while a call may send on logs that waited, so that
	// after the first Shutdown has sent on the last ones nobody sends any more.
	sending sync.RWMutex

	mu sync.Mutex
	// young and old are the traces of requests; young becomes old every wait.
	young, old map[uint64]pcommon.TraceID
	turned     time.Duration // on the engine's clock
	parked     map[uint64][]parkedLog
	queue      []expiry // in order of their deadlines
	next       uint64   // number of the next log that waits
	waiting    int      // logs
	bytes      int64    // of their messages
	closed     bool     // no log waits any more
}

// parkedLog is a log that waits: an OTLP message of it alone, the client metadata it
// arrived with, and the pipeline it goes back to.
type parkedLog struct {
	pipe     *pipeline
	metadata *tracebuffer.Envelope // a reference of its own, or nil
	msg      []byte
	number   uint64
}

type expiry struct {
	deadline time.Duration
	key      uint64
	number   uint64
}

const (
	// maxRequests bounds the requests known in a generation.
	maxRequests = 1 << 16
	// parkShare is the part of max_bytes that may wait, 1/16, and knownShare the
	// part that requests whose trace is known may take.
	parkShare  = 16
	knownShare = 64
	// What things take, in bytes: a known request, a log that waits beside its
	// message, and its place in the queue, which stays after its trace was found.
	requestBytes = 48
	parkedBytes  = 128
	expiryBytes  = 64
)

var requestSeed = maphash.MakeSeed()

func newRequests(cfg *Config) *requests {
	return &requests{
		keys:   cfg.Logs.RequestIDAttributes,
		wait:   cfg.DecisionWait,
		limit:  int64(cfg.MaxBytes) / parkShare,
		max:    int(min(maxRequests, int64(cfg.MaxBytes)/knownShare/requestBytes/2)),
		young:  map[uint64]pcommon.TraceID{},
		parked: map[uint64][]parkedLog{},
	}
}

func (r *requests) enabled() bool { return len(r.keys) > 0 }

// key is the hash of an item's request id with its service's name and its client.
func (r *requests) key(c call, service string, attrs pcommon.Map) (key uint64, ok bool) {
	for _, k := range r.keys {
		if v, has := attrs.Get(k); has && v.Type() == pcommon.ValueTypeStr && v.Str() != "" {
			var h maphash.Hash
			h.SetSeed(requestSeed)
			_, _ = h.WriteString(service)
			_ = h.WriteByte(0)
			_, _ = h.WriteString(v.Str())
			if c.metadata != nil {
				_ = h.WriteByte(0)
				_, _ = h.WriteString(c.metadata.Content)
			}
			return h.Sum64(), true
		}
	}
	return 0, false
}

// learn notes the trace of a request and returns the logs that waited for it.
func (r *requests) learn(now time.Duration, key uint64, id pcommon.TraceID) []parkedLog {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turn(now)
	if len(r.young) >= r.max {
		r.turned = now - r.wait - 1
		r.turn(now)
	}
	r.young[key] = id
	return r.take(key)
}

// turn makes the young requests old, if their time is over. The caller holds the lock.
func (r *requests) turn(now time.Duration) {
	if now-r.turned > r.wait {
		r.old, r.young, r.turned = r.young, map[uint64]pcommon.TraceID{}, now
	}
}

// tableBytes is about what the tables take. The messages in them are counted by the
// buffer.
func (r *requests) tableBytes() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return int64(len(r.young)+len(r.old))*requestBytes + r.overhead()
}

// overhead is what the logs that wait take beside their messages. The caller holds
// the lock.
func (r *requests) overhead() int64 {
	return int64(r.waiting)*parkedBytes + int64(len(r.queue))*expiryBytes
}

// take returns the logs that wait for the key. The caller holds the lock.
func (r *requests) take(key uint64) []parkedLog {
	logs := r.parked[key]
	delete(r.parked, key)
	for i := range logs {
		r.left(&logs[i])
	}
	return logs
}

// left notes that a log waits no more. The caller holds the lock.
func (r *requests) left(p *parkedLog) {
	r.waiting--
	r.bytes -= int64(len(p.msg))
}

// find returns the trace of the request, if it is known.
func (r *requests) find(key uint64) (id pcommon.TraceID, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if id, ok = r.young[key]; !ok {
		id, ok = r.old[key]
	}
	return id, ok
}

// park lets a log wait, if there is room.
func (r *requests) park(now time.Duration, key uint64, p parkedLog) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	size := int64(len(p.msg))
	if r.closed || r.bytes+r.overhead()+size+parkedBytes+expiryBytes > r.limit {
		return false
	}
	p.number = r.next
	r.next++
	r.waiting++
	r.bytes += size
	r.parked[key] = append(r.parked[key], p)
	r.queue = append(r.queue, expiry{now + r.wait, key, p.number})
	return true
}

// expired returns the logs that have waited long enough.
func (r *requests) expired(now time.Duration) (logs []parkedLog) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turn(now)
	n := 0
	for ; n < len(r.queue) && r.queue[n].deadline <= now; n++ {
		x := r.queue[n]
		waiting := r.parked[x.key]
		if len(waiting) == 0 || waiting[0].number != x.number {
			continue // its trace was found
		}
		logs = append(logs, waiting[0])
		r.left(&waiting[0])
		if r.parked[x.key] = waiting[1:]; len(waiting) == 1 {
			delete(r.parked, x.key)
		}
	}
	if r.queue = r.queue[n:]; len(r.queue) == 0 {
		r.queue = nil // it may have been long
	}
	return logs
}

// close returns all logs that wait, and lets none wait from then on.
func (r *requests) close() (logs []parkedLog) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for key := range r.parked {
		logs = append(logs, r.take(key)...)
	}
	r.queue = nil
	return logs
}

// requestsOfSpans learns from spans, and sends on the logs that waited for them.
func (p *pipeline) requestsOfSpans(c call, td ptrace.Traces) {
	r := p.engine.requests
	if !r.enabled() {
		return
	}
	r.sending.RLock()
	defer r.sending.RUnlock()
	now := p.engine.reading(time.Now())
	for res, sp := range record.EachSpan(td) {
		if key, ok := r.key(c, record.ServiceName(res), sp.Attributes()); ok && !sp.TraceID().IsEmpty() {
			p.engine.sendOn(r.learn(now, key, sp.TraceID()), sp.TraceID())
		}
	}
}

// requestsOfLogs learns from the logs that have a trace id, gives those a trace id
// that have none but a known request, and takes out those that wait for one. It
// returns how many it took out.
func (p *pipeline) requestsOfLogs(c call, ld plog.Logs) (waiting int) {
	if !p.engine.requests.enabled() {
		return 0
	}
	p.engine.requests.sending.RLock()
	defer p.engine.requests.sending.RUnlock()
	now := p.engine.reading(time.Now())
	record.RemoveLogs(ld, func(rl plog.ResourceLogs, sl plog.ScopeLogs, lr plog.LogRecord) bool {
		key, ok := p.engine.requests.key(c, record.ServiceName(rl.Resource()), lr.Attributes())
		if !ok || !p.requestOfLog(now, key, c, rl, sl, lr) {
			return false
		}
		waiting++
		return true
	})
	return waiting
}

// requestOfLog reports whether the log waits for its trace.
func (p *pipeline) requestOfLog(now time.Duration, key uint64, c call, rl plog.ResourceLogs, sl plog.ScopeLogs, lr plog.LogRecord) bool {
	if id := p.engine.correlator.traceOf(rl.Resource(), lr); !id.IsEmpty() {
		p.engine.sendOn(p.engine.requests.learn(now, key, id), id)
		return false
	}
	if id, ok := p.engine.requests.find(key); ok {
		lr.SetTraceID(id)
		p.engine.telemetry.FoundByRequest(1)
		return false
	}
	msg, err := (&plog.ProtoMarshaler{}).MarshalLogs(alone(rl, sl, lr))
	if err != nil {
		return false
	}
	parked := parkedLog{pipe: p, msg: msg, metadata: p.engine.buffer.Share(c.metadata)}
	if !p.engine.requests.park(now, key, parked) {
		p.engine.buffer.Forget([]*tracebuffer.Envelope{parked.metadata})
		return false
	}
	p.engine.buffer.Park(tracebuffer.Log, 1, int64(len(msg)))
	return true
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

// alone is a message of one record.
func alone(rl plog.ResourceLogs, sl plog.ScopeLogs, lr plog.LogRecord) plog.Logs {
	ld := plog.NewLogs()
	r := ld.ResourceLogs().AppendEmpty()
	rl.Resource().CopyTo(r.Resource())
	r.SetSchemaUrl(rl.SchemaUrl())
	sc := r.ScopeLogs().AppendEmpty()
	sl.Scope().CopyTo(sc.Scope())
	sc.SetSchemaUrl(sl.SchemaUrl())
	lr.CopyTo(sc.LogRecords().AppendEmpty())
	return ld
}

// sendOnAll ends the waiting.
func (e *engine) sendOnAll() {
	e.requests.sending.Lock()
	defer e.requests.sending.Unlock()
	e.sendOn(e.requests.close(), pcommon.TraceID{})
}

// sendOn sends logs that waited the way of all logs. Their trace is id, or is not
// to be found if that is empty.
func (e *engine) sendOn(logs []parkedLog, id pcommon.TraceID) {
	for i := range logs {
		e.sendOnOne(&logs[i], id)
		e.buffer.Park(tracebuffer.Log, -1, -int64(len(logs[i].msg)))
		e.buffer.Forget([]*tracebuffer.Envelope{logs[i].metadata})
	}
}

func (e *engine) sendOnOne(p *parkedLog, id pcommon.TraceID) {
	ld, err := (&plog.ProtoUnmarshaler{}).UnmarshalLogs(p.msg)
	if err != nil {
		p.pipe.lose(tracebuffer.Log, telemetry.DropCorrupt, 1, err)
		return
	}
	if !id.IsEmpty() {
		ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).SetTraceID(id)
		e.telemetry.FoundByRequest(1)
	}
	p.pipe.readmit(p.metadata, ld)
}

// readmit decides on a log that was taken in earlier. What passes goes out through
// the outlet, which stamps it with its verdict, if it has one: no sender waits for it.
func (p *pipeline) readmit(metadata *tracebuffer.Envelope, ld plog.Logs) {
	verdict := sampling.Verdict{Rule: sampling.NoRule}
	f, err := decide(p, &call{metadata: metadata}, tracebuffer.Log, 1, ld, (*batch).readLogs, func(b *batch, ld plog.Logs) int {
		r := &b.records[0]
		if !b.passes(r) {
			return 0
		}
		lr := ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
		r.edit.apply(lr.Attributes())
		if r.item != noItem {
			verdict = b.fates[r.item].Verdict
			mark(b.fates[r.item], lr.Attributes())
		}
		return 1
	})
	if err != nil {
		p.log.Error("a log that waited for its trace is refused", zap.Error(err))
	}
	if f.passed == 0 {
		return
	}
	msg, err := (&plog.ProtoMarshaler{}).MarshalLogs(ld)
	if err == nil {
		err = p.adopt(metadata, tracebuffer.Log, msg, verdict)
	}
	if err != nil {
		p.lose(tracebuffer.Log, telemetry.DropCorrupt, 1, err)
	}
}
