// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package otlpwire

import (
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/protobuf/encoding/protowire"
)

// bounds is what a record may have for us to encode it. A record that has more is
// not encoded to its end.
type bounds struct {
	end   int // that dst may have
	most  int // messages inside of each other that an attribute or a body may have
	depth int // of the value at hand: the messages around it from there on, and itself
}

// maxDepth is how many messages inside of each other an attribute or a body may have,
// itself included, so that the library decodes it again (pdata v1.71,
// proto.RecursionLimit).
const maxDepth = 100

// The messages that lie in a value that is a list or a map, one in the other.
const (
	listDepth = 2 // ArrayValue, AnyValue
	mapDepth  = 3 // KeyValueList, KeyValue, AnyValue
)

// ownDepth is how deep values may lie for us to encode them. Whoever writes the length
// of a message behind its content moves that content, at every level; below the
// depth the library encodes, which reckons the lengths first.
const ownDepth = 8

func unbounded() *bounds { return &bounds{end: math.MaxInt, most: math.MaxInt} }

// full reports whether dst has become too large, from where it never comes back.
func (b *bounds) full(dst []byte) bool { return len(dst) > b.end }

func nests(v pcommon.Value) bool {
	return v.Type() == pcommon.ValueTypeMap || v.Type() == pcommon.ValueTypeSlice
}

// appendDeep appends an AnyValue that lies deep, by the library.
func (b *bounds) appendDeep(dst []byte, num protowire.Number, val pcommon.Value) []byte {
	if deeper(val, b.most-b.depth) {
		b.end = -1 // too deep is too large
		return dst
	}
	ld := plog.NewLogs()
	body := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty().Body()
	val.MoveTo(body)
	msg, _ := (&plog.ProtoMarshaler{}).MarshalLogs(ld) // cannot fail: the library marshals whatever it holds
	body.MoveTo(val)
	_ = Walk(msg, ignore, ignore, func(rec []byte) {
		for len(rec) > 0 {
			n, content, size, _ := field(rec)
			if n == logBody {
				dst = appendLength(append(dst, bytesTag(num)), len(content))
				dst = append(dst, content...)
			}
			rec = rec[size:]
		}
	})
	return dst
}

func ignore([]byte) {}

// deeper reports whether more than left messages lie in the value, one in the other.
func deeper(v pcommon.Value, left int) bool {
	switch v.Type() {
	case pcommon.ValueTypeSlice:
		if left < 1 || left < listDepth && v.Slice().Len() > 0 {
			return true
		}
		for _, in := range v.Slice().All() {
			if deeper(in, left-listDepth) {
				return true
			}
		}
	case pcommon.ValueTypeMap:
		return deeperMap(v.Map(), left)
	default: // a value without others in it is the last message
	}
	return false
}

func deeperMap(m pcommon.Map, left int) bool {
	if left < 1 || left < mapDepth && m.Len() > 0 {
		return true
	}
	for _, in := range m.All() {
		if deeper(in, left-mapDepth) {
			return true
		}
	}
	return false
}

// attributesLeft counts the attributes of a record as a map in a value: each is a
// KeyValue and an AnyValue, without the list.
const attributesLeft = maxDepth + 1

// TooDeep reports whether the attributes, of a record or of what is around it, have more
// messages inside of each other than the library decodes.
func TooDeep(attrs pcommon.Map) bool { return deeperMap(attrs, attributesLeft) }

// spanDeeper reports whether a span has more messages inside of each other than the
// library decodes, and logDeeper the same of a log record.
func spanDeeper(s ptrace.Span) bool {
	if TooDeep(s.Attributes()) {
		return true
	}
	for _, e := range s.Events().All() {
		if TooDeep(e.Attributes()) {
			return true
		}
	}
	for _, l := range s.Links().All() {
		if TooDeep(l.Attributes()) {
			return true
		}
	}
	return false
}

func logDeeper(lr plog.LogRecord) bool {
	return TooDeep(lr.Attributes()) || deeper(lr.Body(), maxDepth-1)
}
