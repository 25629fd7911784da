// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package mask

import (
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Mode says what becomes of raw paths.
type Mode string

// The modes.
const (
	Keep Mode = "keep"
	Hash Mode = "hash"
	Drop Mode = "drop"
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

// Masker hides raw paths in spans and logs. Any number of goroutines may use one.
type Masker struct {
	mode Mode
	keys []string
	hash *Hasher
}

// New returns a Masker of the mode; with Keep it hides nothing. The keys are of further
// attributes of logs that hold a path. Hash hashes with the hasher.
func New(mode Mode, keys []string, hash *Hasher) *Masker {
	return &Masker{mode: mode, keys: keys, hash: hash}
}

// Span hides the path in all of the span, and returns the name that the span is to get
// with the path hidden; that may be "" if it keeps its own. An empty path is that of the
// attributes, and an empty pattern is none.
func (m *Masker) Span(s ptrace.Span, path, pattern, name string) string {
	if m.mode == Keep {
		return name
	}
	h := hiders.Get().(*hider)
	defer hiders.Put(h)
	h.read(pathOf(path, s.Attributes()), pattern)
	h.urls = false
	m.attributes(h, s.Attributes(), nil)
	if name != "" {
		name = h.text(name) // which replaces the span's
	} else if own := s.Name(); h.touches(own) {
		s.SetName(h.text(own))
	}
	if message := s.Status().Message(); h.touches(message) {
		s.Status().SetMessage(h.text(message))
	}
	for _, event := range s.Events().All() {
		if h.touches(event.Name()) {
			event.SetName(h.text(event.Name()))
		}
		m.attributes(h, event.Attributes(), nil)
	}
	for _, link := range s.Links().All() {
		m.attributes(h, link.Attributes(), nil)
	}
	return name
}

// Log does for a log record what Span does for a span. Its body is masked where it
// stands.
func (m *Masker) Log(lr plog.LogRecord, path, pattern string) {
	if m.mode == Keep {
		return
	}
	h := hiders.Get().(*hider)
	defer hiders.Put(h)
	path = pathOf(path, lr.Attributes())
	h.read(path, pattern)
	h.urls = false
	var keys []string
	if path != "" { // without a request a path is that of a file, and an address that of somebody else
		keys = m.keys
	}
	m.attributes(h, lr.Attributes(), keys)
	if body := lr.Body(); body.Type() == pcommon.ValueTypeMap {
		m.attributes(h, body.Map(), keys)
	} else {
		h.urls = true // a line of an access log has the page that the request came from
		h.value(body)
		h.urls = false
	}
	if name := lr.EventName(); h.touches(name) {
		lr.SetEventName(h.text(name))
	}
}

// attributes drops or hashes the attributes that hold raw paths, those with the further
// keys among them, and masks what the others say of the path.
func (m *Masker) attributes(h *hider, attrs pcommon.Map, keys []string) {
	attrs.RemoveIf(func(key string, val pcommon.Value) bool {
		switch {
		case !rawKeys[key] && !slices.Contains(keys, key):
			h.value(val)
		case m.mode == Drop:
			return true
		default:
			val.SetStr(m.hash.Of(val.AsString()))
		}
		return false
	})
}

// pathOf returns the path, or what else says one in the attributes.
func pathOf(path string, attrs pcommon.Map) string {
	if path != "" {
		return path
	}
	for key, val := range attrs.All() {
		if val.Type() == pcommon.ValueTypeStr && rawKeys[key] && strings.IndexByte(val.Str(), '/') >= 0 {
			return val.Str()
		}
	}
	return ""
}
