// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package accesslog

import "strings"

// pathIn returns the place of the path in a request target: without scheme and host, up to
// the query or fragment. It reports false for what is no path: the * of OPTIONS, the host and port of
// CONNECT, a file on Windows, a value with blanks or with escapes, which a part of the body cannot undo.
func pathIn(v string, absolute bool) (start, end int, ok bool) {
	if absolute {
		start = hostLen(v)
	}
	if start == len(v) || v[start] != '/' {
		return 0, 0, false
	}
	for end = start; end < len(v); end++ {
		switch c := v[end]; {
		case c == '?' || c == '#':
			return start, end, true
		case c <= ' ' || c == '"' || c == '\\' || c == 0x7f:
			return 0, 0, false
		}
	}
	return start, end, true
}

// hostLen returns the length of the scheme and host at the start of v, 0 if there are none.
func hostLen(v string) int {
	if v == "" || v[0]|0x20 != 'h' {
		return 0
	}
	for _, scheme := range [...]string{"http://", "https://"} {
		if len(v) > len(scheme) && strings.EqualFold(v[:len(scheme)], scheme) {
			if slash := strings.IndexAny(v[len(scheme):], "/?#"); slash >= 0 {
				return len(scheme) + slash
			}
		}
	}
	return 0
}

// target splits METHOD target, and returns the place of the path in it.
func target(v string) (method string, start, end int, ok bool) {
	blank := strings.IndexByte(v, ' ')
	if blank < 0 || !isMethod(v[:blank]) || !isUpper(v[:blank]) {
		return "", 0, 0, false
	}
	start, end, ok = pathIn(v[blank+1:], true)
	return v[:blank], blank + 1 + start, blank + 1 + end, ok
}
