// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

func isDigit(c byte) bool { return c-'0' < 10 }

// lower folds capital letters of ASCII and leaves all else.
func lower(c byte) byte {
	if c-'A' < 26 {
		return c + ('a' - 'A')
	}
	return c
}

// trim removes blanks and one pair of quotes around the value.
func trim(v string) string {
	for v != "" && isBlank(v[0]) {
		v = v[1:]
	}
	for v != "" && isBlank(v[len(v)-1]) {
		v = v[:len(v)-1]
	}
	if n := len(v); n >= 2 && v[0] == v[n-1] && (v[0] == '"' || v[0] == '\'') {
		return v[1 : n-1]
	}
	return v
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// trimHexPrefix removes the 0x that the OpenTelemetry Python SDK prints before its ids.
func trimHexPrefix(v string) string {
	if len(v) > 2 && v[0] == '0' && (v[1] == 'x' || v[1] == 'X') {
		return v[2:]
	}
	return v
}

// cut splits v at the first sep. Unlike strings.Cut it takes a byte and says nothing of absence:
// rest is empty then.
func cut(v string, sep byte) (before, rest string) {
	for i := range len(v) {
		if v[i] == sep {
			return v[:i], v[i+1:]
		}
	}
	return v, ""
}

// trimLabel removes the label that SkyWalking's and X-Ray's toolkits put into the value itself, so that
// a pattern need not name it: "TID: …" and "AWS-XRAY-TRACE-ID: …".
func trimLabel(v string) string {
	for _, label := range [...]string{"TID:", "AWS-XRAY-TRACE-ID:"} {
		if len(v) > len(label) && v[:len(label)] == label {
			return trim(v[len(label):])
		}
	}
	return v
}
