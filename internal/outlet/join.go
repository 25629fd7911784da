// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package outlet

import (
	"iter"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/route"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
)

// JoinConfig says what logs get from their spans and which of them are not needed.
type JoinConfig struct {
	// Attributes are what a log gets from its span where it has none of its own.
	Attributes []string
	// SpanAttributes are what is looked at of a span.
	SpanAttributes []string
	// PathAttributes are keys of a log's path, besides those of the semantic
	// conventions.
	PathAttributes []string
	// RouteAttribute is the attribute that patterns are in.
	RouteAttribute string
	// Services learn of routes that logs got from other services' spans; nil if none do.
	Services *telemetry.Services
	// Deduplicate takes out all access logs about a request but the last, and
	// DropRedundant those that have no more than their span.
	Deduplicate, DropRedundant bool
}

// repeats reports whether access logs that repeat others are looked for.
func (c *JoinConfig) repeats() bool { return c.Deduplicate || c.DropRedundant }

// joiner gives logs attributes of their spans. A log's span is the one it names; where
// that is not there, the topmost entry span of its service in the trace, where the request
// arrived; else the root, or the topmost entry span of the trace. What that span lacks, the
// log gets from the nearest ancestor that has it, up to where the request arrived. The log
// of a proxy, whose service has no span, has a server span of the trace.
type joiner struct {
	cfg    *JoinConfig
	ids    record.TraceIDs
	spans  map[record.SpanKey]*joinSpan
	entry  map[entryKey]*joinSpan // the topmost
	top    map[pcommon.TraceID]*joinSpan
	server map[pcommon.TraceID][]pcommon.Map
	joined int
}

// joinSpan is what a join looks at of a span.
type joinSpan struct {
	attrs  pcommon.Map
	parent record.SpanKey
	entry  bool // a request arrives with it
	depth  int  // of the ancestors that are there; one more where it has a parent that is not
}

type entryKey struct {
	trace   pcommon.TraceID
	service string // as a label, which is what a stub of a span has
}

func newJoiner(cfg *JoinConfig, ids record.TraceIDs, td ptrace.Traces) *joiner {
	j := &joiner{
		cfg:    cfg,
		ids:    ids,
		spans:  map[record.SpanKey]*joinSpan{},
		entry:  map[entryKey]*joinSpan{},
		top:    map[pcommon.TraceID]*joinSpan{},
		server: map[pcommon.TraceID][]pcommon.Map{},
	}
	for _, s := range record.EachSpan(td) {
		j.note(s)
	}
	for res, s := range record.EachSpan(td) {
		j.noteEntry(telemetry.Label(record.ServiceName(res)), s)
	}
	return j
}

func (j *joiner) note(s ptrace.Span) {
	j.spans[j.ids.SpanOf(s.TraceID(), s.SpanID())] = &joinSpan{
		attrs: s.Attributes(), parent: j.ids.SpanOf(s.TraceID(), s.ParentSpanID()), entry: isEntry(s),
	}
	trace := j.ids.Of(s.TraceID())
	if s.Kind() == ptrace.SpanKindServer && len(j.server[trace]) < maxServers {
		j.server[trace] = append(j.server[trace], s.Attributes())
	}
}

// noteEntry notes a span with which a request arrives, if none above it does: in its
// service, and in its trace.
func (j *joiner) noteEntry(service string, s ptrace.Span) {
	if !isEntry(s) {
		return
	}
	span := j.spans[j.ids.SpanOf(s.TraceID(), s.SpanID())]
	if span.depth = j.depth(span); !s.ParentSpanID().IsEmpty() {
		span.depth++
	}
	trace := j.ids.Of(s.TraceID())
	if top := j.top[trace]; top == nil || span.depth < top.depth {
		j.top[trace] = span
	}
	key := entryKey{trace, service}
	if entry := j.entry[key]; entry == nil || span.depth < entry.depth {
		j.entry[key] = span
	}
}

// maxAncestors is how far up a span's ancestors are looked at: parents may go in a circle.
const maxAncestors = 64

// depth is the number of ancestors of a span that are there.
func (j *joiner) depth(s *joinSpan) (n int) {
	for s = j.spans[s.parent]; s != nil && n < maxAncestors; s = j.spans[s.parent] {
		n++
	}
	return n
}

// value returns an attribute of a span, or else of the nearest ancestor that has it and
// belongs to the same request.
func (j *joiner) value(s *joinSpan, key string) (v pcommon.Value, ok bool) {
	for n := 0; s != nil && n <= maxAncestors; n++ {
		if v, ok = s.attrs.Get(key); ok || s.entry {
			break
		}
		s = j.spans[s.parent]
	}
	return v, ok
}

