// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor/internal/itemtest"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

func TestPatternsAreWrittenToSpans(t *testing.T) {
	templates := func(c *Config) { c.Routes.Templates = []string{"GET /users/:id", "/repos/{owner}/{repo}"} }
	tests := map[string]struct {
		change   func(*Config)
		name     string
		in, want map[string]any
		wantName string
		source   string
	}{
		"declared": {
			change: templates, name: "GET /users/17", wantName: "GET /users/{id}", source: "template",
			in:   map[string]any{"url.path": "/users/17", "http.request.method": "GET"},
			want: map[string]any{"url.path": "/users/17", "http.request.method": "GET", "url.template": "/users/{id}", "http.route": "/users/{id}"},
		},
		"OpenAPI": {
			change: func(c *Config) { c.Routes.OpenAPIFiles = []string{"internal/config/testdata/shop.yaml"} }, name: "GET", wantName: "GET", source: "template",
			in:   map[string]any{"url.path": "/api/v1/products/amber-belt", "http.request.method": "GET"},
			want: map[string]any{"url.path": "/api/v1/products/amber-belt", "http.request.method": "GET", "url.template": "/api/v1/products/{slug}", "http.route": "/api/v1/products/{slug}"},
		},
		"inferred": {
			change: templates, name: "/carts/17", wantName: "/carts/{int}", source: "inferred",
			in:   map[string]any{"http.target": "/carts/17?x=1"},
			want: map[string]any{"http.target": "/carts/17?x=1", "url.template": "/carts/{int}"},
		},
		"inferred in full": {
			change: func(*Config) {}, name: "GET", wantName: "GET", source: "inferred",
			in:   map[string]any{"url.full": "https://shop.example/carts/17"},
			want: map[string]any{"url.full": "https://shop.example/carts/17", "url.template": "/carts/{int}"},
		},
		"what nobody has": {
			change: func(*Config) {}, name: "GET /wp-login.php", wantName: "GET /{path...}", source: "unmatched",
			in:   map[string]any{"url.path": "/wp-login.php", "http.response.status_code": int64(404)},
			want: map[string]any{"url.path": "/wp-login.php", "http.response.status_code": int64(404), "url.template": "/{path...}"},
		},
		"http.route always": {
			change: func(c *Config) { c.Routes.HTTPRoute = HTTPRouteAlways }, name: "GET", wantName: "GET", source: "inferred",
			in:   map[string]any{"url.path": "/carts/17"},
			want: map[string]any{"url.path": "/carts/17", "url.template": "/carts/{int}", "http.route": "/carts/{int}"},
		},
		"http.route never": {
			change: func(c *Config) { templates(c); c.Routes.HTTPRoute = HTTPRouteNever }, name: "GET", wantName: "GET", source: "template",
			in:   map[string]any{"url.path": "/users/17", "http.request.method": "GET"},
			want: map[string]any{"url.path": "/users/17", "http.request.method": "GET", "url.template": "/users/{id}"},
		},
		"framework": {
			change: templates, name: "GET /carts/:cart", wantName: "GET /carts/:cart", source: "framework",
			in:   map[string]any{"url.path": "/carts/17", "http.route": "/carts/:cart"},
			want: map[string]any{"url.path": "/carts/17", "http.route": "/carts/:cart", "url.template": "/carts/{cart}"},
		},
		"framework, without a path": {
			change: templates, name: "GET", wantName: "GET", source: "framework",
			in:   map[string]any{"http.route": "/carts/:cart"},
			want: map[string]any{"http.route": "/carts/:cart", "url.template": "/carts/{cart}"},
		},
		"own attribute": {
			change: func(c *Config) { c.Routes.Attribute = "route_pattern" }, name: "GET", wantName: "GET", source: "inferred",
			in:   map[string]any{"url.path": "/carts/17"},
			want: map[string]any{"url.path": "/carts/17", "route_pattern": "/carts/{int}"},
		},
		"attribute is there": {
			change: func(*Config) {}, name: "GET", wantName: "GET", source: "inferred",
			in:   map[string]any{"url.full": "http://x/carts/17", "url.template": "/carts/{cart}"},
			want: map[string]any{"url.full": "http://x/carts/17", "url.template": "/carts/{cart}"},
		},
		"path in the name only": {
			change: func(*Config) {}, name: "GET /carts/17", wantName: "GET /carts/{int}", source: "inferred",
			in: map[string]any{}, want: map[string]any{"url.template": "/carts/{int}"},
		},
		"name stays": {
			change: func(c *Config) { c.Routes.SpanName = false }, name: "GET /carts/17", wantName: "GET /carts/17", source: "inferred",
			in: map[string]any{}, want: map[string]any{"url.template": "/carts/{int}"},
		},
		"raw path dropped": {
			change: func(c *Config) { c.Routes.RawPath = RawPathDrop }, name: "GET /carts/17", wantName: "GET /carts/{int}", source: "inferred",
			in:   map[string]any{"url.path": "/carts/17", "http.target": "/carts/17", "http.url": "http://x/carts/17", "url.full": "http://x/carts/17", "x": "y"},
			want: map[string]any{"x": "y", "url.template": "/carts/{int}"},
		},
		"raw path hashed": {
			change: func(c *Config) { c.Routes.RawPath, c.Routes.HashKey = RawPathHash, testKey }, name: "GET", wantName: "GET", source: "inferred",
			in:   map[string]any{"url.path": "/carts/17"},
			want: map[string]any{"url.path": hashed("/carts/17"), "url.template": "/carts/{int}"},
		},
		"source": {
			change: func(c *Config) { c.Routes.SourceAttribute = "route.source" }, name: "GET", wantName: "GET", source: "inferred",
			in:   map[string]any{"url.path": "/carts/17"},
			want: map[string]any{"url.path": "/carts/17", "url.template": "/carts/{int}", "route.source": "inferred"},
		},
		"parameters": {
			change: func(c *Config) { templates(c); c.Routes.Parameters = ParametersPlain }, name: "GET", wantName: "GET", source: "template",
			in: map[string]any{"url.path": "/repos/otel/collector?tab=1"},
			want: map[string]any{
				"url.path": "/repos/otel/collector?tab=1", "url.template": "/repos/{owner}/{repo}", "http.route": "/repos/{owner}/{repo}",
				"http.route.param.owner": "otel", "http.route.param.repo": "collector",
			},
		},
		"parameters hashed": {
			change: func(c *Config) { c.Routes.Parameters, c.Routes.HashKey = ParametersHash, testKey }, name: "GET", wantName: "GET", source: "inferred",
			in:   map[string]any{"url.path": "/carts/17"},
			want: map[string]any{"url.path": "/carts/17", "url.template": "/carts/{int}", "http.route.param.int": hashed("17")},
		},
		"full URL in the name": {
			change: func(*Config) {}, name: "GET https://shop.example/carts/17?x=1", wantName: "GET https://shop.example/carts/{int}", source: "inferred",
			in:   map[string]any{"url.full": "https://shop.example/carts/17?x=1"},
			want: map[string]any{"url.full": "https://shop.example/carts/17?x=1", "url.template": "/carts/{int}"},
		},
		"full URL, path in the name": {
			change: func(*Config) {}, name: "GET /carts/17", wantName: "GET /carts/{int}", source: "inferred",
			in:   map[string]any{"url.full": "https://shop.example/carts/17#a"},
			want: map[string]any{"url.full": "https://shop.example/carts/17#a", "url.template": "/carts/{int}"},
		},
		"no path": {
			change: func(*Config) {}, name: "SELECT", wantName: "SELECT", source: "none",
			in: map[string]any{"db.system": "x"}, want: map[string]any{"db.system": "x"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, e, _ := newReading(t, tt.change).span(itemtest.Span(100, 1, func(s ptrace.Span) {
				s.SetName(tt.name)
				require.NoError(t, s.Attributes().FromRaw(tt.in))
			}))
			require.Equal(t, tt.want, s.Attributes().AsRaw())
			require.Equal(t, tt.wantName, s.Name())
			require.Equal(t, tt.source, e.source.String())
		})
	}
}

