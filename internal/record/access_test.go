// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"cmp"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

// pair is an attribute; their order matters.
type pair struct {
	key   string
	value any
}

func TestAccessLogsByTheirOwnContent(t *testing.T) {
	method, path, status := pair{"http.request.method", "GET"}, pair{"url.path", "/a/17"}, pair{"http.response.status_code", 200}
	pattern, route := pair{"url.template", "/a/{int}"}, pair{"http.route", "/a/:id"}
	defaults := Joined{Route: "url.template", Keys: []string{"url.template", "http.route", "http.request.method", "http.response.status_code"}}
	for name, tt := range map[string]struct {
		attrs []pair
		body  any
		want  bool
	}{
		"a line":                       {nil, `10.0.0.1 - - [x] "GET /a/17 HTTP/1.1" 200 2`, true},
		"a line without a status":      {nil, "START: GET /a/17", true},
		"a line in Docker's JSON":      {nil, `{"log":"START: GET /a/17\n"}`, true},
		"a line in a map":              {nil, fields{"MESSAGE": "START: GET /a/17"}, true},
		"a line in an attribute":       {[]pair{{"log", "START: GET /a/17"}}, "x", true},
		"a line, with joined ones":     {[]pair{pattern, method, status}, "START: GET /a/17", true},
		"fields with a status":         {[]pair{method, path, status}, "x", true},
		"the same with the pattern":    {[]pair{method, path, status, pattern}, "x", true},
		"a route with a status":        {[]pair{route, status}, "x", true},
		"JSON with a status":           {nil, `{"method":"GET","path":"/a/17","status":200}`, true},
		"a map with a status":          {nil, fields{"method": "GET", "path": "/a/17", "status": 200}, true},
		"a start":                      {[]pair{method, path}, "START", true},
		"a start in words":             {[]pair{method, path}, "incoming request", true},
		"a start in JSON":              {nil, `{"msg":"request started","req":{"method":"GET","url":"/a/17"}}`, true},
		"context":                      {[]pair{method, path}, "cart loaded", false},
		"context and joined ones":      {[]pair{method, path, pattern, route, status}, "cart loaded", false},
		"joined ones":                  {[]pair{pattern, route, method, status}, "cart loaded", false},
		"joined ones and a start":      {[]pair{pattern, route, method, status}, "request started", false},
		"context in JSON":              {nil, `{"msg":"cart loaded","method":"GET","path":"/a/17"}`, false},
		"context in JSON, joined ones": {[]pair{pattern, status}, `{"msg":"cart loaded","method":"GET","path":"/a/17"}`, false},
		"context in a map":             {nil, fields{"message": "cart loaded", "method": "GET", "path": "/a/17"}, false},
		"context in logfmt":            {nil, "msg=x method=GET path=/a/17", false},
		"a status of something else":   {[]pair{method, path, {"status", "active"}}, "cart loaded", false},
		"nothing":                      {nil, "request started", false},
	} {
		lr := plog.NewLogRecord()
		require.NoError(t, lr.Body().FromRaw(tt.body))
		for _, a := range tt.attrs {
			require.NoError(t, lr.Attributes().PutEmpty(a.key).FromRaw(a.value))
		}
		v := readLogRecord(lr.Attributes(), lr)
		written := ""
		if val, ok := lr.Attributes().Get("url.template"); ok {
			written = val.Str()
		}
		require.Equal(t, tt.want, v.IsAccessLog(lr, cmp.Or(written, v.Route), &defaults), name)
	}
}

// Where the pattern is not among what is joined, its place says nothing, so no attribute that is joined counts.
func TestAccessLogsWithoutJoinedPatterns(t *testing.T) {
	by := Joined{Route: "url.template", Keys: []string{"url.path", "http.response.status_code"}}
	for status, want := range map[string]bool{"http.response.status_code": false, "status": true} {
		lr := plog.NewLogRecord()
		lr.Attributes().PutStr("method", "GET")
		lr.Attributes().PutStr("url.path", "/a/17")
		lr.Attributes().PutInt(status, 200)
		v := readLogRecord(lr.Attributes(), lr)
		require.Equal(t, want, v.IsAccessLog(lr, "", &by), status)
	}
}

// Reading a record allocates nothing, whatever carries what is read.
func TestReadingLogsAllocatesNothing(t *testing.T) {
	res := pcommon.NewResource()
	res.Attributes().PutStr("service.name", "shop")
	for name, l := range loggers {
		for carrier, fill := range carriers {
			lr := plog.NewLogRecord()
			f, line := l.as(l.bad)
			require.NoError(t, fill(lr, f, line))
			require.Zero(t, testing.AllocsPerRun(10, func() {
				var v Log
				v.Begin(lr)
				for key, val := range lr.Attributes().All() {
					if !v.Read(key, val, nil) {
						v.Header.Read(key, val)
					}
				}
				v.ReadBody(lr, BodyText(lr.Body()), nil)
				v.ReadResource(res)
				failed = LogFailed(lr, &v)
			}), "%s in %s", name, carrier)
			require.True(t, failed)
		}
	}
}

var failed bool