// maxServers is how many server spans of a trace a log's path is compared with.
const maxServers = 64

// isEntry reports whether a request arrives at a service with the span.
func isEntry(s ptrace.Span) bool {
	k := s.Kind()
	return k == ptrace.SpanKindServer || k == ptrace.SpanKindConsumer || s.ParentSpanID().IsEmpty()
}

// join copies what the log lacks from its span, and the pattern of the request's
// span in any case: span and log of one request carry one.
func (j *joiner) join(res pcommon.Resource, lr plog.LogRecord) {
	from := j.spanOf(res, lr)
	attrs := lr.Attributes()
	joined := j.unite(res, lr, from)
	for _, key := range j.cfg.Attributes {
		if _, has := attrs.Get(key); has {
			continue
		}
		if v, ok := j.value(from, key); ok {
			v.CopyTo(attrs.PutEmpty(key))
			joined = true
		}
	}
	if joined {
		j.joined++
	}
}

// unite gives the log the pattern of the span that tells of the same request: its own or
// one above that, or else a server span of its trace. It reports whether the log had
// another pattern. An http.route is the log's own.
func (j *joiner) unite(res pcommon.Resource, lr plog.LogRecord, own *joinSpan) (changed bool) {
	had, found := lr.Attributes().Get(j.cfg.RouteAttribute)
	if !found {
		return false
	}
	if v, has := j.value(own, j.cfg.RouteAttribute); has && v.Str() == had.Str() {
		return false
	}
	path := j.pathOfLog(lr)
	s, pattern := j.sameRequest(lr, own, path)
	if changed = pattern != "" && pattern != had.Str(); changed {
		j.teach(res, lr, s, path)
		had.SetStr(pattern)
	}
	return changed
}

// sameRequest returns the span of the log's request, with its pattern: one with the path
// of the log, or else one without any, of whose pattern the path is.
func (j *joiner) sameRequest(lr plog.LogRecord, own *joinSpan, path string) (of pcommon.Map, pattern string) {
	if path == "" {
		return of, ""
	}
	for s := range j.candidates(lr, own) {
		v, has := s.Get(j.cfg.RouteAttribute)
		if !has {
			continue
		}
		switch its := pathOf(s); {
		case its == path:
			return s, v.Str()
		case its == "" && pattern == "" && route.Fits(v.Str(), path):
			of, pattern = s, v.Str()
		}
	}
	return of, pattern
}

// candidates are the spans that may be of a log's request, the likeliest first.
func (j *joiner) candidates(lr plog.LogRecord, own *joinSpan) iter.Seq[pcommon.Map] {
	return func(yield func(pcommon.Map) bool) {
		for n := 0; own != nil && n <= maxAncestors; n++ {
			if !yield(own.attrs) {
				return
			}
			if own.entry {
				break
			}
			own = j.spans[own.parent]
		}
		for _, s := range j.server[j.ids.Of(lr.TraceID())] {
			if !yield(s) {
				return
			}
		}
	}
}

// teach has the log's service learn the route that a framework gave the request. A proxy
// sends no spans of its own, and its logs without a trace id have nobody else to learn from.
func (j *joiner) teach(res pcommon.Resource, lr plog.LogRecord, span pcommon.Map, path string) {
	if j.cfg.Services == nil {
		return
	}
	if v, has := span.Get(record.AttributeHTTPRoute); has {
		_, low := record.Halves(lr.TraceID())
		j.cfg.Services.Of(res).Routes.Match(route.Request{Route: v.Str(), Path: path, Trace: low})
	}
}

// pathOfLog returns the path of a log without its query, "" if it has none or has
// an http.route.
func (j *joiner) pathOfLog(lr plog.LogRecord) string {
	var v record.Log
	v.Begin(lr)
	for key, val := range lr.Attributes().All() {
		v.Read(key, val, j.cfg.PathAttributes)
	}
	v.ReadBody(lr, record.BodyText(lr.Body()), j.cfg.PathAttributes)
	if v.Route != "" {
		return ""
	}
	return record.BarePath(v.Path.Text)
}

func pathOf(span pcommon.Map) string {
	var v record.Span
	v.Read(span)
	return record.BarePath(v.Path.Text)
}

// spanOf returns the span that a log gets attributes of, or nil.
func (j *joiner) spanOf(res pcommon.Resource, lr plog.LogRecord) *joinSpan {
	if s := j.spans[j.ids.SpanOf(lr.TraceID(), lr.SpanID())]; s != nil {
		return s
	}
	trace := j.ids.Of(lr.TraceID())
	if s := j.entry[entryKey{trace, telemetry.Label(record.ServiceName(res))}]; s != nil {
		return s
	}
	return j.top[trace]
}
