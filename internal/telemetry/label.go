// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
)

// LabelName is the name of the label that an attribute of a resource is: what
// Prometheus' classic names do not hold is an underscore, so service.name is the label
// service_name. A dot would be another label to each reader: Prometheus 3 keeps it by
// default, earlier ones and other formats do not, and no query can name both.
func LabelName(key string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return r
		}
		return '_'
	}, key)
	if name != "" && '0' <= name[0] && name[0] <= '9' {
		return "_" + name
	}
	return name
}

// serviceLabel is the label of the service with the name.
func serviceLabel(name string) attribute.KeyValue { return attribute.String("service_name", name) }

// MaxLabelBytes is the longest value of a label.
const MaxLabelBytes = 256

// Label returns a text as the value of a label, which may share its memory: valid UTF-8 without control
// characters, at most MaxLabelBytes long. What is neither becomes U+FFFD, and what
// is too long is cut behind a whole character, so texts that begin alike become one.
// Whatever a sender chooses goes through here before it is a key of anything: one
// value that is no UTF-8 makes the whole page of metrics unreadable, and long ones
// take the memory of everything else.
func Label(text string) string {
	if begin := text[:min(len(text), MaxLabelBytes)]; isPlain(begin) {
		return begin
	}
	return string(appendLabel(nil, text))
}

// isPlain reports whether all of a text is printable ASCII.
func isPlain(text string) bool {
	for i := range len(text) {
		if text[i]-' ' >= 0x7f-' ' {
			return false
		}
	}
	return true
}

// appendLabel appends a text as the value of a label. It reads no more of it than
// the label takes.
func appendLabel(dst []byte, text string) []byte {
	if begin := text[:min(len(text), MaxLabelBytes)]; isPlain(begin) {
		return append(dst, begin...) // nearly always
	}
	end := len(dst) + MaxLabelBytes
	for _, r := range text { // what is no UTF-8 is read as U+FFFD
		if unicode.IsControl(r) {
			r = utf8.RuneError
		}
		if len(dst)+utf8.RuneLen(r) > end {
			break
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}
