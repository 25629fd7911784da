// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// PathInName returns the path a span name holds: "GET /users/1", "/users/1".
func PathInName(name string) string {
	if i := strings.IndexByte(name, '/'); i == 0 || i > 0 && name[i-1] == ' ' {
		return name[i:]
	}
	return ""
}

// Request is what the rules on requests look at.
type Request struct {
	Method, Path, Pattern string
	UserAgent, Synthetic  string
	RPCService            string
	status                int
}

func (q *Request) IsRequest() bool {
	return q.Path != "" || q.Pattern != "" || q.RPCService != ""
}

// Answered reports whether the request was answered as it should be, or it is
// not known that it was not.
func (q *Request) Answered() bool { return q.status < 400 }

func (v *Span) Request(s ptrace.Span, pattern string) Request {
	path := v.Path.Text
	if path == "" {
		path = PathInName(s.Name())
	}
	q := Request{
		Method: v.Method, Path: BarePath(path), Pattern: pattern, status: v.Status,
		UserAgent: v.userAgent, Synthetic: v.synthetic, RPCService: v.RPCService,
	}
	if q.RPCService == "" && strings.HasPrefix(s.Name(), "grpc.") {
		q.RPCService, _, _ = strings.Cut(s.Name(), "/")
	}
	return q
}

func (v *Log) Request(pattern string) Request {
	return Request{
		Method: v.Method, Path: BarePath(v.Path.Text), Pattern: pattern, status: v.Status,
		UserAgent: v.userAgent, Synthetic: v.synthetic,
	}
}

// IsAccess reports whether the record tells of a request, as access logs do.
func (v *Log) IsAccess(pattern string) bool {
	return (pattern != "" || v.Path.Text != "") && (v.Method != "" || v.Status != 0)
}

// BarePath is the path of a URL or of a path with a query.
func BarePath(url string) string {
	if _, rest, ok := strings.Cut(url, "://"); ok {
		i := strings.IndexByte(rest, '/')
		if i < 0 {
			return "/"
		}
		url = rest[i:]
	}
	if i := strings.IndexAny(url, "?#"); i >= 0 {
		url = url[:i]
	}
	return url
}
