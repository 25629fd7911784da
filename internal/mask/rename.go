// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package mask

import (
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
)

// Renamed returns a span's name with the pattern in the place of the path, wherever it
// stands, with a query behind it or without, escaped or not. The path may be a URL. It
// returns "" if there is nothing to do.
func Renamed(name, path, pattern string) string {
	path = record.BarePath(path)
	if path == "" || path == "/" || path == pattern || strings.IndexByte(name, '/') < 0 {
		return ""
	}
	if out := replacePath(name, path, pattern); out != "" {
		return out
	}
	if strings.IndexByte(name, '%') < 0 && strings.IndexByte(path, '%') < 0 {
		return ""
	}
	return replacePath(unescape(name), unescape(path), pattern)
}

// replacePath replaces the path where it is not the beginning of another one, and "" if
// it is not there.
func replacePath(text, path, pattern string) (out string) {
	start, done := 0, 0
	for {
		i := strings.Index(text[start:], path)
		if i < 0 {
			break
		}
		i += start
		start = i + len(path)
		if start < len(text) && strings.IndexByte(" ?#\"',;)]}", text[start]) < 0 {
			continue
		}
		out += text[done:i] + pattern
		done = start
		if start < len(text) && (text[start] == '?' || text[start] == '#') {
			done = len(text)
			if blank := strings.IndexByte(text[start:], ' '); blank >= 0 {
				done = start + blank
			}
			start = done
		}
	}
	if out == "" {
		return ""
	}
	return out + text[done:]
}
