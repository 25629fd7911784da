// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"slices"
	"strings"
	"sync"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/route"
)

// rawKeys are attributes that hold a URL, a path or a query, in old and new semantic
// conventions, as proxies record them in headers, and as nginx calls them. The page
// that a request came from is one of them.
var rawKeys = map[string]bool{
	"url.path": true, "url.full": true, "url.original": true, "url.query": true, "url.fragment": true,
	"http.target": true, "http.url": true, "http.path": true, "http.request.path": true, "http.request.uri": true,
	"http.query": true, "http.query_string": true, "http.url_details.path": true, "http.url_details.queryString": true,
	"http.request_line": true, "request_line": true, "request_uri": true, "request_path": true, "query_string": true,
	"http.referer": true, "http.referrer": true, "http_referer": true, "http.request.header.referer": true,
	"http.request.header.x-original-uri": true, "http.request.header.x-original-url": true,
	"http.request.header.x-forwarded-uri": true, "http.request.header.x-rewrite-url": true,
	"http.request.header.x-envoy-original-path": true, "http.response.header.location": true,
}

// maskSpan hides the raw path in all of the span, if it is to be hidden. The user's rules
// have looked at the span before: their conditions may be about the path.
func (c *cardinality) maskSpan(e *edit, s ptrace.Span, v *record.Span) {
	if c.cfg.RawPath == RawPathKeep {
		return
	}
	m := maskers.Get().(*masker)
	defer maskers.Put(m)
	m.read(e.rawPath(v.Route, s.Attributes()), e.pattern)
	m.urls = false
	c.maskAttributes(m, s.Attributes(), nil)
	if e.name != "" && !e.written {
		e.name = m.text(e.name) // which replaces the span's
	} else if name := s.Name(); m.touches(name) {
		s.SetName(m.text(name))
	}
	if message := s.Status().Message(); m.touches(message) {
		s.Status().SetMessage(m.text(message))
	}
	for _, event := range s.Events().All() {
		if m.touches(event.Name()) {
			event.SetName(m.text(event.Name()))
		}
		c.maskAttributes(m, event.Attributes(), nil)
	}
	for _, link := range s.Links().All() {
		c.maskAttributes(m, link.Attributes(), nil)
	}
}

// maskLog does for a log record what maskSpan does for a span. Its body is masked where
// it stands.
func (c *cardinality) maskLog(e *edit, lr plog.LogRecord, v *record.Log) {
	if c.cfg.RawPath == RawPathKeep {
		return
	}
	m := maskers.Get().(*masker)
	defer maskers.Put(m)
	raw := e.rawPath(v.Route, lr.Attributes())
	m.read(raw, e.pattern)
	m.urls = false
	var keys []string
	if raw != "" { // without a request a path is that of a file, and an address that of somebody else
		keys = c.paths
	}
	c.maskAttributes(m, lr.Attributes(), keys)
	if body := lr.Body(); body.Type() == pcommon.ValueTypeMap {
		c.maskAttributes(m, body.Map(), keys)
	} else {
		m.urls = true // a line of an access log has the page that the request came from
		m.value(body)
		m.urls = false
	}
	if name := lr.EventName(); m.touches(name) {
		lr.SetEventName(m.text(name))
	}
}

// maskAttributes drops or hashes the attributes that hold raw paths, those with the
// further keys among them, and masks what the others say of the path.
func (c *cardinality) maskAttributes(m *masker, attrs pcommon.Map, keys []string) {
	attrs.RemoveIf(func(key string, val pcommon.Value) bool {
		switch {
		case !rawKeys[key] && !slices.Contains(keys, key):
			m.value(val)
		case c.cfg.RawPath == RawPathDrop:
			return true
		default:
			val.SetStr(c.hash.of(val.AsString()))
		}
		return false
	})
}

