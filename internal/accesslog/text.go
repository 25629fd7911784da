// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package accesslog

import (
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/logfield"
)

// object offers the fields of the JSON object at the start of a place. It returns how much was read, and
// the place of the record's message.
func (s *scan) object(in span, quoted int) (read int, message span) {
	o := logfield.NewQuotedObject(s.body[in.start:in.end], quoted)
	var scopes [logfield.MaxDepth + 1]logfield.Scope
	depth := 0
	for step := o.Next(); step != logfield.End; step = o.Next() {
		switch step {
		case logfield.Field:
			at := in.start + o.ValueStart()
			if k := keys.LookupIn(&scopes[depth], o.Key()); k.kind != kindNone {
				s.fields.offer(k, o.Value(), at)
			} else if message.end == 0 && IsMessage(o.Key()) {
				message = span{at, at + len(o.Value())}
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

// IsMessage reports whether a key holds the text of the record.
func IsMessage(key string) bool {
	switch key {
	case "message", "msg", "log", "Message", "MESSAGE", "textPayload", "body", "@message", "line", "event", "content", "_raw":
		return true
	}
	return false
}

// pairs offers the key=value and key: value of a text.
func (s *scan) pairs(in span) {
	pairs := logfield.NewPairs(s.body[in.start:in.end])
	for name, value, ok := pairs.Next(); ok; name, value, ok = pairs.Next() {
		if k := keys.Lookup(name); k.kind != kindNone {
			at := valueAt(s.body, span{in.start + value, in.end})
			s.fields.offer(k, at.of(s.body), at.start)
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
