// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package accesslog

import "github.com/otelcol-correlation/correlationprocessor/internal/logfield"

// kind says what a key holds.
type kind uint8

const (
	kindNone kind = iota
	kindMethod
	kindPath
	kindStatus
	// kindLine: a whole request line, METHOD target HTTP/version.
	kindLine
)

// key is what a name means. Of several fields of a kind the one with the lowest rank counts.
type key struct {
	kind kind
	rank uint8
	// sure is set where the name alone says that the path is that of an HTTP request. A plain "path" may be
	// that of a file, so it counts only with a method.
	sure bool
	// absolute is set where a scheme and a host may stand before the path. Under other names an address is
	// more often that of a call to another service.
	absolute bool
}

// methodNames, statusNames and lineNames are in the order of their rank.
var (
	methodNames = []string{
		"http.request.method",          // semantic conventions, Elastic Common Schema
		"http.method",                  // the conventions before 1.21, Datadog
		"request_method",               // nginx, Traefik's and Serilog's RequestMethod
		"httpRequest.requestMethod",    // Google Cloud
		"req.method", "request.method", // pino-http, Caddy, Kong
		"http_method", "cs_method", "verb", "method",
	}
	statusNames = []string{
		"http.response.status_code", "http.status_code", "httpRequest.status", "response.status_code",
		"response.status", "res.statusCode", "res.status", "DownstreamStatus", "response_code", "response_status",
		"status_code", "sc_status", "http.status", "status",
	}
	lineNames = []string{"request", "request_line", "http.request_line", "RequestLine"}
)

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
	{"request_uri", false, false}, // nginx
	{"request.uri", false, false}, // Caddy
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

func newKeys() *logfield.Dict[key] {
	d := &logfield.Dict[key]{}
	for kind, names := range map[kind][]string{kindMethod: methodNames, kindStatus: statusNames, kindLine: lineNames} {
		for i, name := range names {
			d.Add(name, key{kind: kind, rank: uint8(i + 1)})
		}
	}
	for i, p := range pathNames {
		d.Add(p.name, key{kind: kindPath, rank: uint8(i + 1), sure: p.sure, absolute: p.absolute})
	}
	for _, name := range containers {
		d.AddContainer(name)
	}
	return d
}
