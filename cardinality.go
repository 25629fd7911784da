// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"encoding/hex"
	"hash/fnv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/otlpwire"
	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/route"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
)

// cardinality finds route patterns for spans and logs.
type cardinality struct {
	cfg *RoutesConfig
}

func newCardinality(cfg *RoutesConfig) cardinality { return cardinality{cfg: cfg} }

// edit is what a record is to get. It is written to the record only if that
// passes: to add an attribute to a span copies all its attributes. What is held
// gets its edit as bytes behind its own, which protobuf reads as if the fields
// had been there.
type edit struct {
	cfg       *RoutesConfig
	service   *telemetry.Service
	source    route.Source
	pattern   string // "" if the record has no path
	path      string // borrowed from the record
	attribute bool   // the pattern's attribute is not there yet
	httpRoute bool   // http.route is to be written
	name      string // the new name of a span, "" for none
	written   bool   // it is written already
}

// span finds the pattern of a span. A span whose framework has named the route
// teaches it.
func (c *cardinality) span(svc *telemetry.Service, s ptrace.Span, v *record.Span) edit {
	path := v.Path.Text
	if path == "" {
		path = record.PathInName(s.Name())
	}
	q := route.Request{Method: v.Method, Route: v.Route, Path: path, Trace: record.LowHalf(s.TraceID()), Status: v.Status}
	e := c.edit(svc, q, s.Attributes())
	if e.pattern == "" {
		return e
	}
	if c.cfg.SpanName && path != "" {
		e.name = renamed(s.Name(), path, e.pattern)
	}
	c.mask(s.Attributes(), &v.Path)
	return e
}

// log finds the pattern of a log record.
func (c *cardinality) log(svc *telemetry.Service, lr plog.LogRecord, v *record.Log) edit {
	q := route.Request{Method: v.Method, Route: v.Route, Path: v.Path.Text, Trace: record.LowHalf(lr.TraceID()), Status: v.Status}
	e := c.edit(svc, q, lr.Attributes())
	if e.pattern != "" {
		c.mask(lr.Attributes(), &v.Path)
	}
	return e
}

func (c *cardinality) edit(svc *telemetry.Service, q route.Request, attrs pcommon.Map) edit {
	res := svc.Routes.Match(q)
	e := edit{cfg: c.cfg, service: svc, source: res.Source, pattern: res.Pattern, path: q.Path}
	if res.Pattern == "" {
		return e
	}
	_, has := attrs.Get(c.cfg.Attribute)
	e.attribute = !has
	declared := c.cfg.HTTPRoute == HTTPRouteDeclared && res.Source.Authoritative()
	e.httpRoute = q.Route == "" && (declared || c.cfg.HTTPRoute == HTTPRouteAlways)
	return e
}

// applySpan writes the edit to a span.
func (e *edit) applySpan(s ptrace.Span) {
	e.apply(s.Attributes())
	if e.name != "" && !e.written {
		s.SetName(e.name)
	}
}

// apply writes the edit to the attributes of a record.
func (e *edit) apply(attrs pcommon.Map) {
	for key, val := range e.attributes {
		attrs.PutStr(key, val)
	}
}

// appendSpan appends the edit as fields of an OTLP span.
func (e *edit) appendSpan(dst []byte) []byte {
	for key, val := range e.attributes {
		dst = otlpwire.AppendSpanAttribute(dst, key, val)
	}
	if e.name != "" && !e.written {
		dst = otlpwire.AppendSpanName(dst, e.name)
	}
	return dst
}

// appendLog appends the edit as fields of an OTLP log record.
func (e *edit) appendLog(dst []byte) []byte {
	for key, val := range e.attributes {
		dst = otlpwire.AppendLogAttribute(dst, key, val)
	}
	return dst
}

// attributes yields the attributes the record is to get.
func (e *edit) attributes(yield func(key, val string) bool) {
	if e.pattern == "" || e.written {
		return
	}
	_ = (!e.attribute || yield(e.cfg.Attribute, e.pattern)) &&
		(!e.httpRoute || yield(record.AttributeHTTPRoute, e.pattern)) &&
		(e.cfg.SourceAttribute == "" || yield(e.cfg.SourceAttribute, e.source.String())) &&
		(e.cfg.Parameters == ParametersOff || e.parameters(yield))
}

// paramPrefix precedes a placeholder's name.
const paramPrefix = "http.route.param."

func (e *edit) parameters(yield func(key, val string) bool) bool {
	more := true
	e.service.Routes.Parameters(e.pattern, e.path, func(name, val string) bool {
		if e.cfg.Parameters == ParametersHash {
			val = hashed(val)
		}
		more = yield(paramPrefix+name, val)
		return more
	})
	return more
}

// mask hides the raw paths an item carries in its attributes.
func (c *cardinality) mask(attrs pcommon.Map, raw *record.Path) {
	if c.cfg.RawPath == RawPathKeep {
		return
	}
	for _, key := range raw.Keys[:raw.Count] {
		if c.cfg.RawPath == RawPathDrop {
			attrs.Remove(key)
		} else if v, ok := attrs.Get(key); ok {
			v.SetStr(hashed(v.AsString()))
		}
	}
}

// hashed replaces a value by its hash, so that equal values stay equal.
func hashed(s string) string {
	h := fnv.New128a()
	h.Write([]byte(s))
	return hex.EncodeToString(h.Sum(nil))
}

// renamed puts the pattern in the place of the raw path in a span's name, which
// may hold the path without its query. It returns "" if there is nothing to do.
func renamed(name, path, pattern string) string {
	if path == "/" || strings.IndexByte(name, '/') < 0 {
		return ""
	}
	if i := strings.IndexAny(path, "?#"); i >= 0 && !strings.Contains(name, path) {
		path = path[:i]
	}
	before, after, found := strings.Cut(name, path)
	if !found || path == pattern || path == "" {
		return ""
	}
	return before + pattern + after
}
