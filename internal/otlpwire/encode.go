// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package otlpwire

import (
	"encoding/binary"
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/protobuf/encoding/protowire"
)

// Spans and log records are encoded one by one into memory that is used again.
// The library's marshaler takes a whole message: it walks it twice, once for its
// size, and makes and clears memory for it, which costs twice as much (ADR 4).
// A test holds the bytes to what the library makes of them and of the original,
// and Encoder looks for fields that a newer library has and this file has not.

// Field numbers of opentelemetry-proto v1 (trace.proto, logs.proto, common.proto).
const (
	spanTraceID       protowire.Number = 1
	spanSpanID        protowire.Number = 2
	spanTraceState    protowire.Number = 3
	spanParentSpanID  protowire.Number = 4
	spanName          protowire.Number = 5
	spanKind          protowire.Number = 6
	spanStart         protowire.Number = 7
	spanEnd           protowire.Number = 8
	spanAttributes    protowire.Number = 9
	spanDroppedAttrs  protowire.Number = 10
	spanEvents        protowire.Number = 11
	spanDroppedEvents protowire.Number = 12
	spanLinks         protowire.Number = 13
	spanDroppedLinks  protowire.Number = 14
	spanStatus        protowire.Number = 15
	spanFlagsField    protowire.Number = 16

	eventTime         protowire.Number = 1
	eventName         protowire.Number = 2
	eventAttributes   protowire.Number = 3
	eventDroppedAttrs protowire.Number = 4

	linkTraceID      protowire.Number = 1
	linkSpanID       protowire.Number = 2
	linkTraceState   protowire.Number = 3
	linkAttributes   protowire.Number = 4
	linkDroppedAttrs protowire.Number = 5
	linkFlags        protowire.Number = 6

	statusMessage protowire.Number = 2
	statusCode    protowire.Number = 3

	logTime         protowire.Number = 1
	logSeverity     protowire.Number = 2
	logSeverityText protowire.Number = 3
	logBody         protowire.Number = 5
	logAttributes   protowire.Number = 6
	logDroppedAttrs protowire.Number = 7
	logFlags        protowire.Number = 8
	logTraceID      protowire.Number = 9
	logSpanID       protowire.Number = 10
	logObserved     protowire.Number = 11
	logEventName    protowire.Number = 12

	keyValueKey   protowire.Number = 1
	keyValueValue protowire.Number = 2

	anyString protowire.Number = 1
	anyBool   protowire.Number = 2
	anyInt    protowire.Number = 3
	anyDouble protowire.Number = 4
	anyArray  protowire.Number = 5
	anyMap    protowire.Number = 6
	anyBytes  protowire.Number = 7

	listValues protowire.Number = 1 // of ArrayValue and KeyValueList
)

// AppendSpan appends a span as OTLP, however large it is and however deep.
func AppendSpan(dst []byte, s ptrace.Span) []byte { return appendSpan(dst, s, unbounded()) }

func appendSpan(dst []byte, s ptrace.Span, b *bounds) []byte {
	dst = appendTraceID(dst, spanTraceID, s.TraceID())
	dst = appendSpanID(dst, spanSpanID, s.SpanID())
	dst = appendString(dst, spanTraceState, s.TraceState().AsRaw())
	dst = appendSpanID(dst, spanParentSpanID, s.ParentSpanID())
	dst = appendFixed32(dst, spanFlagsField, s.Flags())
	dst = appendString(dst, spanName, s.Name())
	dst = appendUint(dst, spanKind, uint64(s.Kind()))
	dst = appendFixed64(dst, spanStart, uint64(s.StartTimestamp()))
	dst = appendFixed64(dst, spanEnd, uint64(s.EndTimestamp()))
	b.depth = 2
	dst = appendAttributes(dst, spanAttributes, s.Attributes(), b)
	dst = appendUint(dst, spanDroppedAttrs, uint64(s.DroppedAttributesCount()))
	for _, e := range s.Events().All() {
		if !b.full(dst) {
			dst = appendEvent(dst, e, b)
		}
	}
	dst = appendUint(dst, spanDroppedEvents, uint64(s.DroppedEventsCount()))
	for _, l := range s.Links().All() {
		if !b.full(dst) {
			dst = appendLink(dst, l, b)
		}
	}
	dst = appendUint(dst, spanDroppedLinks, uint64(s.DroppedLinksCount()))
	return appendStatus(dst, s.Status())
}

func appendEvent(dst []byte, e ptrace.SpanEvent, b *bounds) []byte {
	dst, start := openMessage(dst, spanEvents)
	dst = appendFixed64(dst, eventTime, uint64(e.Timestamp()))
	dst = appendString(dst, eventName, e.Name())
	dst = appendAttributes(dst, eventAttributes, e.Attributes(), b)
	dst = appendUint(dst, eventDroppedAttrs, uint64(e.DroppedAttributesCount()))
	return closeMessage(dst, start)
}

