// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Header is a propagation header among the attributes of an item: servers record
// the headers of the requests they get. Its trace id should be the item's own. The
// strings are borrowed.
type Header struct {
	Key   string // the attribute's; only its end is the name of the header
	Value string // "" for no header
}

// Read notes the attribute if its name ends like such a header's. Of a list the
// first value is taken.
func (h *Header) Read(key string, val pcommon.Value) {
	if len(key) > 1 && contextEnds[key[len(key)-2]] {
		h.read(key, val)
	}
}

// contextEnds are the bytes before the last of the names that isContext accepts. They rule out nearly all others
// without a call; the last ones are too common.
var contextEnds = [256]bool{'n': true, 'N': true, 'b': true, 'B': true, 'i': true, 'I': true}

func (h *Header) read(key string, val pcommon.Value) {
	if !isContext(key) {
		return
	}
	switch val.Type() {
	case pcommon.ValueTypeStr:
		h.Key, h.Value = key, val.Str()
	case pcommon.ValueTypeSlice:
		if val.Slice().Len() > 0 {
			h.Key, h.Value = key, val.Slice().At(0).Str()
		}
	}
}

// isContext reports whether the name ends like that of a header with a trace
// context.
func isContext(key string) bool {
	switch key[len(key)-1] {
	case 't', 'T':
		return hasSuffixFold(key, "traceparent")
	case '3':
		return hasSuffixFold(key, "b3")
	case 'd', 'D':
		return hasSuffixFold(key, "b3-traceid") || hasSuffixFold(key, "uber-trace-id")
	}
	return false
}

func hasSuffixFold(s, suffix string) bool {
	return len(s) >= len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix)
}
