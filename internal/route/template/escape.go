// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package template

import "strings"

// special are the bytes that mean something in a template.
const special = `\{}<>[]()*:+?# ^%`

// Escape returns text as Parse reads it for literal text. Slashes stay
// what they are.
func Escape(text string) string {
	if !strings.ContainsAny(text, special) {
		return text
	}
	var b strings.Builder
	for i := range len(text) {
		if strings.IndexByte(special, text[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(text[i])
	}
	return b.String()
}
