// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Request is an HTTP or RPC request as the rules on requests look at it. Unknown
// parts are empty.
type Request struct {
	Method     string
	Path       string // without host and query
	Pattern    string // the route pattern of the path
	UserAgent  string
	Synthetic  string // user_agent.synthetic.type: bot or test
	RPCService string
	status     int
}

// IsRequest reports whether the item has a path, a pattern or an RPC service.
func (q *Request) IsRequest() bool {
	return q.Path != "" || q.Pattern != "" || q.RPCService != ""
}

// Answered reports whether the request has no status, or one below 400.
func (q *Request) Answered() bool { return q.status < 400 }

// Request returns the request that the span stands for. The pattern is that of its
// path.
func (v *Span) Request(s ptrace.Span, pattern string) Request {
	path := v.Path.Text
	if path == "" {
		path = v.PathInName(s.Name())
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

// Request returns the request that the record is about. The pattern is that of its
// path.
func (v *Log) Request(pattern string) Request {
	return Request{
		Method: v.Method, Path: BarePath(v.Path.Text), Pattern: pattern, status: v.Status,
		UserAgent: v.userAgent, Synthetic: v.synthetic,
	}
}

// IsAccess reports whether the record is an access log: it has a path or a pattern,
// and a method or a status.
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