// rawPath is the path that the record is about. It may also be an http.route that was
// not believed, or what else says a path in the attributes.
func (e *edit) rawPath(httpRoute string, attrs pcommon.Map) string {
	if e.path != "" {
		return e.path
	}
	if httpRoute != "" && e.source != route.SourceFramework {
		return httpRoute
	}
	for key, val := range attrs.All() {
		if val.Type() == pcommon.ValueTypeStr && rawKeys[key] && strings.IndexByte(val.Str(), '/') >= 0 {
			return val.Str()
		}
	}
	return ""
}

// maxMasked is the longest path whose segments are told apart. Of an item with a longer
// one every word with a slash in it is hidden.
const maxMasked = 4096

// maxValues is how many values each segment of a text is compared with, and maxOdd how
// many of them each text is searched for.
const (
	maxValues = 64
	maxOdd    = 16
)

// masker hides the values in a path wherever a text says them: in the place of a
// segment stands that of the pattern, and queries are cut. It is for one goroutine.
type masker struct {
	path    string   // without host and query; "" hides nothing
	pattern string   // "" for none
	values  []hidden // what is in its segments
	odd     []hidden // of these, the values that do not end where a word ends
	all     bool     // the path is too long to tell its segments apart
	urls    bool     // other URLs are hidden as well
	changed bool     // the text that is looked at
	// scratch
	out             []byte
	names, segments []string
}

// hidden is an unescaped value, and what stands in its place.
type hidden struct{ value, name string }

var maskers = sync.Pool{New: func() any { return new(masker) }}

// anySegment stands in the place of what the pattern says nothing of.
const anySegment = "{param}"

// read makes the masker hide the path, which may be a URL.
func (m *masker) read(path, pattern string) {
	m.path, m.pattern = record.BarePath(path), pattern
	m.values, m.odd, m.all = m.values[:0], m.odd[:0], len(path) > maxMasked
	if m.all {
		return
	}
	m.names = appendSegments(m.names[:0], pattern)
	m.segments = appendSegments(m.segments[:0], m.path)
	for i, value := range m.segments {
		name := anySegment
		if len(m.names) == len(m.segments) {
			name = m.names[i]
		}
		m.hide(unescape(value), name)
	}
	m.all = len(m.values) > maxValues || len(m.odd) > maxOdd
}

// hide notes a value, unless the pattern has it as literal text. What is in front of
// an extension, a verb or a matrix parameter is one by itself, and so is what an
// escaped slash divides.
func (m *masker) hide(value, name string) {
	if value == "" || slices.Contains(m.names, value) {
		return
	}
	m.values = append(m.values, hidden{value, name})
	if wordEnd(value) < len(value) {
		m.odd = append(m.odd, hidden{value, name})
	}
	if i := strings.IndexAny(value, ".:;"); i > 0 {
		m.hide(value[:i], anySegment)
	}
	if _, parameters, ok := strings.Cut(value, ";"); ok {
		for p := range strings.SplitSeq(parameters, ";") {
			_, p, _ = strings.Cut(p, "=")
			m.hide(p, anySegment)
		}
	}
	if strings.IndexByte(value, '/') >= 0 {
		for part := range strings.SplitSeq(value, "/") {
			m.hide(part, anySegment)
		}
	}
}

// nameOf returns what stands in the place of an unescaped value.
func (m *masker) nameOf(value string) (string, bool) {
	for i := range m.values {
		if m.values[i].value == value {
			return m.values[i].name, true
		}
	}
	return "", false
}

func appendSegments(dst []string, path string) []string {
	for s := range strings.SplitSeq(path, "/") {
		if s != "" {
			dst = append(dst, s)
		}
	}
	return dst
}

// value masks the texts in a value.
func (m *masker) value(v pcommon.Value) {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		if m.touches(v.Str()) {
			v.SetStr(m.text(v.Str()))
		}
	case pcommon.ValueTypeMap:
		for _, val := range v.Map().All() {
			m.value(val)
		}
	case pcommon.ValueTypeSlice:
		for _, val := range v.Slice().All() {
			m.value(val)
		}
	default: // no text
	}
}
