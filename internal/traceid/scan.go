// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

import "strings"

// MaxBodyBytes is how much of a body is read. Container runtimes cut lines at 16 KiB, so nothing
// that arrives whole is longer.
const MaxBodyBytes = 16 << 10

// ScanBody finds the trace id that a log body states: a JSON object, logfmt, or free text with
// key=value pairs or one of the log prefixes of doc.go, also JSON behind a prefix. Malformed JSON is
// read as far as it goes. The body is borrowed and at most MaxBodyBytes of it are read.
func (k *Keys) ScanBody(body string) (Context, Reason) {
	if len(body) > MaxBodyBytes {
		body = body[:MaxBodyBytes]
	}
	var f Finder
	text, object := splitBody(body)
	if object != "" {
		k.scanJSON(&f, object)
	}
	if text != "" && !f.Found() {
		k.scanText(&f, text)
	}
	return f.Result()
}

// splitBody parts the text before a JSON object from the object.
func splitBody(body string) (text, object string) {
	if at := jsonStart(body); at >= 0 {
		return body[:at], body[at:]
	}
	return body, ""
}

// jsonStart returns where the first JSON object begins: a brace before a quote.
func jsonStart(body string) int {
	for at := 0; ; at++ {
		next := strings.IndexByte(body[at:], '{')
		if next < 0 {
			return -1
		}
		at += next
		rest := body[at+1:]
		for rest != "" && isBlank(rest[0]) {
			rest = rest[1:]
		}
		if rest != "" && rest[0] == '"' {
			return at
		}
	}
}
