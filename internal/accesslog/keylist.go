// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package accesslog

import "github.com/otelcol-correlation/correlationprocessor/internal/logfield"

// kind says what a key holds.
type kind uint8

const (
	kindNone kind = iota
	kindMethod
	kindVerb // one of Kubernetes', which stands for a method
	kindPath
	kindStatus
	// kindLine: a whole request line, METHOD target HTTP/version, or its path.
	kindLine
	kindRoute
	kindAgent
)

// Key is what a name means. The zero value is that of a name that means nothing. The compiler keeps a struct in
// registers up to four fields.
type Key struct {
	kind kind
	// rank: of several fields of a kind the one with the lowest counts.
	rank uint8
	// sure is set where the name alone says that the value is that of an HTTP request. A plain "path" may be
	// that of a file, and a plain "status" that of a job, so they count only with a method.
	sure bool
	// absolute is set where a scheme and a host may stand before the path. Under other names an address is
	// more often that of a call to another service.
	absolute bool
}

// Known reports whether a value under the key is to be offered.
func (k Key) Known() bool { return k.kind != kindNone }

// IsPath reports whether the key may hold a path, or a request line.
func (k Key) IsPath() bool { return k.kind == kindPath || k.kind == kindLine }

// Rank is the place of the key among those that hold the same: the lowest is the best.
func (k Key) Rank() int { return int(k.rank) }

// Sure reports whether a value under the key belongs to an HTTP request whatever stands beside it.
func (k Key) Sure() bool { return k.sure }

// methodNames, statusNames and lineNames are in the order of their rank.
var (
	methodNames = []string{
		"http.request.method",          // semantic conventions, Elastic Common Schema
		"http.method",                  // the conventions before 1.21, Datadog, HAProxy's http_method
		"request_method",               // nginx, Traefik's and Serilog's RequestMethod
		"httpRequest.requestMethod",    // Google Cloud
		"req.method", "request.method", // pino-http, Caddy, Kong
		"cs_method", // W3C extended log format: IIS, CloudFront
		verbName, "method",
	}
	statusNames = []string{
		"http.response.status_code", "http.status_code", "httpRequest.status", "response.status_code",
		"response.status", "res.statusCode", "res.status", "DownstreamStatus", "response_code", "response_status",
		"status_code", "sc_status", "http.status", "responseStatus.code", "status",
	}
	lineNames = []string{
		"request", // nginx; in Apache's JSON often the path only
		"request_line", "http.request_line", "RequestLine",
		"http_request", // HAProxy
	}
	agentNames = []string{
		"user_agent.original", "http.user_agent", "user_agent", "httpRequest.userAgent", "req.headers.user-agent",
	}
)

// verbName is the key under which Kubernetes' audit log has what is to be done to a resource.
const verbName = "verb"

// sureStatus is how many of statusNames say by themselves that the status is one of HTTP.
const sureStatus = 3

// pathNames are in the order of their rank, those that need no method first.
var pathNames = []struct {
	name           string
	sure, absolute bool
}{
	{"url.path", true, false},    // semantic conventions, Elastic Common Schema
	{"http.target", true, false}, // the conventions before 1.21
	{"http.path", true, false},
	{"http.request.path", true, false},
	{"request_path", true, false}, // Serilog, Traefik
	{"request.path", true, false},
	{"req.path", true, false},
	{"req.originalUrl", true, false},
	{"req.url", true, false},               // pino-http
	{"httpRequest.requestUrl", true, true}, // Google Cloud
	{"httpRequest.requestPath", true, false},
	{"url.original", true, true}, // Elastic Common Schema
	{"http.request.uri", true, false},
	{"http.url_details.path", true, false}, // Datadog
	{"http.url", true, false},
	{"cs_uri_stem", true, false},  // W3C extended log format: IIS, CloudFront
	{"request_uri", true, false},  // nginx, Caddy, Kubernetes' audit log
	{"request.url", false, false}, // Kong
	{"request_url", false, false},
	{"path", false, false},
	{"uri", false, false}, // Echo
	{"url", false, false},
}

// containers are the objects in which logging libraries keep the fields of a record.
var containers = []string{
	"attributes", "context", "contextMap", "extra", "fields", "json", "jsonPayload", "labels", "log", "mdc", "meta",
	"metadata", "properties", "record",
}

// keys is read-only.
var keys = newKeys()

func newKeys() *logfield.Dict[Key] {
	d := &logfield.Dict[Key]{}
	for i, name := range methodNames {
		k := Key{kind: kindMethod, rank: uint8(i + 1), sure: i < 2}
		if name == verbName {
			k.kind = kindVerb
		}
		d.Add(name, k)
	}
	for i, name := range statusNames {
		d.Add(name, Key{kind: kindStatus, rank: uint8(i + 1), sure: i < sureStatus})
	}
	for i, p := range pathNames {
		d.Add(p.name, Key{kind: kindPath, rank: uint8(i + 1), sure: p.sure, absolute: p.absolute})
	}
	for i, name := range lineNames {
		d.Add(name, Key{kind: kindLine, rank: uint8(len(pathNames) + i + 1)})
	}
	for i, name := range agentNames {
		d.Add(name, Key{kind: kindAgent, rank: uint8(i + 1)})
	}
	d.Add("http.route", Key{kind: kindRoute, rank: 1})
	for _, name := range containers {
		d.AddContainer(name)
	}
	return d
}

// Scope is the path of a nested object inside of which keys are looked up. The zero value is the top.
type Scope = logfield.Scope

// Lookup returns what a key at the top means. Case is ignored, and so are the separators . _ - and /.
func Lookup(key string) Key { return keys.Lookup(key) }

// LookupIn returns what a key inside of a nested object means. Where it is inlined into another package, the compiler does
// not see that the dictionary keeps no scope, and moves it to the heap.
//
//go:noinline
func LookupIn(s *Scope, key string) Key { return keys.LookupIn(s, key) }

// Enter returns the scope of the object under key in s, or false if nothing of the request can be in it.
func Enter(s Scope, key string) (Scope, bool) { return keys.Enter(s, key) }
