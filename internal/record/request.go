// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// methodInName returns the word in capitals before the path in a span's name, or "".
func methodInName(name, path string) string {
	before := strings.TrimSuffix(name[:len(name)-len(path)], " ")
	word := before[strings.LastIndexByte(before, ' ')+1:]
	for i := range len(word) {
		if word[i] < 'A' || word[i] > 'Z' {
			return ""
		}
	}
	return word
}

// Request is an HTTP or RPC request as the rules on requests look at it. Unknown
// parts are empty.
type Request struct {
	Method     string
	Path       string // without host and query; "" for what does not begin with a slash
	Pattern    string // the route pattern of the path
	Routed     bool   // the framework named the route, and the pattern follows it
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
	path, method := v.Path.Text, v.Method
	if path == "" {
		path = v.PathInName(s.Name())
		if path != "" && method == "" {
			method = methodInName(s.Name(), path)
		}
	}
	path = requestPath(path)
	q := Request{
		Method: method, Path: path, Pattern: pattern, Routed: v.Route != "" && v.Route != path, status: v.Status,
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
	path := requestPath(v.Path.Text)
	return Request{
		Method: v.Method, Path: path, Pattern: pattern, Routed: v.Route != "" && v.Route != path, status: v.Status,
		UserAgent: v.userAgent, Synthetic: v.synthetic,
	}
}

// requestPath is the bare path. What does not begin with a slash is none: an earlier
// tier may have written a hash in its place.
func requestPath(text string) string {
	if path := BarePath(text); strings.HasPrefix(path, "/") {
		return path
	}
	return ""
}

// Target is the path or, where that is not known, its pattern.
func (q *Request) Target() string {
	if q.Path != "" {
		return q.Path
	}
	return q.Pattern
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
	// Two searches for a byte take a fifth of one for any of two.
	if i := strings.IndexByte(url, '?'); i >= 0 {
		url = url[:i]
	}
	if i := strings.IndexByte(url, '#'); i >= 0 {
		url = url[:i]
	}
	return url
}

// Fills reports whether, as the framework has it, the last segment of the path is the
// value of a parameter: whatever it looks like, it is no file and no endpoint's name.
func (q *Request) Fills() bool {
	if !q.Routed {
		return false
	}
	last := q.Pattern[strings.LastIndexByte(q.Pattern, '/')+1:]
	return strings.HasPrefix(last, "{") && strings.IndexByte(last, '}') == len(last)-1 && !strings.HasSuffix(last, "...}")
}
