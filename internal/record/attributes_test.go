// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// attributes makes attributes; a value that is a list stays one.
func attributes(t require.TestingT, raw map[string]any) pcommon.Map {
	m := pcommon.NewMap()
	require.NoError(t, m.FromRaw(raw))
	return m
}

func readSpan(t require.TestingT, raw map[string]any) (v Span) {
	v.Read(attributes(t, raw))
	return v
}

// readLog reads attributes with the user's key "path", then the body.
func readLog(t require.TestingT, raw map[string]any, body any) (v Log) {
	lr := plog.NewLogRecord()
	require.NoError(t, lr.Body().FromRaw(body))
	return readLogRecord(attributes(t, raw), lr)
}

func readLogRecord(attrs pcommon.Map, lr plog.LogRecord) (v Log) {
	paths := []string{"path"}
	for key, val := range attrs.All() {
		if !v.Read(key, val, paths) {
			v.Header.Read(key, val)
		}
	}
	v.ReadBody(lr, BodyText(lr.Body()), paths)
	return v
}

// Old and new semantic conventions say the same.
func TestSpansOfOldAndNewConventions(t *testing.T) {
	type found struct {
		path, method, route, grpc, rpc, agent, synthetic string
		status                                           int
		peer                                             Peer
	}
	tests := map[string]struct {
		attrs map[string]any
		want  found
	}{
		"nothing": {map[string]any{"db.system": "x"}, found{}},
		"server, new": {
			map[string]any{
				"url.path": "/users/1", "http.request.method": "GET", "http.response.status_code": 200, "http.route": "/users/:id",
				"user_agent.original": "kube-probe/1.32", "user_agent.synthetic.type": "test", "server.address": "shop", "server.port": 8080,
			},
			found{path: "/users/1", method: "GET", route: "/users/:id", agent: "kube-probe/1.32", synthetic: "test", status: 200, peer: Peer{Address: "shop", Port: 8080}},
		},
		"server, old": {
			map[string]any{
				"http.target": "/users/1?a=b", "http.method": "GET", "http.status_code": 200,
				"http.user_agent": "kube-probe/1.32", "net.host.name": "shop", "net.host.port": 8080,
			},
			found{path: "/users/1?a=b", method: "GET", agent: "kube-probe/1.32", status: 200, peer: Peer{Address: "shop", Port: 8080}},
		},
		"client, new": {
			map[string]any{"url.full": "https://shop/users/1", "service.peer.name": "shop", "server.address": "10.0.0.7", "server.port": 443},
			found{path: "https://shop/users/1", peer: Peer{Service: "shop", Address: "10.0.0.7", Port: 443}},
		},
		"client, old": {
			map[string]any{"http.url": "https://shop/users/1", "peer.service": "shop", "net.peer.name": "10.0.0.7", "net.peer.port": 443},
			found{path: "https://shop/users/1", peer: Peer{Service: "shop", Address: "10.0.0.7", Port: 443}},
		},
		"gRPC, new":          {map[string]any{"rpc.response.status_code": "UNAVAILABLE", "rpc.service": "shop.Cart"}, found{grpc: "UNAVAILABLE", rpc: "shop.Cart"}},
		"gRPC, old":          {map[string]any{"rpc.grpc.status_code": 14, "rpc.service": "shop.Cart"}, found{grpc: "14", rpc: "shop.Cart"}},
		"message, new":       {map[string]any{"messaging.destination.name": "jobs"}, found{peer: Peer{Destination: "jobs"}}},
		"message, old":       {map[string]any{"messaging.destination": "jobs"}, found{peer: Peer{Destination: "jobs"}}},
		"status as text":     {map[string]any{"http.status_code": "503"}, found{status: 503}},
		"status as a double": {map[string]any{"http.status_code": 503.0}, found{status: 503}},
		"no status":          {map[string]any{"http.status_code": "5O3"}, found{}},
		"a short status":     {map[string]any{"http.status_code": "50"}, found{}},
		"status of no type":  {map[string]any{"http.status_code": true}, found{}},
		"port as text":       {map[string]any{"server.port": "443"}, found{}},
		"path of no type":    {map[string]any{"url.path": 7, "url.full": ""}, found{}},
		"header": {
			map[string]any{"http.request.header.traceparent": []any{"00-1-2-01", "x"}},
			found{peer: Peer{Header: Header{Key: "http.request.header.traceparent", Value: "00-1-2-01"}}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			v := readSpan(t, tt.attrs)
			require.Equal(t, tt.want, found{v.Path.Text, v.Method, v.Route, v.GRPCStatus, v.RPCService, v.userAgent, v.synthetic, v.Status, v.Peer})
		})
	}
}

