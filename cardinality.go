// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"cmp"
	"encoding/hex"
	"hash/fnv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/otelcol-correlation/correlationprocessor/internal/route"
)

const attrHTTPRoute = "http.route"

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
	source    route.Source
	attribute string // the pattern's key, "" for none
	httpRoute bool   // http.route as well
	pattern   string
	name      string // the new name of a span, "" for none
}

// span finds the pattern of a span. A span whose framework has named the route
// teaches it.
func (c *cardinality) span(svc *service, s ptrace.Span, v *spanView) edit {
	path := v.path.text
	if path == "" {
		path = pathInName(s.Name())
	}
	e := c.edit(svc, v.method, v.route, path, s.Attributes())
	if e.pattern == "" {
		return e
	}
	if c.cfg.SpanName && path != "" {
		e.name = renamed(s.Name(), path, e.pattern)
	}
	c.mask(s.Attributes(), &v.path)
	return e
}

// log finds the pattern of a log record.
func (c *cardinality) log(svc *service, lr plog.LogRecord, v *logView) edit {
	e := c.edit(svc, v.method, v.route, v.path.text, lr.Attributes())
	if e.pattern != "" {
		c.mask(lr.Attributes(), &v.path)
	}
	return e
}

func (c *cardinality) edit(svc *service, method, httpRoute, path string, attrs pcommon.Map) edit {
	res := match(svc, method, httpRoute, path)
	e := edit{source: res.Source, pattern: res.Pattern}
	if res.Pattern == "" {
		return e
	}
	if _, ok := attrs.Get(c.cfg.Attribute); !ok {
		e.attribute = c.cfg.Attribute
	}
	declared := c.cfg.HTTPRoute == HTTPRouteDeclared && res.Source.Authoritative()
	e.httpRoute = httpRoute == "" && (declared || c.cfg.HTTPRoute == HTTPRouteAlways)
	return e
}

func match(svc *service, method, httpRoute, path string) route.Result {
	if httpRoute != "" {
		return svc.routes.Observe(method, httpRoute, path)
	}
	if path == "" {
		return route.Result{}
	}
	return svc.routes.Match(method, path)
}

// applySpan writes the edit to a span.
func (e *edit) applySpan(s ptrace.Span) {
	e.apply(s.Attributes())
	if e.name != "" {
		s.SetName(e.name)
	}
}

// apply writes the edit to the attributes of a record.
func (e *edit) apply(attrs pcommon.Map) {
	if e.attribute != "" {
		attrs.PutStr(e.attribute, e.pattern)
	}
	if e.httpRoute {
		attrs.PutStr(attrHTTPRoute, e.pattern)
	}
}

// appendSpan appends the edit as fields of an OTLP span.
func (e *edit) appendSpan(dst []byte) []byte {
	dst = e.append(dst, spanAttributes)
	if e.name != "" {
		dst = appendString(dst, spanName, e.name)
	}
	return dst
}

// append appends the edit as attributes, which are the field num of the record.
func (e *edit) append(dst []byte, num protowire.Number) []byte {
	if e.attribute != "" {
		dst = appendStringAttribute(dst, num, e.attribute, e.pattern)
	}
	if e.httpRoute {
		dst = appendStringAttribute(dst, num, attrHTTPRoute, e.pattern)
	}
	return dst
}

// mask hides the raw paths an item carries in its attributes.
func (c *cardinality) mask(attrs pcommon.Map, raw *rawPath) {
	if c.cfg.RawPath == RawPathKeep {
		return
	}
	for _, key := range raw.keys[:raw.n] {
		if c.cfg.RawPath == RawPathDrop {
			attrs.Remove(key)
		} else if v, ok := attrs.Get(key); ok {
			v.SetStr(hashed(v.AsString()))
		}
	}
}

