// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package accesslog

import "strings"

// requestLine finds METHOD target HTTP/version between quotes, the part that the common and the
// combined log format, nginx, Envoy, Traefik, gunicorn, uvicorn, Django, chi and Gorilla share, and the
// status behind it.
//
// Sources: https://httpd.apache.org/docs/2.4/logs.html#accesslog,
// https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format,
// https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#default-format-string,
// the loggers of chi (middleware/logger.go) and gorilla/handlers (logging.go).
func (s *scan) requestLine(in span) (Request, bool) {
	for at := in.start; at < in.end; {
		next := strings.Index(s.body[at:in.end], " HTTP/")
		if next < 0 {
			return Request{}, false
		}
		target := at + next
		at = target + len(" HTTP/")
		// The quote behind is asked for first: it ends the search backwards of the next attempt, so that
		// all of them together stay linear.
		behind, ok := versionEnd(s.body[:in.end], at)
		if !ok {
			continue
		}
		open := in.start + strings.LastIndexByte(s.body[in.start:target], '"') + 1
		if open == in.start || isOutgoing(s.body[in.start:open-1]) {
			continue
		}
		if method, path, ok := s.target(span{open, target}); ok {
			return s.found(method, path, statusBehind(s.body[behind:in.end])), true
		}
	}
	return Request{}, false
}

// versionEnd returns the place behind the quote that closes a request line, whose version begins at at.
// Within JSON the quote has a backslash before it.
func versionEnd(s string, at int) (int, bool) {
	digits := at
	for digits < len(s) && (s[digits]-'0' <= 9 || s[digits] == '.') {
		digits++
	}
	quote := digits
	if quote < len(s) && s[quote] == '\\' {
		quote++
	}
	return quote + 1, digits > at && quote < len(s) && s[quote] == '"'
}

// isOutgoing reports whether an address with a scheme stands right before the quote. So Python's urllib3
// writes the requests that a program makes.
func isOutgoing(before string) bool {
	before = strings.TrimRight(before, " \\")
	word := before[strings.LastIndexByte(before, ' ')+1:]
	return strings.Contains(word, "://")
}

// maxPeerLen bounds the address between chi's "from" and the dash before the status.
const maxPeerLen = 64

// statusBehind reads the status that follows a request line, after blanks or after chi's "from address -".
// HAProxy and load balancers write it elsewhere; 0 then.
func statusBehind(s string) int {
	s = strings.TrimLeft(s, " ")
	if rest, ok := strings.CutPrefix(s, "from "); ok {
		rest = rest[:min(len(rest), maxPeerLen)]
		_, s, _ = strings.Cut(rest, " - ")
	}
	status, _ := parseStatus(s)
	return status
}
