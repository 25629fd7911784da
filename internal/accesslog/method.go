// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package accesslog

// isMethod reports whether m is a method of HTTP, WebDAV or a cache, in either case. Which word stands
// where a method stands is what tells requests from prose, so others are not taken.
// Sources: RFC 9110 section 9, RFC 5789, RFC 4918 section 9, RFC 3253, the IANA registry of HTTP methods.
func isMethod(m string) bool {
	var buf [maxMethodLen]byte
	if len(m) > len(buf) {
		return false
	}
	for i := range len(m) {
		buf[i] = m[i] &^ 0x20
	}
	switch string(buf[:len(m)]) {
	case "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY",
		"PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "SEARCH", "REPORT", "PURGE":
		return true
	}
	return false
}

// methodOfVerb returns the method by which a client of Kubernetes' API asks for a verb of the audit log, or what it
// was given. Source: https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb
func methodOfVerb(v string) string {
	switch v {
	case "get", "list", "watch":
		return "GET"
	case "create":
		return "POST"
	case "update":
		return "PUT"
	case "patch":
		return "PATCH"
	case "delete", "deletecollection":
		return "DELETE"
	}
	return v
}

const maxMethodLen = len("PROPPATCH")

// isUpper reports whether m is in capitals, as request lines have it.
func isUpper(m string) bool {
	for i := range len(m) {
		if m[i]-'A' >= 26 {
			return false
		}
	}
	return true
}

// parseStatus reads the three digits of a status code, 100 to 599, and what they are part of must end
// with them.
func parseStatus(v string) (int, bool) {
	if len(v) < 3 || v[0]-'1' > 4 || v[1]-'0' > 9 || v[2]-'0' > 9 {
		return 0, false
	}
	if len(v) > 3 && v[3]-'0' <= 9 {
		return 0, false
	}
	return int(v[0]-'0')*100 + int(v[1]-'0')*10 + int(v[2]-'0'), true
}
