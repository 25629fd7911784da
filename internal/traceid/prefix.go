// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

import (
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/logfield"
)

// scanUnnamed looks for ids that stand in a text without a key, in forms so long and particular that
// nothing else has them: New Relic's decoration, Spring's brackets, and a traceparent.
func scanUnnamed(k *Keys, s string) (Context, bool) {
	if at := strings.Index(s, newRelicMark); at >= 0 {
		if c, reason := parse(hintNewRelic, s[at:]); reason == Found {
			return c, true
		}
	}
	if c, ok := scanBrackets(k, s); ok {
		return c, true
	}
	return scanTraceparent(k, s)
}

// maxBracketLen bounds the text in a Spring prefix: the name of the application and two ids.
const maxBracketLen = 160

func scanBrackets(k *Keys, s string) (Context, bool) {
	var around surroundings
	for at := logfield.IndexFrom(s, 0, '['); at < len(s); at = logfield.IndexFrom(s, at+1, '[') {
		inside := s[at+1 : min(len(s), at+1+maxBracketLen)]
		end := strings.IndexByte(inside, ']')
		if end < 33 {
			continue
		}
		if c, ok := parseSpring(inside[:end]); ok && around.ofForm(k, s, at) != foreign {
			return c, true
		}
	}
	return Context{}, false
}

// scanTraceparent finds a traceparent of version 00 that is a word of its own.
func scanTraceparent(k *Keys, s string) (Context, bool) {
	var around surroundings
	for at := 0; at+traceparentLen <= len(s); at++ {
		next := strings.Index(s[at:], "00-")
		if next < 0 || at+next+traceparentLen > len(s) {
			return Context{}, false
		}
		at += next
		end := at + traceparentLen
		if at > 0 && logfield.IsKeyByte(s[at-1]) || end < len(s) && logfield.IsKeyByte(s[end]) {
			continue
		}
		if c, ok := parseTraceparent(s[at:end]); ok && !c.TraceID.IsZero() && around.ofForm(k, s, at) != foreign {
			return c, true
		}
	}
	return Context{}, false
}
