// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package accesslog finds the HTTP request that a log is about: its method, path, route, status and user agent, as
// parts of the log. Logs so found can be given the route of their path although nobody has parsed them.
//
// One list of keys serves all carriers: [Lookup], [LookupIn] and [Enter] say what a key of the attributes or of a map body
// means, [Fields] takes the values, [Scan] does both for a text.
//
// # What is read
//
//	"GET /users/7?x=1 HTTP/1.1" 200          a request line in quotes: common and combined log format,
//	                                         nginx, Envoy, Traefik, gunicorn, uvicorn, Django, chi, Gorilla
//	GET /users/7 HTTP/1.1 200                the same without quotes, with a status
//	START: GET /users/7                      a label, arrow or verb before: Go's log package, Koa, Rails
//	GET /users/7 200 5.1 ms - 12             morgan, Next.js, at the head of the line
//	| 200 | 13.1µs | 10.0.0.1 | GET "/users/7"   Gin
//	| 200 | 13.1µs | 10.0.0.1 | GET | /users/7 | Fiber
//	2026-11-21 09:53:01 10.0.0.1 GET /users/7 - 443 - 10.0.0.2 curl - 200 0 0 15   IIS, CloudFront
//	{"method":"GET","uri":"/users/7","status":200}   JSON: Echo, Caddy, Kong, pino-http, Serilog, Google Cloud, Apache, HAProxy, …
//	{"verb":"list","requestURI":"/api/v1/pods"}      Kubernetes' audit log
//	method=GET path=/users/7 status=200      logfmt: lograge and others
//
// JSON may stand behind a prefix, and a line, which may be JSON again, in the message of a JSON record.
//
// # What is not
//
// A log that is wrongly taken for a request gets another's route, so evidence is asked for: words that
// could be prose count only in the exact places of a format, methods only if they are ones, and a plain
// path, url or uri only with a method, for it may be a file's or a client's. A plain status counts only with a method
// or a path. An address with a host
// counts only under the two names that servers use for their own requests with the host in it. Calls that a program makes (urllib3's
// request lines, url.full, addresses under url or http.url) are no requests to it. A path with escapes in it is not read,
// because a part of the body cannot undo them.
//
// # Cost
//
// Nothing is allocated, and at most [MaxBodyBytes] are read. A text is searched a few times by
// machine-speed searches for what all formats must have (" HTTP/", a slash behind a blank, a bar, = or :), so prose is refused in
// a fraction of a microsecond.
package accesslog