func appendLink(dst []byte, l ptrace.SpanLink, b *bounds) []byte {
	dst, start := openMessage(dst, spanLinks)
	dst = appendTraceID(dst, linkTraceID, l.TraceID())
	dst = appendSpanID(dst, linkSpanID, l.SpanID())
	dst = appendString(dst, linkTraceState, l.TraceState().AsRaw())
	dst = appendAttributes(dst, linkAttributes, l.Attributes(), b)
	dst = appendUint(dst, linkDroppedAttrs, uint64(l.DroppedAttributesCount()))
	dst = appendFixed32(dst, linkFlags, l.Flags())
	return closeMessage(dst, start)
}

func appendStatus(dst []byte, st ptrace.Status) []byte {
	dst, start := openMessage(dst, spanStatus)
	dst = appendString(dst, statusMessage, st.Message())
	dst = appendUint(dst, statusCode, uint64(st.Code()))
	return closeMessage(dst, start)
}

// AppendLog appends a log record as OTLP, however large it is and however deep.
func AppendLog(dst []byte, lr plog.LogRecord) []byte { return appendLog(dst, lr, unbounded()) }

func appendLog(dst []byte, lr plog.LogRecord, b *bounds) []byte {
	dst = appendFixed64(dst, logTime, uint64(lr.Timestamp()))
	dst = appendFixed64(dst, logObserved, uint64(lr.ObservedTimestamp()))
	dst = appendUint(dst, logSeverity, uint64(lr.SeverityNumber()))
	dst = appendString(dst, logSeverityText, lr.SeverityText())
	b.depth = 1
	dst = appendAny(dst, logBody, lr.Body(), b)
	b.depth = 2
	dst = appendAttributes(dst, logAttributes, lr.Attributes(), b)
	dst = appendUint(dst, logDroppedAttrs, uint64(lr.DroppedAttributesCount()))
	dst = appendFixed32(dst, logFlags, uint32(lr.Flags()))
	dst = appendTraceID(dst, logTraceID, lr.TraceID())
	dst = appendSpanID(dst, logSpanID, lr.SpanID())
	return appendString(dst, logEventName, lr.EventName())
}

// appendAttributes appends KeyValues. Most are texts: without a call between, an item takes 160 instructions less.
func appendAttributes(dst []byte, num protowire.Number, attrs pcommon.Map, b *bounds) []byte {
	for key, val := range attrs.All() {
		if b.full(dst) {
			continue // to leave the loop would cost more for each attribute
		}
		if text := val.Str(); text != "" {
			dst = appendStringAttribute(dst, num, key, text)
		} else {
			dst = appendAttribute(dst, num, key, val, b)
		}
	}
	return dst
}

// appendAttribute appends a KeyValue.
func appendAttribute(dst []byte, num protowire.Number, key string, val pcommon.Value, b *bounds) []byte {
	if text := val.Str(); text != "" {
		return appendStringAttribute(dst, num, key, text)
	}
	if val.Type() == pcommon.ValueTypeInt && isShort(key, maxInt) {
		return appendShortInt(dst, num, key, uint64(val.Int()))
	}
	dst, start := openMessage(dst, num)
	dst = appendString(dst, keyValueKey, key)
	dst = appendAny(dst, keyValueValue, val, b)
	return closeMessage(dst, start)
}

// appendStringAttribute appends a KeyValue with a string.
func appendStringAttribute(dst []byte, num protowire.Number, key, val string) []byte {
	if isShort(key, 2+len(val)) {
		dst = append(dst, bytesTag(num), byte(6+len(key)+len(val)), bytesTag(keyValueKey), byte(len(key)))
		dst = append(dst, key...)
		dst = append(dst, bytesTag(keyValueValue), byte(2+len(val)), bytesTag(anyString), byte(len(val)))
		return append(dst, val...)
	}
	dst, start := openMessage(dst, num)
	dst = appendString(dst, keyValueKey, key)
	return closeMessage(appendAnyString(dst, keyValueValue, val), start)
}

// isShort reports whether all lengths in a KeyValue are one byte, with an AnyValue of n bytes, and are known before
// anything is written. Nearly all are: the attributes of a span take two thirds of the instructions.
func isShort(key string, n int) bool { return key != "" && len(key)+n < 0x80-4 }

// maxInt is how many bytes an AnyValue with a number may have.
const maxInt = 1 + binary.MaxVarintLen64

// appendShortInt appends a KeyValue with a number.
func appendShortInt(dst []byte, num protowire.Number, key string, val uint64) []byte {
	n := 1 + protowire.SizeVarint(val)
	dst = append(dst, bytesTag(num), byte(4+len(key)+n), bytesTag(keyValueKey), byte(len(key)))
	dst = append(dst, key...)
	dst = append(dst, bytesTag(keyValueValue), byte(n), tag(anyInt, protowire.VarintType))
	return protowire.AppendVarint(dst, val)
}

