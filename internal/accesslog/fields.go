// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package accesslog

import (
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/logfield"
)

// fields collects the request from the keys of a body. Ranks are 0 while nothing was found.
type fields struct {
	method, path           span
	status                 int
	methodRank, statusRank uint8
	pathRank               uint8
	pathSure               bool
	lineMethod, linePath   span
	hasLine                bool
}

// request returns the request if the fields are enough to say that there is one: a request line, a path under a
// key that means a request, or any path with a method.
func (f *fields) request(body string) (Request, bool) {
	method, path := f.method, f.path
	switch {
	case f.pathRank != 0 && (f.pathSure || f.methodRank != 0):
	case f.hasLine:
		method, path = f.lineMethod, f.linePath
	default:
		return Request{}, false
	}
	return Request{Method: method.of(body), Path: path.of(body), Status: f.status, Start: path.start, End: path.end}, true
}

// offer takes the value at the place in.
func (s *scan) offer(k key, in span) {
	f := &s.fields
	switch k.kind {
	case kindMethod:
		if better(k.rank, f.methodRank) && isMethod(in.of(s.body)) {
			f.method, f.methodRank = in, k.rank
		}
	case kindStatus:
		if v := in.of(s.body); better(k.rank, f.statusRank) && len(v) == 3 {
			if status, ok := parseStatus(v); ok {
				f.status, f.statusRank = status, k.rank
			}
		}
	case kindPath:
		if !better(k.rank, f.pathRank) {
			return
		}
		if path, ok := pathIn(s.body, in, k.absolute); ok {
			f.path, f.pathRank, f.pathSure = path, k.rank, k.sure
		}
	case kindLine:
		s.offerLine(in)
	}
}

// better reports whether a rank goes before the one there is.
func better(rank, than uint8) bool { return than == 0 || rank < than }

// offerLine takes a request line without quotes around it.
func (s *scan) offerLine(in span) {
	version := strings.Index(in.of(s.body), " HTTP/")
	if version < 0 {
		return
	}
	if method, path, ok := s.target(span{in.start, in.start + version}); ok {
		s.fields.lineMethod, s.fields.linePath, s.fields.hasLine = method, path, true
	}
}

// object offers the fields of the JSON object at start. It returns how much of the body was read, and
// the place of the record's message.
func (s *scan) object(start int) (read int, message span) {
	o := logfield.NewObject(s.body[start:])
	var scopes [logfield.MaxDepth + 1]logfield.Scope
	depth := 0
	for step := o.Next(); step != logfield.End; step = o.Next() {
		switch step {
		case logfield.Field:
			at := span{start + o.ValueStart(), start + o.ValueStart() + len(o.Value())}
			if k := keys.LookupIn(&scopes[depth], o.Key()); k.kind != kindNone {
				s.offer(k, at)
			} else if message.end == 0 && isMessage(o.Key()) {
				message = at
			}
		case logfield.Close:
			depth--
		case logfield.Open:
			if inner, ok := keys.Enter(scopes[depth], o.Key()); ok && !o.IsArray() && o.Into() {
				depth++
				scopes[depth] = inner
			}
		}
	}
	return o.Pos(), message
}

// isMessage reports whether a key holds the text of the record.
func isMessage(key string) bool {
	switch key {
	case "message", "msg", "log", "Message", "MESSAGE", "textPayload", "body":
		return true
	}
	return false
}

// pairs offers the key=value and key: value of a text.
func (s *scan) pairs(in span) {
	pairs := logfield.NewPairs(s.body[in.start:in.end])
	for name, value, ok := pairs.Next(); ok; name, value, ok = pairs.Next() {
		if k := keys.Lookup(name); k.kind != kindNone {
			s.offer(k, valueAt(s.body, span{in.start + value, in.end}))
		}
	}
}

// valueAt returns the place of the value at the start of in: up to the closing quote, or without quotes up
// to a blank and without the punctuation before it.
func valueAt(body string, in span) span {
	if in.start < in.end && body[in.start] == ' ' {
		in.start++
	}
	quoted := false
	for in.start < in.end && (body[in.start] == '"' || body[in.start] == '\\') {
		quoted = quoted || body[in.start] == '"'
		in.start++
	}
	end := in.start
	for end < in.end && !endsValue(body[end], quoted) {
		end++
	}
	for !quoted && end > in.start && strings.IndexByte(",;)]}", body[end-1]) >= 0 {
		end--
	}
	return span{in.start, end}
}

func endsValue(c byte, quoted bool) bool {
	if quoted {
		return c == '"' || c == '\\'
	}
	return c <= ' ' || c == '"' || c == '\\'
}
