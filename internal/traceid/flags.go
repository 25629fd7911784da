// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

// ParseFlags reads trace flags (one or two hex digits), a sampling decision, or what .NET calls the flags. Debug is set by
// X-B3-Flags: 1 only. The value is borrowed.
func (h Hint) ParseFlags(value string) (flags byte, debug, ok bool) {
	v := trimHexPrefix(trim(value))
	if h == HintB3 && v == "1" {
		return flagSampled, true, true
	}
	switch v {
	case "true", "True", "TRUE", "Recorded":
		return flagSampled, false, true
	case "false", "False", "FALSE", "None":
		return 0, false, true
	}
	f, ok := HexUint(v)
	return byte(f), false, ok && len(v) <= 2
}
