// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package accesslog

import "strings"

// table finds time | status | latency | address | METHOD path, with the path in quotes behind the method
// (Gin) or in a column of its own (Fiber). Colours are passed over.
// Sources: defaultLogFormatter in gin-gonic/gin logger.go; ConfigDefault.Format in gofiber/fiber
// middleware/logger/config.go.
func (s *scan) table(in span) (Request, bool) {
	for bar := s.nextBar(in.start, in.end); bar < in.end; {
		next := s.nextBar(bar+1, in.end)
		column := s.column(span{bar + 1, next}).of(s.body)
		if status, ok := parseStatus(column); ok && len(column) == 3 && next < in.end {
			if r, ok := s.row(next, in.end, status); ok {
				return r, true
			}
		}
		bar = next
	}
	return Request{}, false
}

// row reads the columns behind that of the status, which ends at bar.
func (s *scan) row(bar, end, status int) (Request, bool) {
	var columns [4]span
	for i := range columns {
		if bar >= end {
			return Request{}, false
		}
		next := s.nextBar(bar+1, end)
		columns[i] = s.column(span{bar + 1, next})
		bar = next
		if i == 2 {
			if r, ok := s.gin(columns[:3], status); ok {
				return r, true
			}
		}
	}
	return s.fiber(columns, status)
}

// gin reads latency | address | METHOD "path", where the path is quoted as Go quotes, with ? and query.
// Within JSON the quotes have a backslash before them.
func (s *scan) gin(columns []span, status int) (Request, bool) {
	last := columns[2]
	quote := strings.IndexByte(last.of(s.body), '"')
	if quote < 1 || !s.isLatency(columns[0]) || !s.isAddress(columns[1]) {
		return Request{}, false
	}
	method := s.column(span{last.start, last.start + quote})
	if method.start < method.end && s.body[method.end-1] == '\\' {
		method = s.column(span{method.start, method.end - 1})
	}
	target := span{last.start + quote + 1, last.end}
	length := strings.IndexAny(target.of(s.body), "\"\\")
	if length < 0 || !isMethod(method.of(s.body)) {
		return Request{}, false
	}
	target.end = target.start + length
	path, ok := s.pathAt(target)
	return s.found(method, path, status), ok
}

// fiber reads latency | address | METHOD | path.
func (s *scan) fiber(columns [4]span, status int) (Request, bool) {
	if !s.isLatency(columns[0]) || !s.isAddress(columns[1]) || !isMethod(columns[2].of(s.body)) {
		return Request{}, false
	}
	path, ok := s.pathAt(columns[3])
	return s.found(columns[2], path, status), ok
}

// isLatency reports whether a column is a Go duration.
func (s *scan) isLatency(column span) bool {
	v := column.of(s.body)
	return len(v) > 1 && v[0]-'0' <= 9 && (v[len(v)-1] == 's' || v[len(v)-1] == 'm' || v[len(v)-1] == 'h')
}

// isAddress reports whether a column can be an IP address. It is empty for requests over a Unix socket.
func (s *scan) isAddress(column span) bool {
	v := column.of(s.body)
	return v == "" || strings.ContainsAny(v, ".:")
}

func (s *scan) nextBar(from, end int) int {
	if i := strings.IndexByte(s.body[from:end], '|'); i >= 0 {
		return from + i
	}
	return end
}

// column trims blanks, colours (escape, bracket, digits, m) and a line's end from a column.
func (s *scan) column(c span) span {
	for c.start < c.end {
		v := c.of(s.body)
		switch {
		case v[0] <= ' ' && v[0] != escape:
			c.start++
		case v[0] == escape:
			c.start += colourLen(v)
		case v[len(v)-1] <= ' ':
			c.end--
		case v[len(v)-1] == 'm' && strings.LastIndexByte(v, escape) >= 0:
			at := strings.LastIndexByte(v, escape)
			if at+colourLen(v[at:]) != len(v) {
				return c
			}
			c.end = c.start + at
		default:
			return c
		}
	}
	return c
}

const escape = 0x1b

// colourLen returns the length of the colour sequence at the start of v, at least 1.
func colourLen(v string) int {
	if len(v) < 2 || v[1] != '[' {
		return 1
	}
	for i := 2; i < len(v); i++ {
		if v[i] == 'm' {
			return i + 1
		}
		if v[i]-'0' > 9 && v[i] != ';' {
			break
		}
	}
	return 1
}
