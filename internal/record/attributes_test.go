// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"encoding/json"
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
	v.Begin(lr)
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
// they stand.
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
		}
	}
	v := readLog(t, map[string]any{"path": "/own", "http.url": "/standard"}, nil)
	require.Equal(t, "/standard", v.Path.Text, "the user's keys are behind those of the conventions")
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
}

// A field says the same in whatever carrier it comes.
func TestRequestsInAllCarriers(t *testing.T) {
	type request struct {
		path, method, route, agent string
		status                     int
		failed                     bool
	}
	for name, tt := range map[string]struct {
		in   fields
		want request
	}{
		"semantic conventions": {
			fields{"url.path": "/a", "http.request.method": "GET", "http.response.status_code": 502, "user_agent.original": "kube-probe/1.32"},
			request{"/a", "GET", "", "kube-probe/1.32", 502, true},
		},
		"the same, nested": {
			fields{"url": fields{"path": "/a"}, "http": fields{"request": fields{"method": "GET"}, "response": fields{"status_code": 502}}, "user_agent": fields{"original": "x/1"}},
			request{"/a", "GET", "", "x/1", 502, true},
		},
		"older conventions": {fields{"http.target": "/a", "http.method": "GET", "http.status_code": "404"}, request{"/a", "GET", "", "", 404, false}},
		"a route only":      {fields{"http.route": "/a/:id", "http.response.status_code": 200}, request{"", "", "/a/:id", "", 200, false}},
		"common words":      {fields{"path": "/a", "method": "GET", "status": 503}, request{"/a", "GET", "", "", 503, true}},
		"pino-http":         {fields{"req": fields{"method": "GET", "url": "/a", "headers": fields{"user-agent": "x/1"}}, "res": fields{"statusCode": 500}}, request{"/a", "GET", "", "x/1", 500, true}},
		"Caddy":             {fields{"request": fields{"method": "GET", "uri": "/a"}, "status": 200}, request{"/a", "GET", "", "", 200, false}},
		"Traefik":           {fields{"RequestMethod": "GET", "RequestPath": "/a", "DownstreamStatus": 200}, request{"/a", "GET", "", "", 200, false}},
		"Google Cloud": {
			fields{"httpRequest": fields{"requestMethod": "GET", "requestUrl": "https://shop.example/a", "status": 200, "userAgent": "x/1"}}, request{"/a", "GET", "", "x/1", 200, false},
		},
		"in a container":         {fields{"fields": fields{"method": "GET", "path": "/a", "status": 200}}, request{"/a", "GET", "", "", 200, false}},
		"W3C":                    {fields{"cs-method": "GET", "cs-uri-stem": "/a", "sc-status": "404"}, request{"/a", "GET", "", "", 404, false}},
		"audit":                  {fields{"verb": "create", "requestURI": "/a", "responseStatus": fields{"code": 409}}, request{"/a", "POST", "", "", 409, false}},
		"a request line":         {fields{"request": "GET /a HTTP/1.1", "status": "200"}, request{"/a", "GET", "", "", 200, false}},
		"a status of no request": {fields{"status": 503, "job": "x"}, request{}},
		"a status and a method":  {fields{"status": 503, "method": "GET"}, request{"", "GET", "", "", 503, true}},
		"a status and a path":    {fields{"status_code": 503, "path": "/a"}, request{"", "", "", "", 503, true}},
		"a status that is none":  {fields{"status": 1006, "method": "GET", "url.path": "/a"}, request{"/a", "GET", "", "", 0, false}},
		"a file":                 {fields{"path": "/var/log/a"}, request{}},
		"another's":              {fields{"error": fields{"url": "/a", "method": "GET", "status": 500}, "job": "x"}, request{}},
	} {
		for _, carrier := range []string{"attributes", "map body", "text", "Docker", "CRI", "Docker twice", "map's text", "attribute with the line"} {
			lr := plog.NewLogRecord()
			line, err := json.Marshal(tt.in)
			require.NoError(t, err)
			require.NoError(t, carriers[carrier](lr, tt.in, string(line)))
			var v Log
			v.Begin(lr)
			for key, val := range lr.Attributes().All() {
				v.Read(key, val, nil)
			}
			v.ReadBody(lr, BodyText(lr.Body()), nil)
			require.Equal(t, tt.want, request{v.Path.Text, v.Method, v.Route, v.userAgent, v.Status, LogFailed(lr, &v)}, "%s in %s", name, carrier)
		}
	}
}

