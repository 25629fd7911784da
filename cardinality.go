// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"cmp"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/mask"
	"github.com/otelcol-correlation/correlationprocessor/internal/otlpwire"
	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/route"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
)

// cardinality finds route patterns for spans and logs.
type cardinality struct {
	cfg  *RoutesConfig
	hash *mask.Hasher
	mask *mask.Masker
}

func newCardinality(cfg *Config) cardinality {
	h := mask.NewHasher([]byte(cfg.Routes.HashKey))
	return cardinality{cfg: &cfg.Routes, hash: h, mask: mask.New(cfg.Routes.RawPath, cfg.Logs.PathAttributes, h)}
}

// edit is what a record is to get. It is written to the record only if that
// passes: to add an attribute to a span copies all its attributes. What is held
// gets its edit as bytes behind its own, which protobuf reads as if the fields
// had been there.
type edit struct {
	cfg       *RoutesConfig
	hash      *mask.Hasher
	service   *telemetry.Service
	source    route.Source
	pattern   string // "" if the record has no path
	path      string // borrowed from the record
	attribute bool   // the pattern's attribute is not there yet
	httpRoute bool   // http.route is to be written
	name      string // the new name of a span, "" for none
	written   bool   // it is written already
	made      bool   // by an earlier process, in all of the record
}

// span finds the pattern of a span. A span whose framework has named the route
// teaches it. One that was made into what it is by an earlier process stays that.
func (c *cardinality) span(svc *telemetry.Service, s ptrace.Span, v *record.Span, made bool) edit {
	path := v.Path.Text
	if path == "" {
		path = v.PathInName(s.Name())
	}
	q := route.Request{Method: v.Method, Route: v.Route, Path: path, Trace: lowHalf(s.TraceID()), Status: v.Status}
	if made {
		return c.again(svc, q, s.Attributes())
	}
	e := c.edit(svc, q, s.Attributes())
	if e.pattern != "" && c.cfg.SpanName && path != "" {
		e.name = mask.Renamed(s.Name(), path, e.pattern)
	}
	return e
}

// log finds the pattern of a log record.
func (c *cardinality) log(svc *telemetry.Service, lr plog.LogRecord, v *record.Log, made bool) edit {
	q := route.Request{Method: v.Method, Route: v.Route, Path: v.Path.Text, Trace: lowHalf(lr.TraceID()), Status: v.Status}
	if made {
		return c.again(svc, q, lr.Attributes())
	}
	return c.edit(svc, q, lr.Attributes())
}

func lowHalf(id pcommon.TraceID) uint64 {
	_, low := record.Halves(id)
	return low
}

func (c *cardinality) edit(svc *telemetry.Service, q route.Request, attrs pcommon.Map) edit {
	if c.cfg.RawPath != RawPathKeep && (!hasPlaceholder(q.Route) || q.Route == record.BarePath(q.Path)) {
		// It may be a raw path, however often it arrives.
		q.Path, q.Route = cmp.Or(q.Path, q.Route), ""
	}
	res := svc.Routes.Match(q)
	e := edit{cfg: c.cfg, hash: c.hash, service: svc, source: res.Source, pattern: res.Pattern, path: q.Path}
	if res.Pattern == "" {
		return e
	}
	_, has := attrs.Get(c.cfg.Attribute)
	e.attribute = !has
	declared := c.cfg.HTTPRoute == HTTPRouteDeclared && res.Source.Authoritative()
	e.httpRoute = q.Route == "" && (declared || c.cfg.HTTPRoute == HTTPRouteAlways)
	return e
}

// again is the edit of a record that an earlier process held: it has been made. What the
// record shows is learned all the same, for the file of what was learned is up to a second
// older than a kill; but not what the edit wrote or hid.
func (c *cardinality) again(svc *telemetry.Service, q route.Request, attrs pcommon.Map) edit {
	if c.cfg.RawPath == RawPathKeep && c.cfg.HTTPRoute != HTTPRouteAlways {
		svc.Routes.Match(q)
	}
	e := edit{cfg: c.cfg, hash: c.hash, service: svc, path: q.Path, written: true, made: true}
	if pattern, ok := attrs.Get(c.cfg.Attribute); ok {
		e.pattern = pattern.AsString()
	}
	return e
}

// hasPlaceholder reports whether an http.route may have a placeholder in any syntax.
func hasPlaceholder(httpRoute string) bool { return strings.ContainsAny(httpRoute, "{<:*[(") }

// maskSpan hides the raw path in all of the span, if it is to be hidden. The user's rules
// have looked at the span before: their conditions may be about the path.
func (c *cardinality) maskSpan(e *edit, s ptrace.Span, v *record.Span) {
	if e.made {
		return
	}
	if e.written {
		e.name = "" // the span has it
	}
	e.name = c.mask.Span(s, e.rawPath(v.Route), e.pattern, e.name)
}

// maskLog does for a log record what maskSpan does for a span.
func (c *cardinality) maskLog(e *edit, lr plog.LogRecord, v *record.Log) {
	if e.made {
		return
	}
	c.mask.Log(lr, e.rawPath(v.Route), e.pattern)
}

// rawPath is the path that the record is about. It may also be an http.route that was
// not believed.
func (e *edit) rawPath(httpRoute string) string {
	if e.path == "" && e.source != route.SourceFramework {
		return httpRoute
	}
	return e.path
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

// makeRoom removes what stands where the edit is to be written. Of an item that is held the edit is appended as bytes, and
// what is there twice would come out twice. The edit is written as well if the item passes after all.
func (e *edit) makeRoom(attrs pcommon.Map) {
	if e.pattern == "" || e.written {
		return
	}
	if e.httpRoute {
		attrs.Remove(record.AttributeHTTPRoute)
	}
	if e.cfg.SourceAttribute != "" {
		attrs.Remove(e.cfg.SourceAttribute)
	}
	if e.cfg.Parameters != ParametersOff {
		attrs.RemoveIf(func(key string, _ pcommon.Value) bool {
			return strings.HasPrefix(key, paramPrefix) && e.hasParameter(key)
		})
	}
}

// hasParameter reports whether the edit has the attribute with a parameter.
func (e *edit) hasParameter(key string) (has bool) {
	e.parameters(func(name, _ string) bool {
		has = name == key
		return !has
	})
	return has
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
		(!e.httpRoute || e.cfg.Attribute == record.AttributeHTTPRoute || yield(record.AttributeHTTPRoute, e.pattern)) &&
		(e.cfg.SourceAttribute == "" || yield(e.cfg.SourceAttribute, e.source.String())) &&
		(e.cfg.Parameters == ParametersOff || e.parameters(yield))
}

// paramPrefix precedes a placeholder's name.
const paramPrefix = "http.route.param."

func (e *edit) parameters(yield func(key, val string) bool) bool {
	more := true
	e.service.Routes.Parameters(e.pattern, e.path, func(name, val string) bool {
		if e.cfg.Parameters == ParametersHash {
			val = e.hash.Of(val)
		}
		more = yield(paramPrefix+name, val)
		return more
	})
	return more
}
