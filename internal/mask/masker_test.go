// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package mask

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

const (
	rawPath   = "/users/4711"
	pattern   = "/users/{id}"
	target    = rawPath + "?token=sesame"
	fullURL   = "https://shop.example" + target
	elsewhere = "https://shop.example/from/1234567"
)

// fill puts the path into attributes in all ways.
func fill(attrs pcommon.Map) {
	attrs.PutStr("http.request.method", "GET")
	attrs.PutStr("url.path", rawPath)
	attrs.PutStr("http.referer", fullURL)
	attrs.PutStr("note", "see "+fullURL)
	attrs.PutEmptyMap("deep").PutEmptySlice("list").AppendEmpty().SetStr("<" + rawPath + ">")
}

func span() ptrace.Span {
	s := ptrace.NewSpan()
	s.SetName("GET " + rawPath)
	fill(s.Attributes())
	s.Status().SetMessage("404: " + target)
	event := s.Events().AppendEmpty()
	event.SetName("redirect to " + rawPath)
	fill(event.Attributes())
	fill(s.Links().AppendEmpty().Attributes())
	return s
}

// The path is hidden wherever a span has it, and nothing else is.
func TestSpansSayNothingOfThePath(t *testing.T) {
	hash := NewHasher([]byte(testKey))
	said := map[Mode]map[string]any{
		Keep: {"http.request.method": "GET", "url.path": rawPath, "http.referer": fullURL, "note": "see " + fullURL, "deep": map[string]any{"list": []any{"<" + rawPath + ">"}}},
		Drop: {"http.request.method": "GET", "note": "see https://shop.example" + pattern, "deep": map[string]any{"list": []any{"<" + pattern + ">"}}},
		Hash: {
			"http.request.method": "GET", "url.path": hashed(rawPath), "http.referer": hashed(fullURL),
			"note": "see https://shop.example" + pattern, "deep": map[string]any{"list": []any{"<" + pattern + ">"}},
		},
	}
	for mode, want := range said {
		for _, path := range []string{rawPath, fullURL, ""} { // "": it is found in the attributes
			s := span()
			require.Empty(t, New(mode, nil, hash).Span(s, path, pattern, ""))
			texts := []string{s.Name(), s.Status().Message(), s.Events().At(0).Name()}
			if mode == Keep {
				require.Equal(t, []string{"GET " + rawPath, "404: " + target, "redirect to " + rawPath}, texts)
			} else {
				require.Equal(t, []string{"GET " + pattern, "404: " + pattern, "redirect to " + pattern}, texts)
			}
			for _, attrs := range []pcommon.Map{s.Attributes(), s.Events().At(0).Attributes(), s.Links().At(0).Attributes()} {
				require.Equal(t, want, attrs.AsRaw(), "%s %q", mode, path)
			}
		}
	}
	s := span()
	require.Equal(t, "GET "+pattern+" of "+pattern, New(Drop, nil, hash).Span(s, rawPath, pattern, "GET "+pattern+" of "+rawPath))
	require.Equal(t, "GET "+rawPath, s.Name(), "it gets the other name")
}

// A log says nothing of the path either, and an access log nothing of the page that the
// request came from. Keys that hold a path for the user do so only beside a request.
func TestLogsSayNothingOfThePath(t *testing.T) {
	m := New(Drop, []string{"my.path"}, nil)
	lr := plog.NewLogRecord()
	fill(lr.Attributes())
	lr.Attributes().PutStr("my.path", "users-4711")
	lr.SetEventName("served " + rawPath)
	lr.Body().SetStr(`"GET ` + target + ` HTTP/1.1" 200 5 "` + elsewhere + `"`)
	m.Log(lr, rawPath, pattern)
	require.Equal(t, `"GET `+pattern+` HTTP/1.1" 200 5 "https://shop.example/{path...}"`, lr.Body().Str())
	require.Equal(t, "served "+pattern, lr.EventName())
	require.NotContains(t, lr.Attributes().AsRaw(), "my.path")
	require.NotContains(t, lr.Attributes().AsRaw(), "url.path")

	fields := plog.NewLogRecord()
	fill(fields.Body().SetEmptyMap())
	m.Log(fields, rawPath, pattern)
	require.Equal(t, map[string]any{
		"http.request.method": "GET", "note": "see https://shop.example" + pattern, "deep": map[string]any{"list": []any{"<" + pattern + ">"}},
	}, fields.Body().Map().AsRaw())

	other := plog.NewLogRecord()
	other.Attributes().PutStr("my.path", "/var/log/app")
	other.Body().SetStr("called " + elsewhere)
	m.Log(other, "", "")
	require.Equal(t, map[string]any{"my.path": "/var/log/app"}, other.Attributes().AsRaw())
	require.Equal(t, "called "+elsewhere, other.Body().Str())
}
