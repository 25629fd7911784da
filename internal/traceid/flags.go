// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

// parseFlags reads trace flags (two hex digits), or a sampling decision in words. Debug is set by
// X-B3-Flags: 1 only.
func parseFlags(h hint, value string) (flags byte, debug, ok bool) {
	v := trimHexPrefix(trim(value))
	if h == hintB3 && v == "1" {
		return flagSampled, true, true
	}
	switch v {
	case "true", "True", "TRUE":
		return flagSampled, false, true
	case "false", "False", "FALSE":
		return 0, false, true
	}
	f, ok := hexUint(v)
	return byte(f), false, ok && len(v) <= 2
}
