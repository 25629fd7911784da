// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package mask

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// What hides in a text is the values; the rest of it stays as it was.
func TestMaskedTexts(t *testing.T) {
	for _, tt := range []struct{ path, pattern, text, want string }{
		{"/users/17", "/users/{id}", "GET /users/17", "GET /users/{id}"},
		{"/users/17", "/users/{id}", "GET /users/17 and /users/17", "GET /users/{id} and /users/{id}"},
		{"/users/17", "/users/{id}", "GET /api/users/17?a=b HTTP/1.1", "GET /api/users/{id} HTTP/1.1"},
		{"/users/1", "/users/{id}", `"GET /users/1 HTTP/1.1" 200`, `"GET /users/{id} HTTP/1.1" 200`},
		{"/users/17", "/users/{id}", "read /etc/hosts in 17 ms", "read /etc/hosts in 17 ms"},
		{"/users/17", "/users/{id}", "no route for '/users/17', sorry", "no route for '/users/{id}', sorry"},
		{"/users/17", "/users/{id}", "(/users/17?q=1)", "(/users/{id})"},
		{"/users/17", "/users/{id}", "to=%2Fusers%2F17%3Fq%3D1", "to=%2Fusers%2F{id}"},
		{"/users/17", "/users/{id}", `{"p":"\/users\/17"}`, `{"p":"\/users\/{id}"}`},
		{"/users/a%20b", "/users/{param}", "GET /users/a b", "GET /users/{param}"},
		{"/users/a b", "/users/{param}", "GET /users/a%20b", "GET /users/{param}"},
		{"/files/a%2Fb", "/files/{param}", "/files/a%2Fb or /files/a/b", "/files/{param}%2F{param} or /files/{param}/{param}"},
		{"/img/17.png", "/img/{int}.png", "/img/17.png, /img/17.jpg", "/img/{int}.png, /img/{param}.jpg"},
		{"/search?q=secret", "/search", "GET /search?q=secret", "GET /search"},
		{"/a/b/c/d", "/a/{path...}", "GET /a/b/c/d", "GET /a/{param}/{param}/{param}"},
		{"https://shop/users/17", "/users/{id}", "https://shop/users/17", "https://shop/users/{id}"},
		{"users/17", "", "GET /users/17", "GET /{param}/{param}"},
		{"", "", "GET /users/17", "GET /users/17"},
		{"/" + strings.Repeat("x/", 4096), "/{path...}", "GET /x/y z", "GET /{path...} z"},
		{"/users/17", "/users/{id}", "Zoë\u00a0/users/17\u00a0x", "Zoë\u00a0/users/{id}\u00a0x"},
	} {
		h := new(hider)
		h.read(tt.path, tt.pattern)
		require.Equal(t, tt.want, h.text(tt.text), "%.60q", tt)
	}
}

func TestRenamed(t *testing.T) {
	for _, tt := range []struct{ name, path, pattern, want string }{
		{"GET /users/1", "/users/1", "/users/{id}", "GET /users/{id}"},
		{"/users/1", "/users/1?a=b", "/users/{id}", "/users/{id}"},
		{"/users/1?a=b", "/users/1?a=b", "/users/{id}", "/users/{id}"},
		{"GET", "/users/1", "/users/{id}", ""},
		{"GET /users/me", "/users/me", "/users/me", ""},
		{"GET /", "/", "/", ""},
		{"GET /", "?", "/", ""},
		{"GET https://shop/users/1?a=b", "https://shop/users/1?a=b", "/users/{id}", "GET https://shop/users/{id}"},
		{"GET /users/1", "https://shop/users/1", "/users/{id}", "GET /users/{id}"},
		{"/users/1 as /users/1", "/users/1", "/users/{id}", "/users/{id} as /users/{id}"},
		{"GET /users/a%20b", "/users/a b", "/users/{id}", "GET /users/{id}"},
		{"GET /users/a b", "/users/a%20b", "/users/{id}", "GET /users/{id}"},
		{"GET /users/17", "/users/1", "/users/{id}", ""},
		{"GET /1 HTTP/1.1", "/1", "/{int}", "GET /{int} HTTP/1.1"},
		{"GET /api/users/1", "/users/1", "/users/{id}", "GET /api/users/{id}"},
	} {
		require.Equal(t, tt.want, Renamed(tt.name, tt.path, tt.pattern), "%+v", tt)
	}
}

// Masking never loops, panics or takes long, whatever the path and the text are.
func FuzzMask(f *testing.F) {
	f.Add("/users/17?x=1", "/users/{id}", "GET /users/17 HTTP/1.1")
	f.Add("/a%2Fb;c=d/e.f", "/{x}/{y}", `\/a%2fb "/e" /e?`)
	f.Add("https://h/\xff/ /\u00a0", "", "/\xff /%zz/%")
	f.Fuzz(func(t *testing.T, path, pattern, text string) {
		h := new(hider)
		h.read(path, pattern)
		out := h.text(text)
		if !h.touches(text) {
			require.Equal(t, text, out)
		}
		_ = Renamed(text, path, pattern)
	})
}

// What hiding costs a span of a server, with the attributes that it usually has.
func BenchmarkMaskSpan(b *testing.B) {
	for _, mode := range []Mode{Keep, Drop, Hash} {
		b.Run(string(mode), func(b *testing.B) {
			m := New(mode, nil, NewHasher(nil))
			proto, s := ptrace.NewSpan(), ptrace.NewSpan()
			proto.SetName("GET /api/v1/users/123456789/orders/17")
			for key, val := range map[string]string{
				"http.request.method": "GET", "url.path": "/api/v1/users/123456789/orders/17", "url.scheme": "https",
				"server.address": "shop.example", "network.protocol.version": "1.1", "user_agent.original": "curl/8.1 (x86_64)",
				"client.address": "203.0.113.7", "http.route": "/api/v1/users/{user}/orders/{order}",
			} {
				proto.Attributes().PutStr(key, val)
			}
			b.ReportAllocs()
			for b.Loop() {
				proto.CopyTo(s)
				m.Span(s, "/api/v1/users/123456789/orders/17", "/api/v1/users/{user}/orders/{order}", "")
			}
		})
	}
}