// The attribute that says most plainly what the path is wins, in whatever order
// they stand, and all that hold it are known.
func TestTheBestPathWins(t *testing.T) {
	keys := []string{"url.path", "http.target", "url.full", "http.url"}
	for first := range keys {
		for _, backwards := range []bool{false, true} {
			m := pcommon.NewMap()
			for i := first; i < len(keys); i++ {
				key := keys[i]
				if backwards {
					key = keys[len(keys)-1-(i-first)]
				}
				m.PutStr(key, "in "+key)
			}
			var v Span
			v.Read(m)
			require.Equal(t, "in "+keys[first], v.Path.Text)
			require.Equal(t, len(keys)-first, v.Path.Count)
			require.ElementsMatch(t, keys[first:], v.Path.Keys[:v.Path.Count])
		}
	}
	v := readLog(t, map[string]any{"path": "/own", "http.url": "/standard"}, nil)
	require.Equal(t, "/standard", v.Path.Text, "the user's keys are behind those of the conventions")
	require.Equal(t, 2, v.Path.Count)
}

func TestLogs(t *testing.T) {
	type found struct {
		path, method, route string
		status              int
		failed              bool
	}
	tests := map[string]struct {
		attrs map[string]any
		body  any
		want  found
	}{
		"nothing":              {nil, nil, found{}},
		"new conventions":      {map[string]any{"url.path": "/a", "http.request.method": "GET", "http.response.status_code": 200, "http.route": "/r"}, nil, found{"/a", "GET", "/r", 200, false}},
		"old conventions":      {map[string]any{"http.target": "/a", "http.method": "GET", "http.status_code": 200}, nil, found{"/a", "GET", "", 200, false}},
		"common words":         {map[string]any{"path": "/a", "method": "GET", "status": "200"}, nil, found{"/a", "GET", "", 200, false}},
		"JSON":                 {nil, `{"level":"info","method":"GET","path":"/carts/17","status":200}`, found{"/carts/17", "GET", "", 200, false}},
		"combined":             {nil, `203.0.113.7 - - [10/Oct/2026:13:55:36 +0000] "GET /carts/17 HTTP/1.1" 200 2326 "-" "curl/8"`, found{"/carts/17", "GET", "", 200, false}},
		"gin":                  {nil, `[GIN] 2026/10/10 - 13:55:36 | 200 |      13.1µs |       10.0.0.1 | GET      "/carts/17"`, found{"/carts/17", "GET", "", 200, false}},
		"logfmt":               {nil, `method=GET path=/carts/17 status=200`, found{"/carts/17", "GET", "", 200, false}},
		"map":                  {nil, map[string]any{"method": "GET", "path": "/carts/17", "status": 200, "level": "info"}, found{"/carts/17", "GET", "", 200, false}},
		"attributes go first":  {map[string]any{"url.path": "/a", "status": 201}, `{"method":"GET","path":"/b","status":500}`, found{"/a", "", "", 201, false}},
		"attributes and a map": {map[string]any{"url.path": "/a"}, map[string]any{"path": "/b", "method": "GET", "status": 500}, found{"/a", "GET", "", 500, true}},
		"bytes are not read":   {nil, []byte(`{"path":"/b"}`), found{}},
		"a list is not read":   {nil, []any{map[string]any{"path": "/b"}}, found{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			lr := plog.NewLogRecord()
			require.NoError(t, lr.Body().FromRaw(tt.body))
			v := readLogRecord(attributes(t, tt.attrs), lr)
			require.Equal(t, tt.want, found{v.Path.Text, v.Method, v.Route, v.Status, LogFailed(lr, &v)})
		})
	}
	v := readLog(t, nil, map[string]any{"path": "/secret"})
	require.Zero(t, v.Path.Count, "a path in a body is in no attribute")
}

// What an earlier stage noted on a log record is read like a tracestate.
func TestSamplingOfLogs(t *testing.T) {
	for attrs, state := range map[[2]string]string{
		{"", ""}:                           "",
		{"8", ""}:                          "ot=th:8",
		{"", "ffffffffffffff"}:             "ot=rv:ffffffffffffff",
		{"8", "ffffffffffffff"}:            "ot=rv:ffffffffffffff;th:8",
		{"no hex digits", "no hex digits"}: "",
	} {
		raw := map[string]any{}
		for i, key := range []string{AttributeThreshold, AttributeRandomness} {
			if attrs[i] != "" {
				raw[key] = attrs[i]
			}
		}
		v := readLog(t, raw, nil)
		got, want := v.Sampling(), sampling.ReadState(state)
		require.Equal(t, want.Sampled, got.Sampled, attrs)
		require.Equal(t, want.Explicit, got.Explicit, attrs)
		if want.Sampled {
			require.Equal(t, want.Threshold, got.Threshold)
		}
		if want.Explicit {
			require.Equal(t, want.Randomness, got.Randomness)
		}
	}
}

