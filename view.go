// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"cmp"
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// rawPath is a raw path and the attributes that hold it.
type rawPath struct {
	text string
	keys [4]string
	n    int
	rank int // of the attribute the text is from; the lowest wins
}

// add notes an attribute that holds the raw path.
func (r *rawPath) add(rank int, key string, v pcommon.Value) {
	if v.Type() != pcommon.ValueTypeStr || v.Str() == "" {
		return
	}
	if r.n < len(r.keys) {
		r.keys[r.n] = key
		r.n++
	}
	if r.text == "" || rank < r.rank {
		r.text, r.rank = v.Str(), rank
	}
}

// spanView is what one pass over a span's attributes finds.
type spanView struct {
	path       rawPath
	method     string
	route      string
	grpcStatus string
	rpcService string
	userAgent  string
	synthetic  string
	status     int
	peerView
}

// readAttributes reads attributes of old and new semantic conventions.
func (v *spanView) readAttributes(attrs pcommon.Map) {
	for key, val := range attrs.All() {
		switch key {
		case "url.path":
			v.path.add(0, key, val)
		case "http.target":
			v.path.add(1, key, val)
		case "url.full":
			v.path.add(2, key, val)
		case "http.url":
			v.path.add(3, key, val)
		case attrHTTPRoute:
			v.route = val.Str()
		case "http.request.method", "http.method":
			v.method = val.Str()
		case "http.response.status_code", "http.status_code":
			v.status = number(val)
		case "rpc.grpc.status_code", "rpc.response.status_code":
			v.grpcStatus = val.AsString()
		case "rpc.service":
			v.rpcService = val.Str()
		case "user_agent.original", "http.user_agent":
			v.userAgent = val.Str()
		case "user_agent.synthetic.type":
			v.synthetic = val.Str()
		case "peer.service", "service.peer.name":
			v.peer = val.Str()
		case "server.address", "net.host.name", "net.peer.name":
			v.address = val.Str()
		case "server.port", "net.host.port", "net.peer.port":
			if val.Type() == pcommon.ValueTypeInt {
				v.port = int(val.Int())
			}
		case "messaging.destination.name", "messaging.destination":
			v.destination = val.Str()
		default:
			v.header.read(key, val)
		}
	}
}

// logView is what one pass over a log record finds.
type logView struct {
	path   rawPath
	method string
	route  string
	level  string
	status int
	// debug: the headers the trace id was found in ask to keep the trace.
	debug     bool
	userAgent string
	synthetic string
	// what an earlier stage noted of sampling
	threshold, randomness string
	// promoted: the record's trace id was found outside its own field, and
	// unsampled: what was found says that the trace was not sampled.
	promoted, unsampled bool
	header              headerView
}

// readField reads a field of a structured body, where nothing better is known. A
// path in a body is not masked: bodies are the user's text.
func (v *logView) readField(key string, val pcommon.Value, paths []string) {
	var f logView
	if !f.read(key, val, paths) {
		return
	}
	if v.path.text == "" && v.route == "" {
		v.path.text, v.path.rank = f.path.text, f.path.rank
	}
	v.method = cmp.Or(v.method, f.method)
	v.status = cmp.Or(v.status, f.status)
	v.route = cmp.Or(v.route, f.route)
	v.userAgent = cmp.Or(v.userAgent, f.userAgent)
}

// number reads a status code, which some send as text.
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

// atoi reads a status code; what is none is 0.
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

// read notes an attribute and reports whether it is one that paths, which may be
// under further keys, routes or status codes are in.
func (v *logView) read(key string, val pcommon.Value, paths []string) bool {
	switch key {
	case "url.path":
		v.path.add(0, key, val)
	case "http.target":
		v.path.add(1, key, val)
	case "url.full":
		v.path.add(2, key, val)
	case "http.url":
		v.path.add(3, key, val)
	case attrHTTPRoute:
		v.route = val.Str()
	case "http.request.method", "http.method", "method":
		v.method = val.Str()
	case "http.response.status_code", "http.status_code", "status", "status_code":
		v.status = number(val)
	case "user_agent.original", "http.user_agent", "user_agent", "http_user_agent":
		v.userAgent = val.Str()
	case "user_agent.synthetic.type":
		v.synthetic = val.Str()
	case attrThreshold:
		v.threshold = val.AsString()
	case attrRandomness:
		v.randomness = val.AsString()
	default:
		i := slices.Index(paths, key)
		if i >= 0 {
			v.path.add(4+i, key, val)
		}
		return i >= 0
	}
	return true
}