// testKey is a hash_key.
const testKey = "0123456789abcdef"

// hashed is what HMAC-SHA-256 says, by the library.
func hashed(text string) string {
	mac := hmac.New(sha256.New, []byte(testKey))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))[:32]
}

// Some keys say by their name that a path is that of a request, others do so beside a method.
func TestPatternsAreWrittenToLogs(t *testing.T) {
	for key, alone := range map[string]bool{
		"request_uri": true, "requestURI": true, "http.path": true, "http_path": true, "request.path": true, "url.path": true, "http.target": true,
		"req.url": true, "RequestPath": true, "cs-uri-stem": true, "path": false, "uri": false, "url": false, "request": false,
	} {
		t.Run(key, func(t *testing.T) {
			r := newReading(t, func(*Config) {})
			lr, _, _ := r.log(itemtest.Log(100, 1, func(lr plog.LogRecord) {
				lr.Attributes().PutStr(key, "/carts/17")
				if !alone {
					lr.Attributes().PutStr("method", "GET")
				}
			}))
			require.Equal(t, "/carts/{int}", lr.Attributes().AsRaw()["url.template"])
			require.Equal(t, "/carts/17", lr.Attributes().AsRaw()[key])
			require.EqualValues(t, 1, r.counted(tracebuffer.Log)("route_items", attribute.String("signal", "logs"), attribute.String("source", "inferred")))
		})
	}
}

