// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package logtrace

import (
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/logfield"
	"github.com/otelcol-correlation/correlationprocessor/internal/traceid"
)

// scanUnnamed looks for ids that stand in a text without a key, in forms so long and particular that
// nothing else has them: New Relic's decoration, Spring's brackets, and a traceparent.
func scanUnnamed(k *Keys, s string) (traceid.Context, bool) {
	if at := strings.Index(s, traceid.NewRelicMark); at >= 0 {
		if c, reason := traceid.HintNewRelic.Parse(s[at:]); reason == traceid.Found {
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

func scanBrackets(k *Keys, s string) (traceid.Context, bool) {
	var around surroundings
	for at := logfield.IndexFrom(s, 0, '['); at < len(s); at = logfield.IndexFrom(s, at+1, '[') {
		inside := s[at+1 : min(len(s), at+1+maxBracketLen)]
		end := strings.IndexByte(inside, ']')
		if end < 33 {
			continue
		}
		if c, ok := traceid.ParseSpring(inside[:end]); ok && around.ofForm(k, s, at) != foreign {
			return c, true
		}
	}
	return traceid.Context{}, false
}

// scanTraceparent finds a traceparent of version 00 that is a word of its own.
func scanTraceparent(k *Keys, s string) (traceid.Context, bool) {
	var around surroundings
	for at := 0; at+traceid.TraceparentLen <= len(s); at++ {
		next := strings.Index(s[at:], "00-")
		if next < 0 || at+next+traceid.TraceparentLen > len(s) {
			return traceid.Context{}, false
		}
		at += next
		end := at + traceid.TraceparentLen
		if at > 0 && logfield.IsKeyByte(s[at-1]) || end < len(s) && logfield.IsKeyByte(s[end]) {
			continue
		}
		if c, reason := noHint.Parse(s[at:end]); reason == traceid.Found && around.ofForm(k, s, at) != foreign {
			return c, true
		}
	}
	return traceid.Context{}, false
}