func TestRequests(t *testing.T) {
	for url, want := range map[string]string{
		"/a": "/a", "/a?b=c": "/a", "/a#b": "/a", "https://shop:8080/a/b?c": "/a/b", "https://shop": "/", "": "", "?": "",
	} {
		require.Equal(t, want, BarePath(url), url)
	}
	s := ptrace.NewSpan()
	s.SetName("GET /users/1?x")
	var v Span
	q := v.Request(s, "/users/{int}")
	require.Equal(t, Request{Path: "/users/1", Pattern: "/users/{int}"}, q, "the name is the last place for a path")
	require.True(t, q.IsRequest())
	require.True(t, q.Answered(), "no status is none that is bad")
	s.SetName("grpc.health.v1.Health/Check")
	q = v.Request(s, "")
	require.Equal(t, Request{RPCService: "grpc.health.v1.Health"}, q)
	require.True(t, q.IsRequest())
	s.SetName("SELECT")
	q = v.Request(s, "")
	require.False(t, q.IsRequest())
	v.Status = 404
	q = v.Request(s, "")
	require.False(t, q.Answered())
}

func TestAccessLogs(t *testing.T) {
	for name, tt := range map[string]struct {
		v       Log
		pattern string
		want    bool
	}{
		"path and method":    {Log{Path: Path{Text: "/a"}, Method: "GET"}, "", true},
		"path and status":    {Log{Path: Path{Text: "/a"}, Status: 200}, "", true},
		"pattern and status": {Log{Status: 200}, "/a", true},
		"path alone":         {Log{Path: Path{Text: "/a"}}, "", false},
		"method and status":  {Log{Method: "GET", Status: 200}, "", false},
	} {
		require.Equal(t, tt.want, tt.v.IsAccess(tt.pattern), name)
	}
}

// A header of a trace context is known by the end of its name, whatever stands
// before.
func TestPropagationHeaders(t *testing.T) {
	for key, want := range map[string]bool{
		"traceparent": true, "http.request.header.traceparent": true, "Traceparent": true, "elastic-apm-traceparent": true,
		"b3": true, "X-B3-TraceId": true, "http.request.header.x-b3-traceid": true, "B3": true,
		"uber-trace-id": true, "Uber-Trace-Id": true, "http.request.header.uber-trace-id": true,
		"tracestate": false, "x-b3-spanid": false, "user.id": false, "http.request.header.content-type": false, "d": false, "": false, "t": false,
	} {
		var h Header
		h.Read(key, pcommon.NewValueStr("value"))
		if want {
			require.Equal(t, Header{key, "value"}, h)
		} else {
			require.Zero(t, h, key)
		}
	}
	var h Header
	list := pcommon.NewValueSlice()
	h.Read("b3", list)
	require.Zero(t, h, "an empty list")
	h.Read("b3", pcommon.NewValueInt(3))
	require.Zero(t, h, "a number")
	list.Slice().AppendEmpty().SetStr("first")
	list.Slice().AppendEmpty().SetStr("second")
	h.Read("b3", list)
	require.Equal(t, Header{"b3", "first"}, h)
}

func TestAddresses(t *testing.T) {
	seen := map[uint64]bool{}
	for _, host := range []string{"", "a", "b", "a.b"} {
		for _, port := range []int{0, 1, 80, 1 << 16} {
			require.Equal(t, AddressOf(host, port), AddressOf(host, port))
			seen[AddressOf(host, port)] = true
		}
	}
	require.Len(t, seen, 16)
}

// An id that was cut to 64 bits names the same span.
func TestKeysOfSpans(t *testing.T) {
	whole, cut := pcommon.TraceID{0: 1, 15: 7}, pcommon.TraceID{15: 7}
	require.Equal(t, KeyOf(whole, pcommon.SpanID{1}), KeyOf(cut, pcommon.SpanID{1}))
	require.NotEqual(t, KeyOf(whole, pcommon.SpanID{1}), KeyOf(whole, pcommon.SpanID{2}))
	require.NotEqual(t, KeyOf(whole, pcommon.SpanID{1}), KeyOf(pcommon.TraceID{0: 1, 15: 8}, pcommon.SpanID{1}))
	require.EqualValues(t, 7, LowHalf(whole))
}

func TestServiceNames(t *testing.T) {
	res := pcommon.NewResource()
	require.Empty(t, ServiceName(res))
	res.Attributes().PutInt("service.name", 7)
	require.Equal(t, "7", ServiceName(res))
}
