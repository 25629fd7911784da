// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"encoding/binary"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// joiner gives logs attributes of their spans. A log's span is the one it
// names; else the entry span of its service in the trace, for there the request
// came in; else the root.
type joiner struct {
	keys   []string
	spans  map[spanKey]pcommon.Map
	entry  map[entryKey]pcommon.Map
	root   map[uint64]pcommon.Map
	joined int
}

type spanKey struct {
	trace uint64 // the low half of the trace id
	span  pcommon.SpanID
}

type entryKey struct {
	trace   uint64
	service string
}

func low(id pcommon.TraceID) uint64 { return binary.BigEndian.Uint64(id[8:]) }

func newJoiner(keys []string, td ptrace.Traces) *joiner {
	j := &joiner{
		keys:  keys,
		spans: map[spanKey]pcommon.Map{},
		entry: map[entryKey]pcommon.Map{},
		root:  map[uint64]pcommon.Map{},
	}
	for _, rs := range td.ResourceSpans().All() {
		service := serviceName(rs.Resource())
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				j.learn(service, s)
			}
		}
	}
	return j
}

func (j *joiner) learn(service string, s ptrace.Span) {
	trace := low(s.TraceID())
	j.spans[spanKey{trace, s.SpanID()}] = s.Attributes()
	if s.ParentSpanID().IsEmpty() {
		j.root[trace] = s.Attributes()
	}
	if isEntry(s) {
		j.entry[entryKey{trace, service}] = s.Attributes()
	}
}

// isEntry reports whether a request came into a service with the span.
func isEntry(s ptrace.Span) bool {
	k := s.Kind()
	return k == ptrace.SpanKindServer || k == ptrace.SpanKindConsumer || s.ParentSpanID().IsEmpty()
}

// join copies what the log lacks from its span.
func (j *joiner) join(res pcommon.Resource, lr plog.LogRecord) {
	from, ok := j.spanOf(res, lr)
	if !ok {
		return
	}
	attrs := lr.Attributes()
	joined := false
	for _, key := range j.keys {
		if _, has := attrs.Get(key); has {
			continue
		}
		if v, ok := from.Get(key); ok {
			v.CopyTo(attrs.PutEmpty(key))
			joined = true
		}
	}
	if joined {
		j.joined++
	}
}

func (j *joiner) spanOf(res pcommon.Resource, lr plog.LogRecord) (pcommon.Map, bool) {
	trace := low(lr.TraceID())
	if m, ok := j.spans[spanKey{trace, lr.SpanID()}]; ok {
		return m, true
	}
	if m, ok := j.entry[entryKey{trace, serviceName(res)}]; ok {
		return m, true
	}
	m, ok := j.root[trace]
	return m, ok
}

func serviceName(res pcommon.Resource) string {
	if v, ok := res.Attributes().Get("service.name"); ok {
		return v.AsString()
	}
	return ""
}

// The attributes that say how many logs name a span.
const (
	attrLogCount      = "log.count"
	attrLogErrorCount = "log.error_count"
)

// logCounts counts the logs that name a span, and the errors among them.
type logCounts map[spanKey]struct{ all, errors int64 }

func countLogs(ld plog.Logs) logCounts {
	counts := logCounts{}
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, lr := range sl.LogRecords().All() {
				key := spanKey{low(lr.TraceID()), lr.SpanID()}
				n := counts[key]
				n.all++
				if lr.SeverityNumber() >= plog.SeverityNumberError {
					n.errors++
				}
				counts[key] = n
			}
		}
	}
	return counts
}

func (c logCounts) write(s ptrace.Span) {
	if n, ok := c[spanKey{low(s.TraceID()), s.SpanID()}]; ok {
		s.Attributes().PutInt(attrLogCount, n.all)
		s.Attributes().PutInt(attrLogErrorCount, n.errors)
	}
}