// hashed stands for a value without telling it: equal values stay equal.
func hashed(s string) string {
	h := fnv.New128a()
	h.Write([]byte(s))
	return hex.EncodeToString(h.Sum(nil))
}

// pathInName returns the path a span name holds: "GET /users/1", "/users/1".
func pathInName(name string) string {
	if i := strings.IndexByte(name, '/'); i == 0 || i > 0 && name[i-1] == ' ' {
		return name[i:]
	}
	return ""
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

// rawPath is a raw path and the attributes that hold it.
type rawPath struct {
	text string
	keys [4]string
	n    int
	rank int // of the attribute the text is from; the lowest wins
}

// add notes an attribute that holds the raw path.
func (r *rawPath) add(rank int, key string, v pcommon.Value) {
	if v.Type() != pcommon.ValueTypeStr || v.Str() == "" {
		return
	}
	if r.n < len(r.keys) {
		r.keys[r.n] = key
		r.n++
	}
	if r.text == "" || rank < r.rank {
		r.text, r.rank = v.Str(), rank
	}
}

// spanView is what one pass over a span's attributes finds.
type spanView struct {
	path       rawPath
	method     string
	route      string
	grpcStatus string
	status     int
}

// readSpan reads the attributes of old and new semantic conventions.
func readSpan(attrs pcommon.Map) (v spanView) {
	for key, val := range attrs.All() {
		switch key {
		case "url.path":
			v.path.add(0, key, val)
		case "http.target":
			v.path.add(1, key, val)
		case "url.full":
			v.path.add(2, key, val)
		case "http.url":
			v.path.add(3, key, val)
		case attrHTTPRoute:
			v.route = val.Str()
		case "http.request.method", "http.method":
			v.method = val.Str()
		case "http.response.status_code", "http.status_code":
			v.status = number(val)
		case "rpc.grpc.status_code", "rpc.response.status_code":
			v.grpcStatus = val.AsString()
		}
	}
	return v
}

// logView is what one pass over a log record finds.
type logView struct {
	path   rawPath
	method string
	route  string
	level  string
	status int
}

// readField reads a field of a structured body, where nothing better is known. A
// path in a body is not masked: bodies are the user's text.
func (v *logView) readField(key string, val pcommon.Value) {
	var f logView
	if !f.read(key, val) {
		return
	}
	if v.path.text == "" && v.route == "" {
		v.path.text, v.path.rank = f.path.text, f.path.rank
	}
	v.method = cmp.Or(v.method, f.method)
	v.status = cmp.Or(v.status, f.status)
	v.route = cmp.Or(v.route, f.route)
}

// number reads a status code, which some send as text.
func number(v pcommon.Value) int {
	switch v.Type() {
	case pcommon.ValueTypeInt:
		return int(v.Int())
	case pcommon.ValueTypeDouble:
		return int(v.Double())
	case pcommon.ValueTypeStr:
		return atoi(v.Str())
	default:
		return 0
	}
}

// atoi reads a status code; what is none is 0.
func atoi(s string) int {
	if len(s) != 3 {
		return 0
	}
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0
		}
		n = 10*n + int(s[i]-'0')
	}
	return n
}

// read notes an attribute and reports whether it is one that paths, routes or
// status codes are in.
func (v *logView) read(key string, val pcommon.Value) bool {
	switch key {
	case "url.path":
		v.path.add(0, key, val)
	case "http.target":
		v.path.add(1, key, val)
	case "url.full":
		v.path.add(2, key, val)
	case "http.url":
		v.path.add(3, key, val)
	case "path", "http.path", "http_path", "request.path":
		v.path.add(4, key, val)
	case "uri", "request_uri", "url":
		v.path.add(5, key, val)
	case attrHTTPRoute:
		v.route = val.Str()
	case "http.request.method", "http.method", "method":
		v.method = val.Str()
	case "http.response.status_code", "http.status_code", "status", "status_code":
		v.status = number(val)
	default:
		return false
	}
	return true
}
