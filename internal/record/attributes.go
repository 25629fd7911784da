// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"cmp"
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Path is a raw path and the attributes that hold it.
type Path struct {
	Text  string    // with its query, where it has one
	Keys  [4]string // the attributes, the first Count of them
	Count int       // 0 to 4: further attributes with a path are left out
	rank  int       // of the attribute the text is from; the lowest wins
}

// add notes an attribute that holds the raw path. Of several, the text of the one
// with the lowest rank is taken.
func (r *Path) add(rank int, key string, v pcommon.Value) {
	if v.Type() != pcommon.ValueTypeStr || v.Str() == "" {
		return
	}
	if r.Count < len(r.Keys) {
		r.Keys[r.Count] = key
		r.Count++
	}
	if r.Text == "" || rank < r.rank {
		r.Text, r.rank = v.Str(), rank
	}
}

// Span is what one pass over a span's attributes finds. Its strings are borrowed
// from the span; what is not there is empty or 0.
type Span struct {
	Path       Path
	Method     string
	Route      string // http.route, as the framework wrote it
	GRPCStatus string // the number, or in new conventions the name
	RPCService string
	userAgent  string
	synthetic  string
	Status     int // of HTTP
	Peer
	// http: an attribute is of HTTP or URLs; otherProtocol: one names the system of
	// a database, a queue or RPC.
	http, otherProtocol bool
}

// Read reads attributes of old and new semantic conventions into a zero Span.
func (v *Span) Read(attrs pcommon.Map) {
	for key, val := range attrs.All() {
		switch key {
		case "url.path":
			v.Path.add(0, key, val)
		case "http.target":
			v.Path.add(1, key, val)
		case "url.full":
			v.Path.add(2, key, val)
		case "http.url":
			v.Path.add(3, key, val)
		case AttributeHTTPRoute:
			v.Route = val.Str()
		case "http.request.method", "http.method":
			v.Method = val.Str()
		case "http.response.status_code", "http.status_code":
			v.Status = number(val)
		case "rpc.grpc.status_code", "rpc.response.status_code":
			v.GRPCStatus = val.AsString()
		case "rpc.service":
			v.RPCService = val.Str()
		case "user_agent.original", "http.user_agent":
			v.userAgent = val.Str()
		case "user_agent.synthetic.type":
			v.synthetic = val.Str()
		case "peer.service", "service.peer.name":
			v.Service = val.Str()
		case "server.address", "net.host.name", "net.peer.name":
			v.Address = val.Str()
		case "server.port", "net.host.port", "net.peer.port":
			if val.Type() == pcommon.ValueTypeInt {
				v.Port = int(val.Int())
			}
		case "messaging.destination.name", "messaging.destination":
			v.Destination = val.Str()
		default:
			v.noteProtocol(key)
			v.Header.Read(key, val)
		}
	}
}

// Log is what one pass over a log record finds. Its strings are borrowed from the
// record; what is not there is empty or 0.
type Log struct {
	Path   Path
	Method string
	Route  string // http.route, as the framework wrote it
	level  string // the one in the body, where the record has no severity
	Status int    // of HTTP
	// Debug: the header in which the trace id was found asks to keep the trace.
	Debug     bool
	userAgent string
	synthetic string
	// the threshold and the randomness that an earlier stage wrote
	threshold, randomness string
	// Promoted: the record's trace id was found outside its own field, and
	// Unsampled: the flags found with it mark a trace that was not sampled.
	Promoted, Unsampled bool
	Header              Header // of a record with a trace id of its own
}

// readField reads a field of a structured body. Attributes and earlier fields win.
// A path in a body is not masked: bodies are the user's text.
func (v *Log) readField(key string, val pcommon.Value, paths []string) {
	var f Log
	if !f.Read(key, val, paths) {
		return
	}
	if v.Path.Text == "" && v.Route == "" {
		v.Path.Text, v.Path.rank = f.Path.Text, f.Path.rank
	}
	v.Method = cmp.Or(v.Method, f.Method)
	v.Status = cmp.Or(v.Status, f.Status)
	v.Route = cmp.Or(v.Route, f.Route)
	v.userAgent = cmp.Or(v.userAgent, f.userAgent)
}

// number reads a status code. Some libraries write it as text.
func number(v pcommon.Value) int {
	switch v.Type() {
	case pcommon.ValueTypeInt:
		return int(v.Int())
	case pcommon.ValueTypeDouble:
		return int(v.Double())
	case pcommon.ValueTypeStr:
		return atoi(v.Str())
	default:
		return 0
	}
}

// atoi reads a status code of three digits. Any other text is 0.
func atoi(s string) int {
	if len(s) != 3 {
		return 0
	}
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0
		}
		n = 10*n + int(s[i]-'0')
	}
	return n
}

// Read notes an attribute. It reports whether the attribute holds a path, a route, a
// method, a status code or the like, so that no trace id has to be looked for in
// it. The paths are further keys that hold a path, best first.
func (v *Log) Read(key string, val pcommon.Value, paths []string) bool {
	switch key {
	case "url.path":
		v.Path.add(0, key, val)
	case "http.target":
		v.Path.add(1, key, val)
	case "url.full":
		v.Path.add(2, key, val)
	case "http.url":
		v.Path.add(3, key, val)
	case AttributeHTTPRoute:
		v.Route = val.Str()
	case "http.request.method", "http.method", "method":
		v.Method = val.Str()
	case "http.response.status_code", "http.status_code", "status", "status_code":
		v.Status = number(val)
	case "user_agent.original", "http.user_agent", "user_agent", "http_user_agent":
		v.userAgent = val.Str()
	case "user_agent.synthetic.type":
		v.synthetic = val.Str()
	case AttributeThreshold:
		v.threshold = val.AsString()
	case AttributeRandomness:
		v.randomness = val.AsString()
	default:
		i := slices.Index(paths, key)
		if i >= 0 {
			v.Path.add(4+i, key, val)
		}
		return i >= 0
	}
	return true
}
