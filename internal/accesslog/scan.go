// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package accesslog

import (
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/logfield"
)

// MaxBodyBytes is how much of a body is read. Servers refuse request lines above 8 KiB, and what stands
// before one is short.
const MaxBodyBytes = 10 << 10

// Scan finds the request a log body is about. It reports false for every body that is not clearly
// about one. The body is borrowed, and at most MaxBodyBytes of it are read.
func Scan(body string) (Request, bool) {
	var f Fields
	return f.Scan(body)
}

// Scan does so, with the fields of the body added to those that are known. The place of the path is that in the
// body, if it is there.
func (f *Fields) Scan(body string) (Request, bool) {
	s := scan{body: body[:min(len(body), MaxBodyBytes)], fields: *f}
	r, ok := s.line(span{0, len(s.body)}, 0)
	*f = s.fields
	return r, ok
}

// maxQuoted is how often a line may be wrapped in JSON and still be read, as backslashes before its quotes: twice.
const maxQuoted = 3

// line takes texts and objects in turn, until one of them tells of a request. Before its quotes stand as many
// backslashes as given.
func (s *scan) line(in span, quoted int) (Request, bool) {
	for at := in.start; at < in.end; {
		object := logfield.QuotedObjectStart(s.body[:in.end], at, quoted)
		if r, ok := s.text(span{at, object}); ok {
			return r, true
		}
		if object == in.end {
			break
		}
		read, message := s.object(span{object, in.end}, quoted)
		if r, ok := s.fields.Request(); ok {
			r.Line = Announces(message.of(s.body))
			return r, true
		}
		if quoted < maxQuoted {
			if r, ok := s.line(message, logfield.Quoted(quoted)); ok {
				return r, true
			}
		}
		at = object + read
	}
	return Request{}, false
}

// text looks for a request in a part of the body that is not JSON: a request line, a table, or pairs. Without a
// slash it has neither line nor table; most prose ends the search there, in a quarter of the instructions.
func (s *scan) text(in span) (Request, bool) {
	if in.end-in.start < minText {
		return Request{}, false
	}
	if strings.IndexByte(in.of(s.body), '/') >= 0 {
		if r, ok := s.aroundPath(in); ok {
			return r, true
		}
	}
	s.pairs(in)
	return s.fields.Request()
}

// aroundPath looks for a request line or a table.
func (s *scan) aroundPath(in span) (Request, bool) {
	if r, ok := s.requestLine(in); ok {
		return r, true
	}
	if r, ok := s.bareLine(in); ok {
		return r, true
	}
	return s.table(in)
}

// minText is the length of the shortest text that tells of a request: url_path=/
const minText = len("url_path=/")