// appendAny appends an AnyValue as a field.
func appendAny(dst []byte, num protowire.Number, val pcommon.Value, b *bounds) []byte {
	if val.Type() == pcommon.ValueTypeStr {
		return appendAnyString(dst, num, val.Str())
	}
	if b.depth > ownDepth && nests(val) {
		return b.appendDeep(dst, num, val)
	}
	dst, start := openMessage(dst, num)
	switch val.Type() {
	case pcommon.ValueTypeInt:
		dst = protowire.AppendVarint(append(dst, tag(anyInt, protowire.VarintType)), uint64(val.Int()))
	case pcommon.ValueTypeBool:
		dst = append(dst, tag(anyBool, protowire.VarintType), byte(protowire.EncodeBool(val.Bool())))
	case pcommon.ValueTypeDouble:
		dst = protowire.AppendFixed64(append(dst, tag(anyDouble, protowire.Fixed64Type)), math.Float64bits(val.Double()))
	case pcommon.ValueTypeBytes:
		dst = appendLength(append(dst, bytesTag(anyBytes)), val.Bytes().Len())
		dst = append(dst, val.Bytes().AsRaw()...)
	case pcommon.ValueTypeSlice:
		b.depth += listDepth
		dst = appendList(dst, val.Slice(), b)
		b.depth -= listDepth
	case pcommon.ValueTypeMap:
		var inner int
		b.depth += mapDepth
		dst, inner = openMessage(dst, anyMap)
		dst = closeMessage(appendAttributes(dst, listValues, val.Map(), b), inner)
		b.depth -= mapDepth
	default: // no value is no field
	}
	return closeMessage(dst, start)
}

func appendList(dst []byte, list pcommon.Slice, b *bounds) []byte {
	dst, start := openMessage(dst, anyArray)
	for _, val := range list.All() {
		if !b.full(dst) {
			dst = appendAny(dst, listValues, val, b)
		}
	}
	return closeMessage(dst, start)
}

// appendAnyString appends an AnyValue with a string as a field.
func appendAnyString(dst []byte, num protowire.Number, val string) []byte {
	dst = appendLength(append(dst, bytesTag(num)), 1+protowire.SizeBytes(len(val)))
	dst = appendLength(append(dst, bytesTag(anyString)), len(val))
	return append(dst, val...)
}

// tag is that of a field whose number is below 16: one byte.
func tag(num protowire.Number, t protowire.Type) byte { return byte(num)<<3 | byte(t) }

func bytesTag(num protowire.Number) byte { return tag(num, protowire.BytesType) }

func appendLength(dst []byte, n int) []byte {
	if n < 0x80 {
		return append(dst, byte(n))
	}
	return protowire.AppendVarint(dst, uint64(n))
}

// openMessage begins a field that is a message, most of which are short.
func openMessage(dst []byte, num protowire.Number) (grown []byte, start int) {
	dst = append(dst, bytesTag(num), 0)
	return dst, len(dst)
}

// closeMessage writes the length of the message that begins at start.
func closeMessage(dst []byte, start int) []byte {
	n := len(dst) - start
	if n < 0x80 {
		dst[start-1] = byte(n)
		return dst
	}
	var room [9]byte
	more := protowire.SizeVarint(uint64(n)) - 1
	dst = append(dst, room[:more]...)
	copy(dst[start+more:], dst[start:start+n])
	protowire.AppendVarint(dst[:start-1], uint64(n))
	return dst
}

// Zero and empty values are omitted, except ids: pdata writes those as empty fields.

func appendString(dst []byte, num protowire.Number, s string) []byte {
	if s == "" {
		return dst
	}
	dst = appendLength(append(dst, bytesTag(num)), len(s))
	return append(dst, s...)
}

func appendUint(dst []byte, num protowire.Number, v uint64) []byte {
	if v == 0 {
		return dst
	}
	return protowire.AppendVarint(append(dst, tag(num, protowire.VarintType)), v)
}

func appendFixed32(dst []byte, num protowire.Number, v uint32) []byte {
	if v == 0 {
		return dst
	}
	return protowire.AppendFixed32(protowire.AppendTag(dst, num, protowire.Fixed32Type), v)
}

func appendFixed64(dst []byte, num protowire.Number, v uint64) []byte {
	if v == 0 {
		return dst
	}
	return protowire.AppendFixed64(append(dst, tag(num, protowire.Fixed64Type)), v)
}

func appendTraceID(dst []byte, num protowire.Number, id pcommon.TraceID) []byte {
	if id.IsEmpty() {
		return append(dst, bytesTag(num), 0)
	}
	return append(append(dst, bytesTag(num), byte(len(id))), id[:]...)
}

func appendSpanID(dst []byte, num protowire.Number, id pcommon.SpanID) []byte {
	if id.IsEmpty() {
		return append(dst, bytesTag(num), 0)
	}
	return append(append(dst, bytesTag(num), byte(len(id))), id[:]...)
}

// AppendSpanAttribute appends a string attribute to an encoded span.
func AppendSpanAttribute(dst []byte, key, val string) []byte {
	return appendStringAttribute(dst, spanAttributes, key, val)
}

// AppendSpanName gives an encoded span another name: the last one holds.
func AppendSpanName(dst []byte, name string) []byte { return appendString(dst, spanName, name) }

// AppendLogAttribute appends a string attribute to an encoded log record.
func AppendLogAttribute(dst []byte, key, val string) []byte {
	return appendStringAttribute(dst, logAttributes, key, val)
}
