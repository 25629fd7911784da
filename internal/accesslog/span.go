// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package accesslog

// scan is the state of one Scan. What it finds it keeps as places in the body.
type scan struct {
	body   string
	fields Fields
}

// span is a part of the body.
type span struct{ start, end int }

func (p span) of(s string) string { return s[p.start:p.end] }

// found makes the result of the places of the parts of a line.
func (s *scan) found(method, path span, status int) Request {
	return Request{Method: method.of(s.body), Path: path.of(s.body), Status: status, Start: path.start, End: path.end, Line: true}
}

// pathAt is pathIn of a place in the body, where no host may stand before the path.
func (s *scan) pathAt(in span) (span, bool) {
	start, end, ok := pathIn(in.of(s.body), false)
	return span{in.start + start, in.start + end}, ok
}

// target splits METHOD target at the place in.
func (s *scan) target(in span) (method, path span, ok bool) {
	m, start, end, ok := target(in.of(s.body))
	return span{in.start, in.start + len(m)}, span{in.start + start, in.start + end}, ok
}
