// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package mask

import (
	"slices"
	"strings"
	"sync"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
)

// maxMasked is the longest path whose segments are told apart. Of an item with a longer
// one every word with a slash in it is hidden.
const maxMasked = 4096

// maxValues is how many values each segment of a text is compared with, and maxOdd how
// many of them each text is searched for.
const (
	maxValues = 64
	maxOdd    = 16
)

// hider hides the values in a path wherever a text says them: in the place of a
// segment stands that of the pattern, and queries are cut. It is for one goroutine.
type hider struct {
	path    string   // without host and query; "" hides nothing
	pattern string   // "" for none
	values  []hidden // what is in its segments
	odd     []hidden // of these, the values that do not end where a word ends
	all     bool     // the path is too long to tell its segments apart
	urls    bool     // other URLs are hidden as well
	changed bool     // the text that is looked at
	// scratch
	out             []byte
	names, segments []string
}

// hidden is an unescaped value, and what stands in its place.
type hidden struct{ value, name string }

var hiders = sync.Pool{New: func() any { return new(hider) }}

// anySegment stands in the place of what the pattern says nothing of.
const anySegment = "{param}"

// read makes it hide the path, which may be a URL.
func (h *hider) read(path, pattern string) {
	h.path, h.pattern = record.BarePath(path), pattern
	h.values, h.odd, h.all = h.values[:0], h.odd[:0], len(path) > maxMasked
	if h.all {
		return
	}
	h.names = appendSegments(h.names[:0], pattern)
	h.segments = appendSegments(h.segments[:0], h.path)
	for i, value := range h.segments {
		name := anySegment
		if len(h.names) == len(h.segments) {
			name = h.names[i]
		}
		h.hide(unescape(value), name)
	}
	h.all = len(h.values) > maxValues || len(h.odd) > maxOdd
}

// hide notes a value, unless the pattern has it as literal text. What is in front of
// an extension, a verb or a matrix parameter is one by itself, and so is what an
// escaped slash divides.
func (h *hider) hide(value, name string) {
	if value == "" || slices.Contains(h.names, value) {
		return
	}
	h.values = append(h.values, hidden{value, name})
	if wordEnd(value) < len(value) {
		h.odd = append(h.odd, hidden{value, name})
	}
	if i := strings.IndexAny(value, ".:;"); i > 0 {
		h.hide(value[:i], anySegment)
	}
	if _, parameters, ok := strings.Cut(value, ";"); ok {
		for p := range strings.SplitSeq(parameters, ";") {
			_, p, _ = strings.Cut(p, "=")
			h.hide(p, anySegment)
		}
	}
	if strings.IndexByte(value, '/') >= 0 {
		for part := range strings.SplitSeq(value, "/") {
			h.hide(part, anySegment)
		}
	}
}

// nameOf returns what stands in the place of an unescaped value.
func (h *hider) nameOf(value string) (string, bool) {
	for i := range h.values {
		if h.values[i].value == value {
			return h.values[i].name, true
		}
	}
	return "", false
}

func appendSegments(dst []string, path string) []string {
	for s := range strings.SplitSeq(path, "/") {
		if s != "" {
			dst = append(dst, s)
		}
	}
	return dst
}

// value masks the texts in a value.
func (h *hider) value(v pcommon.Value) {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		if h.touches(v.Str()) {
			v.SetStr(h.text(v.Str()))
		}
	case pcommon.ValueTypeMap:
		for _, val := range v.Map().All() {
			h.value(val)
		}
	case pcommon.ValueTypeSlice:
		for _, val := range v.Slice().All() {
			h.value(val)
		}
	default: // no text
	}
}
