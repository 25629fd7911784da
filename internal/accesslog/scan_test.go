// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package accesslog

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// line is one body of testdata and what must be read from it.
type line struct{ name, body, want string }

// readLines reads testdata/lines.txt.
func readLines(tb testing.TB) []line {
	text, err := os.ReadFile("testdata/lines.txt")
	require.NoError(tb, err)
	var all []line
	for _, block := range strings.Split(string(text), "\n\n")[1:] {
		rows := strings.Split(strings.TrimSpace(block), "\n")
		require.Len(tb, rows, 3, block)
		all = append(all, line{
			name: strings.TrimPrefix(rows[0], "= "),
			body: colours(rows[1]),
			want: strings.TrimPrefix(rows[2], "> "),
		})
	}
	return all
}

// readOthers reads the bodies in which there is no request.
func readOthers(tb testing.TB) []string {
	text, err := os.ReadFile("testdata/others.txt")
	require.NoError(tb, err)
	return strings.Split(colours(strings.TrimSpace(string(text))), "\n")[1:]
}

// colours puts the escape byte for \e.
func colours(text string) string { return strings.ReplaceAll(text, `\e`, "\x1b") }

func describe(r Request) string {
	method := r.Method
	if method == "" {
		method = "-"
	}
	return fmt.Sprintf("%s %s %d", method, r.Path, r.Status)
}

func TestScan(t *testing.T) {
	for _, l := range readLines(t) {
		t.Run(l.name, func(t *testing.T) {
			r, ok := Scan(l.body)
			require.True(t, ok, l.body)
			assert.Equal(t, l.want, describe(r), l.body)
			assert.Equal(t, r.Path, l.body[r.Start:r.End])
		})
	}
}

func TestScanTakesNothingElse(t *testing.T) {
	for _, body := range readOthers(t) {
		r, ok := Scan(body)
		assert.False(t, ok, "%s gave %s", body, describe(r))
		assert.Zero(t, r)
	}
}

// TestScanAnyRequest writes a drawn request in every format and reads it back.
func TestScanAnyRequest(t *testing.T) {
	quote := func(s string) string {
		text, err := json.Marshal(s)
		require.NoError(t, err)
		return string(text)
	}
	rapid.Check(t, func(t *rapid.T) {
		method := rapid.SampledFrom([]string{"GET", "POST", "DELETE", "PROPFIND"}).Draw(t, "method")
		path := "/" + rapid.StringMatching(`[a-zA-Z0-9_~:@!$&'()*+,;=%.|{}\[\]/-]{0,30}[a-z0-9]`).Draw(t, "path")
		query := rapid.SampledFrom([]string{"", "?a=1&path=/b", "#top"}).Draw(t, "query")
		status := rapid.IntRange(100, 599).Draw(t, "status")
		target := path + query
		for _, body := range []string{
			fmt.Sprintf(`10.0.0.1 - - [21/Nov/2026:09:53:01 +0000] "%s %s HTTP/1.1" %d 2`, method, target, status),
			fmt.Sprintf(`"%s https://a.example.com:80%s HTTP/1.1" from [::1]:5 - %d 13B in 1ms`, method, target, status),
			fmt.Sprintf(`{"status":%d,"method":%s,"uri":%s}`, status, quote(method), strings.ReplaceAll(quote(target), `\u0026`, "&")),
			fmt.Sprintf(`level=info method=%s path="%s" status=%d`, method, target, status),
			fmt.Sprintf(`{"log":"\"%s %s HTTP/2\" %d 2\n","stream":"stdout"}`, method, target, status),
			fmt.Sprintf(`%s %s %d 5.1 ms - 2`, method, target, status),
		} {
			r, ok := Scan(body)
			require.True(t, ok, body)
			assert.Equal(t, fmt.Sprintf("%s %s %d", method, path, status), describe(r), body)
			assert.Equal(t, path, body[r.Start:r.End])
		}
	})
}

// TestScanIsBounded: nothing behind MaxBodyBytes is read, and the work is bounded by it.
func TestScanIsBounded(t *testing.T) {
	const request = ` "GET /x HTTP/1.1" 200`
	_, ok := Scan(strings.Repeat("a", MaxBodyBytes-len(request)) + request)
	assert.True(t, ok)
	_, ok = Scan(strings.Repeat("a", MaxBodyBytes) + request)
	assert.False(t, ok)
}

func TestMethods(t *testing.T) {
	for _, m := range []string{"GET", "get", "Patch", "PROPPATCH"} {
		assert.True(t, isMethod(m), m)
	}
	for _, m := range []string{"", "GE", "GETS", "readFile", "PROPPATCHES", "G\x05T", "\x07\x05\x14"} {
		assert.False(t, isMethod(m), m)
	}
}

func TestStatus(t *testing.T) {
	for v, want := range map[string]int{"100": 100, "200 OK": 200, "599": 599, "404,": 404} {
		got, ok := parseStatus(v)
		assert.True(t, ok, v)
		assert.Equal(t, want, got)
	}
	for _, v := range []string{"", "20", "099", "600", "2000", "2x0", "20x", "-20"} {
		_, ok := parseStatus(v)
		assert.False(t, ok, v)
	}
}

// TestNoAllocations runs all of testdata.
func TestNoAllocations(t *testing.T) {
	bodies := readOthers(t)
	for _, l := range readLines(t) {
		bodies = append(bodies, l.body)
	}
	for _, body := range bodies {
		assert.Zero(t, testing.AllocsPerRun(10, func() { sinkRequest, sinkOK = Scan(body) }), body)
	}
}

// FuzzScan: no body makes it fail, and what it finds is a path at the place it names.
func FuzzScan(f *testing.F) {
	for _, l := range readLines(f) {
		f.Add(l.body)
	}
	for _, body := range readOthers(f) {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r, ok := Scan(body)
		if !ok {
			if r != (Request{}) {
				t.Fatalf("%+v", r)
			}
			return
		}
		if body[r.Start:r.End] != r.Path || r.Path == "" && r.Route == "" || r.Path != "" && r.Path[0] != '/' || strings.ContainsAny(r.Path, "?# \t\r\n\"\\") {
			t.Fatalf("%+v", r)
		}
		if r.Method != "" && !isMethod(r.Method) && r.Method != "_OTHER" || r.Status != 0 && (r.Status < 100 || r.Status > 599) {
			t.Fatalf("%+v", r)
		}
	})
}
