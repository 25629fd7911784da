// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package outlet

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
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
	// Deduplicate takes out all access logs about a request but the last, and
	// DropRedundant those that have no more than their span.
	Deduplicate, DropRedundant bool
}

// repeats reports whether access logs that repeat others are looked for.
func (c *JoinConfig) repeats() bool { return c.Deduplicate || c.DropRedundant }

// joiner gives logs attributes of their spans. A log's span is the one it names; else
// the entry span of its service in the trace, where the request arrived; else the
// root. The log of a proxy, whose service has no span, has a server span of the trace.
type joiner struct {
	cfg    *JoinConfig
	ids    record.TraceIDs
	spans  map[record.SpanKey]pcommon.Map
	entry  map[entryKey]pcommon.Map
	root   map[pcommon.TraceID]pcommon.Map
	server map[pcommon.TraceID][]pcommon.Map
	joined int
}

type entryKey struct {
	trace   pcommon.TraceID
	service string // as a label, which is what a stub of a span has
}

func newJoiner(cfg *JoinConfig, ids record.TraceIDs, td ptrace.Traces) *joiner {
	j := &joiner{
		cfg:    cfg,
		ids:    ids,
		spans:  map[record.SpanKey]pcommon.Map{},
		entry:  map[entryKey]pcommon.Map{},
		root:   map[pcommon.TraceID]pcommon.Map{},
		server: map[pcommon.TraceID][]pcommon.Map{},
	}
	for res, s := range record.EachSpan(td) {
		j.note(telemetry.Label(record.ServiceName(res)), s)
	}
	return j
}

func (j *joiner) note(service string, s ptrace.Span) {
	trace := j.ids.Of(s.TraceID())
	j.spans[j.ids.SpanOf(s.TraceID(), s.SpanID())] = s.Attributes()
	if s.ParentSpanID().IsEmpty() {
		j.root[trace] = s.Attributes()
	}
	if isEntry(s) {
		j.entry[entryKey{trace, service}] = s.Attributes()
	}
	if s.Kind() == ptrace.SpanKindServer && len(j.server[trace]) < maxServers {
		j.server[trace] = append(j.server[trace], s.Attributes())
	}
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
	from, ok := j.spanOf(res, lr)
	attrs := lr.Attributes()
	joined := j.unite(lr, from, ok)
	for _, key := range j.cfg.Attributes {
		if _, has := attrs.Get(key); has || !ok {
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

// unite gives the log the pattern of the span that tells of the same request: its
// own, or else a server span of its trace. It reports whether the log had another
// pattern. An http.route is the log's own.
func (j *joiner) unite(lr plog.LogRecord, own pcommon.Map, ok bool) (changed bool) {
	had, found := lr.Attributes().Get(j.cfg.RouteAttribute)
	if !found {
		return false
	}
	spans := j.server[j.ids.Of(lr.TraceID())]
	if ok {
		if v, has := own.Get(j.cfg.RouteAttribute); has && v.Str() == had.Str() {
			return false
		}
		spans = append([]pcommon.Map{own}, spans...)
	}
	path := j.pathOfLog(lr)
	for _, s := range spans {
		pattern, has := s.Get(j.cfg.RouteAttribute)
		if !has || path == "" || pathOf(s) != path {
			continue
		}
		if changed = pattern.Str() != had.Str(); changed {
			pattern.CopyTo(had)
		}
		return changed
	}
	return false
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

func (j *joiner) spanOf(res pcommon.Resource, lr plog.LogRecord) (pcommon.Map, bool) {
	trace := j.ids.Of(lr.TraceID())
	if m, ok := j.spans[j.ids.SpanOf(lr.TraceID(), lr.SpanID())]; ok {
		return m, true
	}
	if m, ok := j.entry[entryKey{trace, telemetry.Label(record.ServiceName(res))}]; ok {
		return m, true
	}
	m, ok := j.root[trace]
	return m, ok
}
