// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package record

import "strings"

// levelKeys are the keys logging libraries write a record's level under.
var levelKeys = [...]string{"level", "severity", "lvl"}

// isLevelKey reports whether a key of a structured body holds the level.
func isLevelKey(key string) bool {
	for _, k := range levelKeys {
		if strings.EqualFold(k, key) {
			return true
		}
	}
	return key == "log.level" || key == "severity_text"
}

// maxLevelBytes is how far into a body its level is looked for: libraries write
// it among the first fields.
const maxLevelBytes = 1 << 10

// bodyLevel returns the level that a JSON or logfmt body states, or "".
func bodyLevel(text string) string {
	text = text[:min(len(text), maxLevelBytes)]
	for _, key := range levelKeys {
		for rest := text; ; {
			_, after, found := strings.Cut(rest, key)
			if !found {
				break
			}
			before := text[:len(text)-len(after)-len(key)]
			if level := levelAfter(before, after); level != "" {
				return level
			}
			rest = after
		}
	}
	return ""
}

// levelAfter returns the word that is the value of the key between the two texts,
// if it is a key: in quotes and with a colon behind, or after a space and with =
// behind.
func levelAfter(before, after string) string {
	switch {
	case strings.HasSuffix(before, `"`) && strings.HasPrefix(after, `"`):
		value, colon := strings.CutPrefix(strings.TrimLeft(after[1:], " "), ":")
		value, quoted := strings.CutPrefix(strings.TrimLeft(value, " "), `"`)
		if colon && quoted {
			return word(value)
		}
	case before == "" || strings.HasSuffix(before, " ") && before[0] != '{':
		if value, ok := strings.CutPrefix(after, "="); ok {
			return word(strings.TrimPrefix(value, `"`))
		}
	}
	return ""
}

// word returns the letters text begins with.
func word(text string) string {
	n := 0
	for n < len(text) && (text[n]|0x20 >= 'a' && text[n]|0x20 <= 'z') {
		n++
	}
	return text[:n]
}
