// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package accesslog finds, in the body of a log, the HTTP request that the log is about: its method, path and
// status, as parts of the body. Logs so found can be given the route of their path although nobody has
// parsed them.
//
// # What is read
//
//	"GET /users/7?x=1 HTTP/1.1" 200          a request line in quotes: common and combined log format,
//	                                         nginx, Envoy, Traefik, gunicorn, uvicorn, Django, chi, Gorilla
//	| 200 | 13.1µs | 10.0.0.1 | GET "/users/7"   Gin
//	| 200 | 13.1µs | 10.0.0.1 | GET | /users/7 | Fiber
//	GET /users/7 200 5.1 ms - 12             morgan, at the start of the line
//	{"method":"GET","uri":"/users/7","status":200}   JSON: Echo, Caddy, Kong, pino-http, Serilog, Google Cloud, …
//	method=GET path=/users/7 status=200      logfmt: lograge and others
//
// JSON may stand behind a prefix, and a line may stand in the message of a JSON record.
//
// # What is not
//
// A log that is wrongly taken for a request gets another's route, so evidence is asked for: words that
// could be prose count only in the exact places of a format, methods only if they are ones, and a plain
// path, url or uri only with a method, for it may be a file's or a client's. An address with a host
// counts only under the two names that servers use for their own requests with the host in it. Calls that a program makes (urllib3's
// request lines, url.full, addresses under url or http.url) are no requests to it. A path with escapes in it is not read,
// because a part of the body cannot undo them.
//
// # Cost
//
// Nothing is allocated, and at most [MaxBodyBytes] are read. A text is searched three times by
// machine-speed searches for what all formats must have (" HTTP/", a bar, = or :), so prose is refused in
// a fraction of a microsecond.
package accesslog
