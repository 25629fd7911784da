// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package accesslog

import "strings"

// pathIn returns the place of the path in a request target at the place in: without scheme and host, up to
// the query or fragment. It reports false for what is no path: the * of OPTIONS, the host and port of
// CONNECT, a file on Windows, a value with blanks or with escapes, which a part of the body cannot undo.
func pathIn(body string, in span, absolute bool) (span, bool) {
	v := in.of(body)
	if absolute {
		host := hostLen(v)
		in.start += host
		v = v[host:]
	}
	if v == "" || v[0] != '/' {
		return span{}, false
	}
	end := len(v)
	for i := range len(v) {
		switch c := v[i]; {
		case c == '?' || c == '#':
			end = i
		case c <= ' ' || c == '"' || c == '\\' || c == 0x7f:
			return span{}, false
		default:
			continue
		}
		break
	}
	return span{in.start, in.start + end}, true
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
