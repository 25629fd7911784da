// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package requestid finds the trace of logs that have no trace id but the id of a
// request, which another item of their service carries with its trace id. A log waits,
// in the trace buffer, until such an item arrives or its time is over. What is known and what
// waits is bounded in bytes.
package requestid

import (
	"hash/maphash"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// Requests are those whose trace is known, and the logs that wait for the trace of
// theirs. They are safe for concurrent use.
type Requests struct {
	keys  []string // none: switched off
	wait  time.Duration
	limit int64 // bytes that may wait
	max   int   // requests known in a generation

	mu sync.Mutex
	// young and old are the traces of requests; young becomes old every wait.
	young, old map[uint64]pcommon.TraceID
	turned     time.Duration
	parked     map[uint64][]Log
	queue      []expiry // in order of their deadlines
	next       uint64   // number of the next log that waits
	waiting    int      // logs
	bytes      int64    // of their messages
	closed     bool     // no log waits any more
}

// Log is one that waits. It lies in the buffer.
type Log struct {
	tracebuffer.Parked
	Bytes  int // that it has there
	number uint64
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
	parkedBytes  = 256
	expiryBytes  = 64
)

var requestSeed = maphash.MakeSeed()

// New returns Requests whose ids are the values of the keys; without keys there are
// none. A log waits for so long, and what waits and is known takes at most a sixteenth and
// a sixty-fourth of maxBytes.
func New(keys []string, wait time.Duration, maxBytes int64) *Requests {
	return &Requests{
		keys:   keys,
		wait:   wait,
		limit:  maxBytes / parkShare,
		max:    int(min(maxRequests, maxBytes/knownShare/requestBytes/2)),
		young:  map[uint64]pcommon.TraceID{},
		parked: map[uint64][]Log{},
	}
}

// Enabled reports whether there are keys.
func (r *Requests) Enabled() bool { return len(r.keys) > 0 }

// Key is the hash of an item's request id with its service's name and its client's
// metadata, which may be nil. It holds for this process.
func (r *Requests) Key(metadata *tracebuffer.Envelope, service string, attrs pcommon.Map) (key uint64, ok bool) {
	for _, k := range r.keys {
		if v, has := attrs.Get(k); has && v.Type() == pcommon.ValueTypeStr && v.Str() != "" {
			var h maphash.Hash
			h.SetSeed(requestSeed)
			_, _ = h.WriteString(service)
			_ = h.WriteByte(0)
			_, _ = h.WriteString(v.Str())
			if metadata != nil {
				_ = h.WriteByte(0)
				_, _ = h.WriteString(metadata.Content)
			}
			return h.Sum64(), true
		}
	}
	return 0, false
}

// Learn notes the trace of a request and returns the logs that waited for it. Here and
// elsewhere now is a reading of one monotonic clock, since whatever moment.
func (r *Requests) Learn(now time.Duration, key uint64, id pcommon.TraceID) []Log {
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
func (r *Requests) turn(now time.Duration) {
	if now-r.turned > r.wait {
		r.old, r.young, r.turned = r.young, map[uint64]pcommon.TraceID{}, now
	}
}

// TableBytes is about what the tables take, without the messages in them: those are
// their owner's to count.
func (r *Requests) TableBytes() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return int64(len(r.young)+len(r.old))*requestBytes + r.overhead()
}

// overhead is what the logs that wait take beside their messages. The caller holds
// the lock.
func (r *Requests) overhead() int64 {
	return int64(r.waiting)*parkedBytes + int64(len(r.queue))*expiryBytes
}

// take returns the logs that wait for the key. The caller holds the lock.
func (r *Requests) take(key uint64) []Log {
	logs := r.parked[key]
	delete(r.parked, key)
	for i := range logs {
		r.left(&logs[i])
	}
	return logs
}

// left notes that a log waits no more. The caller holds the lock.
func (r *Requests) left(p *Log) {
	r.waiting--
	r.bytes -= int64(p.Bytes)
}

// Find returns the trace of the request, if it is known.
func (r *Requests) Find(key uint64) (id pcommon.TraceID, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if id, ok = r.young[key]; !ok {
		id, ok = r.old[key]
	}
	return id, ok
}

// Park lets a log of so many bytes wait, if there is room: then park has it lie in the buffer.
func (r *Requests) Park(now time.Duration, key uint64, bytes int, park func() tracebuffer.Parked) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	size := int64(bytes)
	if r.closed || r.bytes+r.overhead()+size+parkedBytes+expiryBytes > r.limit {
		return false
	}
	p := Log{Parked: park(), Bytes: bytes}
	p.number = r.next
	r.next++
	r.waiting++
	r.bytes += size
	r.parked[key] = append(r.parked[key], p)
	r.queue = append(r.queue, expiry{now + r.wait, key, p.number})
	return true
}

// Expired returns the logs that have waited long enough.
func (r *Requests) Expired(now time.Duration) (logs []Log) {
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

// Close returns all logs that wait, and lets none wait from then on.
func (r *Requests) Close() (logs []Log) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for key := range r.parked {
		logs = append(logs, r.take(key)...)
	}
	r.queue = nil
	return logs
}

// Message is an OTLP message of one record alone.
func Message(rl plog.ResourceLogs, sl plog.ScopeLogs, lr plog.LogRecord) ([]byte, error) {
	ld := plog.NewLogs()
	r := ld.ResourceLogs().AppendEmpty()
	rl.Resource().CopyTo(r.Resource())
	r.SetSchemaUrl(rl.SchemaUrl())
	sc := r.ScopeLogs().AppendEmpty()
	sl.Scope().CopyTo(sc.Scope())
	sc.SetSchemaUrl(sl.SchemaUrl())
	lr.CopyTo(sc.LogRecords().AppendEmpty())
	return (&plog.ProtoMarshaler{}).MarshalLogs(ld)
}
