// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package accesslog

import "github.com/otelcol-correlation/correlationprocessor/internal/logfield"

// MaxBodyBytes is how much of a body is read. Servers refuse request lines above 8 KiB, and what stands
// before one is short.
const MaxBodyBytes = 10 << 10

// Request is what a line says of the HTTP request it is about. Its strings are parts of the body.
type Request struct {
	// Method is empty if the line does not name it; else it is spelled as in the line.
	Method string
	// Path begins with a slash and has no scheme, host, query or fragment. Its percent-encoding is as it was.
	Path string
	// Status is 100 to 599, or 0 if the line does not tell.
	Status int
	// Start and End are the place of Path in the body.
	Start, End int
}

// Scan finds the request a log body is about. It reports false for every body that is not clearly
// about one. The body is borrowed, and at most MaxBodyBytes of it are read.
func Scan(body string) (Request, bool) {
	s := scan{body: body[:min(len(body), MaxBodyBytes)]}
	return s.run()
}

// scan is the state of one Scan. What it finds it keeps as places in the body.
type scan struct {
	body   string
	fields fields
}

// span is a part of the body.
type span struct{ start, end int }

func (p span) of(s string) string { return s[p.start:p.end] }

// run takes texts and objects in turn, until one of them tells of a request.
func (s *scan) run() (Request, bool) {
	for at := 0; at < len(s.body); {
		object := logfield.ObjectStart(s.body, at)
		if r, ok := s.text(span{at, object}); ok {
			return r, true
		}
		if object == len(s.body) {
			break
		}
		read, message := s.object(object)
		if r, ok := s.fields.request(s.body); ok {
			return r, true
		}
		if r, ok := s.text(message); ok {
			return r, true
		}
		at = object + read
	}
	return Request{}, false
}

// text looks for a request in a part of the body that is not JSON: a request line, a table, or pairs.
func (s *scan) text(in span) (Request, bool) {
	if in.end-in.start < minText {
		return Request{}, false
	}
	if r, ok := s.requestLine(in); ok {
		return r, true
	}
	if r, ok := s.plainLine(in); ok {
		return r, true
	}
	if r, ok := s.table(in); ok {
		return r, true
	}
	s.pairs(in)
	return s.fields.request(s.body)
}

// minText is the length of the shortest text that tells of a request: url_path=/
const minText = len("url_path=/")

// found makes the result of the places of its parts.
func (s *scan) found(method, path span, status int) Request {
	return Request{Method: method.of(s.body), Path: path.of(s.body), Status: status, Start: path.start, End: path.end}
}