// What is no status of HTTP is none, wherever a status is read.
func TestStatuses(t *testing.T) {
	for _, tt := range []struct {
		value  any
		status int
		failed bool
	}{
		{100, 100, false},
		{499, 499, false},
		{500, 500, true},
		{599, 599, true},
		{599.0, 599, true},
		{"503", 503, true},
		{0, 0, false},
		{-500, 0, false},
		{99, 0, false},
		{600, 0, false},
		{1000, 0, false},
		{1006, 0, false},
		{12345, 0, false},
		{50000, 0, false},
		{"600", 0, false},
		{"1006", 0, false},
		{"5xx", 0, false},
		{"", 0, false},
		{true, 0, false},
		{1e300, 0, false},
	} {
		for _, key := range []string{"http.response.status_code", "http.status_code"} {
			v := readSpan(t, map[string]any{key: tt.value})
			require.Equal(t, tt.status, v.Status, tt.value)
			require.Equal(t, tt.failed, SpanFailed(ptrace.NewSpan(), &v), tt.value)
		}
		for _, key := range []string{"http.response.status_code", "status", "status_code", "response_code", "sc-status"} {
			in := map[string]any{key: tt.value, "method": "GET"}
			lr := plog.NewLogRecord()
			v := readLog(t, in, nil)
			require.Equal(t, tt.status, v.Status, "%s %v", key, tt.value)
			require.Equal(t, tt.failed, LogFailed(lr, &v), tt.value)
			v = readLog(t, nil, in)
			require.Equal(t, tt.status, v.Status, "%s %v", key, tt.value)
		}
	}
	v := readSpan(t, map[string]any{"http.status_code": 503, "http.response.status_code": 0})
	require.Equal(t, 503, v.Status, "a number that is no status does not hide one")
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
	require.Equal(t, Request{Method: "GET", Path: "/users/1", Pattern: "/users/{int}"}, q, "the name is the last place for a path and a method")
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

// Newer conventions write the service of a gRPC call before its method.
func TestServicesOfCalls(t *testing.T) {
	for _, tt := range []struct{ service, method, want string }{
		{"shop.Cart", "Get", "shop.Cart"},
		{"", "shop.Cart/Get", "shop.Cart"},
		{"", "/shop.Cart/Get", "shop.Cart"},
		{"", "Get", ""},
		{"shop.Cart", "shop.Cart/Get", "shop.Cart"},
	} {
		attrs := pcommon.NewMap()
		if tt.service != "" {
			attrs.PutStr("rpc.service", tt.service)
		}
		attrs.PutStr("rpc.method", tt.method)
		var v Span
		v.Read(attrs)
		require.Equal(t, tt.want, v.RPCService, tt)
	}
}

// What an earlier tier wrote in the place of a path is none, and where a framework
// named the route, the last segment of the path may be a value.
func TestTargetsOfRequests(t *testing.T) {
	for _, tt := range []struct {
		path, route, pattern, target string
		fills                        bool
	}{
		{"/users/1", "", "/users/{int}", "/users/1", false},
		{"", "", "/users/{int}", "/users/{int}", false},
		{"7d5c1e0f", "", "/users/{int}", "/users/{int}", false},
		{"/users/1", "/users/:id", "/users/{id}", "/users/1", true},
		{"/users/1", "/users/1", "/users/{int}", "/users/1", false},
		{"/users/1.js", "/users/:id.js", "/users/{id}.js", "/users/1.js", false},
		{"/users/1.js", "/users/*", "/users/{path...}", "/users/1.js", false},
	} {
		v := Span{Path: Path{Text: tt.path}, Route: tt.route}
		q := v.Request(ptrace.NewSpan(), tt.pattern)
		require.Equal(t, tt.target, q.Target(), tt)
		require.Equal(t, tt.fills, q.Fills(), tt)
	}
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

// An id that was cut to 64 bits names the same span, and another whole one with the
// same low half does not.
func TestKeysOfSpans(t *testing.T) {
	whole, cut, other := pcommon.TraceID{0: 1, 15: 7}, pcommon.TraceID{15: 7}, pcommon.TraceID{0: 2, 15: 7}
	padded := pcommon.TraceID{7: 7}
	td, ld := ptrace.NewTraces(), plog.NewLogs()
	td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty().SetTraceID(whole)
	logs := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	logs.AppendEmpty().SetTraceID(padded)
	ids := TraceIDsOf(td, ld)
	require.NotEqual(t, ids.SpanOf(whole, pcommon.SpanID{1}), ids.SpanOf(cut, pcommon.SpanID{1}), "nothing was cut")
	logs.AppendEmpty().SetTraceID(cut)
	ids = TraceIDsOf(td, ld)
	require.Equal(t, ids.SpanOf(whole, pcommon.SpanID{1}), ids.SpanOf(cut, pcommon.SpanID{1}))
	require.NotEqual(t, ids.SpanOf(whole, pcommon.SpanID{1}), ids.SpanOf(other, pcommon.SpanID{1}))
	require.NotEqual(t, ids.SpanOf(whole, pcommon.SpanID{1}), ids.SpanOf(whole, pcommon.SpanID{2}))
	require.Equal(t, padded, ids.Of(padded))
	require.Equal(t, pcommon.TraceID{15: 8}, ids.Of(pcommon.TraceID{15: 8}), "none is known")
}

func TestWhichIDsAreOneTrace(t *testing.T) {
	whole, cut, padded := pcommon.TraceID{0: 1, 15: 7}, pcommon.TraceID{15: 7}, pcommon.TraceID{7: 7}
	for _, tt := range []struct {
		a, b pcommon.TraceID
		same bool
	}{
		{whole, whole, true},
		{whole, cut, true},
		{cut, cut, true},
		{padded, padded, true},
		{whole, pcommon.TraceID{0: 2, 15: 7}, false},
		{whole, pcommon.TraceID{15: 8}, false},
		{padded, pcommon.TraceID{7: 8}, false},
		{padded, cut, false},
		{padded, pcommon.TraceID{}, false},
	} {
		require.Equal(t, tt.same, SameTrace(tt.a, tt.b), "%s %s", tt.a, tt.b)
		require.Equal(t, tt.same, SameTrace(tt.b, tt.a), "%s %s", tt.b, tt.a)
	}
}

func TestServiceNames(t *testing.T) {
	res := pcommon.NewResource()
	require.Empty(t, ServiceName(res))
	res.Attributes().PutInt("service.name", 7)
	require.Equal(t, "7", ServiceName(res))
}
