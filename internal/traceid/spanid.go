// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

import "encoding/binary"

// ParseSpanID reads a span id: 16 hex digits, fewer where leading zeros were lost, or a decimal number under a
// Datadog key and wherever there are 17 to 20 digits. It reports false for the zero id. The value is borrowed.
func (h Hint) ParseSpanID(value string) ([8]byte, bool) {
	v := trim(value)
	if h == HintDatadog || len(v) > 16 && len(v) <= 20 {
		if s, ok := decimalUint(v); ok {
			return spanID(s), s != 0
		}
	}
	if id, ok := hexSpanID(trimHexPrefix(v)); ok {
		return id, true
	}
	return trimmedSpanID(v)
}

// hexSpanID reads 16 hex digits, not all of them zero.
func hexSpanID(v string) ([8]byte, bool) {
	s, ok := HexUint(v)
	if !ok || len(v) != 16 || s == 0 {
		return [8]byte{}, false
	}
	return spanID(s), true
}

func spanID(v uint64) (id [8]byte) {
	binary.BigEndian.PutUint64(id[:], v)
	return id
}
