// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package record

import "strings"

// noteProtocol notes what an attribute's key says of the protocol of the span's call.
func (v *Span) noteProtocol(key string) {
	if len(key) < len("url.x") {
		return
	}
	switch key[0] {
	case 'h':
		v.http = v.http || strings.HasPrefix(key, "http.")
	case 'u':
		v.http = v.http || strings.HasPrefix(key, "url.")
	case 'd', 'r', 'm':
		switch key {
		case "db.system", "db.system.name", "rpc.system", "rpc.system.name", "messaging.system":
			v.otherProtocol = true
		}
	}
}

// IsHTTP reports whether the span has an attribute of HTTP or of URLs.
func (v *Span) IsHTTP() bool {
	return v.http || v.Path.Text != "" || v.Method != "" || v.Route != "" || v.Status != 0
}

// PathInName returns the path or the URL in the span's name, or "": "GET /users/1" always
// is about a request and "/users/1" if its attributes say so, but "SELECT /* hint */ x", "a / b"
// and "step 3 / 7" are not, and neither are the names of calls to databases, queues and
// RPC services.
func (v *Span) PathInName(name string) string {
	i := strings.IndexByte(name, '/')
	if i < 0 {
		return ""
	}
	if name[i:] == "/" && (v.Status == 404 || v.Status == 405) {
		return "" // what a framework calls a request that it has no route for
	}
	start := len(strings.TrimSuffix(strings.TrimSuffix(name[:i], "http:"), "https:"))
	switch {
	case startsRequest(name[:start]) && (v.IsHTTP() || !v.otherProtocol):
		return name[start:]
	case i > 0 && name[i-1] != ' ', v.otherProtocol, !v.IsHTTP(), strings.IndexByte(name[i:], ' ') >= 0:
		return ""
	}
	return name[i:]
}

// startsRequest reports whether the text is a method of HTTP and a blank. Words that
// are commands of databases as well are left out.
func startsRequest(text string) bool {
	switch text {
	case "GET ", "HEAD ", "POST ", "PUT ", "PATCH ", "DELETE ", "OPTIONS ", "TRACE ", "CONNECT ", "QUERY ", "PROPFIND ", "PURGE ":
		return true
	}
	return false
}