func TestPatternsOfPathsInBodies(t *testing.T) {
	for name, body := range map[string]any{
		"JSON":     `{"level":"info","method":"GET","path":"/carts/17","status":200}`,
		"combined": `203.0.113.7 - - [10/Oct/2026:13:55:36 +0000] "GET /carts/17 HTTP/1.1" 200 2326 "-" "curl/8"`,
		"gin":      `[GIN] 2026/10/10 - 13:55:36 | 200 |      13.1µs |       10.0.0.1 | GET      "/carts/17"`,
		"logfmt":   `method=GET path=/carts/17 status=200`,
		"map":      map[string]any{"method": "GET", "path": "/carts/17", "status": 200},
		"nested":   map[string]any{"req": map[string]any{"method": "GET", "url": "/carts/17"}, "res": map[string]any{"statusCode": 200}},
		"journald": map[string]any{"MESSAGE": `10.0.0.1 - - [10/Oct/2026:13:55:36 +0000] "GET /carts/17 HTTP/1.1" 200 2`, "PRIORITY": "6"},
		"Docker":   `{"log":"{\"method\":\"GET\",\"path\":\"/carts/17\"}\n","stream":"stdout"}`,
		"Go's log": `2026/11/21 09:53:01 START: GET /carts/17`,
		"audit":    `{"level":"Metadata","requestURI":"/carts/17?limit=500\u0026x=0","verb":"list"}`,
	} {
		t.Run(name, func(t *testing.T) {
			lr, _, _ := newReading(t, func(*Config) {}).log(itemtest.Log(100, 1, func(lr plog.LogRecord) { require.NoError(t, lr.Body().FromRaw(body)) }))
			require.Equal(t, "/carts/{int}", lr.Attributes().AsRaw()["url.template"])
		})
	}
}

func TestPatternsStayUnderTheCap(t *testing.T) {
	r := newReading(t, func(c *Config) { c.Routes.MaxRoutes = 10 })
	seen := map[string]bool{}
	for _, word := range []string{"a", "b", "c", "d"} {
		for _, more := range []string{"w", "x", "y", "z"} {
			for range 5 {
				s, _, _ := r.span(itemtest.Span(1, 1, func(s ptrace.Span) { s.Attributes().PutStr("url.path", "/"+word+"/"+more) }))
				seen[s.Attributes().AsRaw()["url.template"].(string)] = true
			}
		}
	}
	require.LessOrEqual(t, len(seen), 10)
}
