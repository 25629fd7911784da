// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Path is the raw path that an item's attributes or body say.
type Path struct {
	Text string // with its query, where it has one
	rank int    // of the attribute the text is from; the lowest wins
}

// add notes an attribute that holds the raw path. Of several, the text of the one
// with the lowest rank is taken.
func (r *Path) add(rank int, v pcommon.Value) {
	if v.Type() == pcommon.ValueTypeStr && v.Str() != "" && (r.Text == "" || rank < r.rank) {
		r.Text, r.rank = v.Str(), rank
	}
}

// Span is what one pass over a span's attributes finds. Its strings are borrowed
// from the span; what is not there is empty or 0.
type Span struct {
	Path       Path
	Method     string
	Route      string // http.route, as the framework wrote it
	GRPCStatus string // the number, or in new conventions and Connect the name
	RPCService string
	userAgent  string
	synthetic  string
	Status     int // of HTTP: 100 to 599, or 0
	Peer
	// http: an attribute is of HTTP or URLs; otherProtocol: one names the system of
	// a database, a queue or RPC.
	http, otherProtocol bool
}

// Read reads attributes of old and new semantic conventions into a zero Span.
func (v *Span) Read(attrs pcommon.Map) {
	for key, val := range attrs.All() {
		v.read(key, val)
	}
}

// read reads one attribute. As the body of the loop it would be called through a closure, which costs more.
func (v *Span) read(key string, val pcommon.Value) {
	switch key {
	case "url.path":
		v.Path.add(0, val)
	case "http.target":
		v.Path.add(1, val)
	case "url.full":
		v.Path.add(2, val)
	case "http.url":
		v.Path.add(3, val)
	case AttributeHTTPRoute:
		v.Route = val.Str()
	case "http.request.method", "http.method":
		v.Method = val.Str()
	case "http.response.status_code", "http.status_code":
		if status := statusOf(val); status != 0 {
			v.Status = status
		}
	case "rpc.grpc.status_code", "rpc.response.status_code", "rpc.connect_rpc.error_code":
		v.GRPCStatus = val.AsString()
	case "rpc.service":
		v.RPCService = val.Str()
	case "rpc.method":
		// Newer conventions write the service before the method, and no rpc.service.
		if service, _, ok := strings.Cut(strings.TrimPrefix(val.Str(), "/"), "/"); ok {
			v.RPCService = service
		}
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

// statusOf reads a status code, which is a number from 100 to 599 or its three digits: some libraries write it as
// text. Everything else is 0, such as the 1006 with which a WebSocket is closed.
func statusOf(v pcommon.Value) int {
	n := int64(0)
	switch v.Type() {
	case pcommon.ValueTypeInt:
		n = v.Int()
	case pcommon.ValueTypeDouble:
		n = int64(v.Double())
	case pcommon.ValueTypeStr:
		n = threeDigits(v.Str())
	default: // no status
	}
	if n < 100 || n > 599 {
		return 0
	}
	return int(n)
}

func threeDigits(s string) (n int64) {
	if len(s) != 3 {
		return 0
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0
		}
		n = 10*n + int64(s[i]-'0')
	}
	return n
}
