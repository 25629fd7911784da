// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"encoding/binary"
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of opentelemetry-proto v1: Span, LogRecord, KeyValue, AnyValue, Resource.
const (
	spanTraceID      protowire.Number = 1
	spanSpanID       protowire.Number = 2
	spanParentSpanID protowire.Number = 4
	spanName         protowire.Number = 5
	spanKind         protowire.Number = 6
	spanAttributes   protowire.Number = 9

	logAttributes protowire.Number = 6

	keyValueKey   protowire.Number = 1
	keyValueValue protowire.Number = 2

	anyString protowire.Number = 1
	anyBool   protowire.Number = 2
	anyInt    protowire.Number = 3
	anyDouble protowire.Number = 4

	resourceSpansResource protowire.Number = 1
	resourceAttributes    protowire.Number = 1
)

// appendSummary appends an OTLP span that holds of s only what a join looks at:
// its place in the trace and the attributes with the given keys. Attributes
// that are no scalars are left out.
func appendSummary(dst []byte, s ptrace.Span, keys []string) []byte {
	trace, span, parent := s.TraceID(), s.SpanID(), s.ParentSpanID()
	dst = appendBytes(dst, spanTraceID, trace[:])
	dst = appendBytes(dst, spanSpanID, span[:])
	if !parent.IsEmpty() {
		dst = appendBytes(dst, spanParentSpanID, parent[:])
	}
	dst = protowire.AppendTag(dst, spanKind, protowire.VarintType)
	dst = protowire.AppendVarint(dst, uint64(s.Kind()))
	for _, key := range keys {
		if v, ok := s.Attributes().Get(key); ok {
			dst = appendAttribute(dst, spanAttributes, key, v)
		}
	}
	return dst
}

// appendServiceHeader appends a header, as otlpwire makes them, of a resource
// that has only a service name.
func appendServiceHeader(dst []byte, service string) []byte {
	attrs := appendStringAttribute(nil, resourceAttributes, "service.name", service)
	resource := appendBytes(nil, resourceSpansResource, attrs)
	dst = binary.AppendUvarint(dst, uint64(len(resource)))
	return append(dst, resource...)
}

func appendBytes(dst []byte, num protowire.Number, v []byte) []byte {
	dst = protowire.AppendTag(dst, num, protowire.BytesType)
	return protowire.AppendBytes(dst, v)
}

func appendString(dst []byte, num protowire.Number, v string) []byte {
	dst = protowire.AppendTag(dst, num, protowire.BytesType)
	return protowire.AppendString(dst, v)
}

// appendStringAttribute appends a KeyValue with a string.
func appendStringAttribute(dst []byte, num protowire.Number, key, val string) []byte {
	value := protowire.SizeTag(anyString) + protowire.SizeBytes(len(val))
	size := protowire.SizeTag(keyValueKey) + protowire.SizeBytes(len(key)) + protowire.SizeTag(keyValueValue) + protowire.SizeBytes(value)
	dst = protowire.AppendTag(dst, num, protowire.BytesType)
	dst = protowire.AppendVarint(dst, uint64(size))
	dst = appendString(dst, keyValueKey, key)
	dst = protowire.AppendTag(dst, keyValueValue, protowire.BytesType)
	dst = protowire.AppendVarint(dst, uint64(value))
	return appendString(dst, anyString, val)
}

// appendAttribute appends a KeyValue with a scalar value; others are left out.
func appendAttribute(dst []byte, num protowire.Number, key string, v pcommon.Value) []byte {
	var scratch [64]byte
	val := appendScalar(scratch[:0], v)
	if len(val) == 0 {
		return dst
	}
	size := protowire.SizeTag(keyValueKey) + protowire.SizeBytes(len(key)) + protowire.SizeTag(keyValueValue) + protowire.SizeBytes(len(val))
	dst = protowire.AppendTag(dst, num, protowire.BytesType)
	dst = protowire.AppendVarint(dst, uint64(size))
	dst = protowire.AppendTag(dst, keyValueKey, protowire.BytesType)
	dst = protowire.AppendString(dst, key)
	return appendBytes(dst, keyValueValue, val)
}

// appendScalar appends an AnyValue with a scalar in it.
func appendScalar(dst []byte, v pcommon.Value) []byte {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		dst = protowire.AppendTag(dst, anyString, protowire.BytesType)
		return protowire.AppendString(dst, v.Str())
	case pcommon.ValueTypeInt:
		dst = protowire.AppendTag(dst, anyInt, protowire.VarintType)
		return protowire.AppendVarint(dst, uint64(v.Int()))
	case pcommon.ValueTypeBool:
		dst = protowire.AppendTag(dst, anyBool, protowire.VarintType)
		return protowire.AppendVarint(dst, protowire.EncodeBool(v.Bool()))
	case pcommon.ValueTypeDouble:
		dst = protowire.AppendTag(dst, anyDouble, protowire.Fixed64Type)
		return protowire.AppendFixed64(dst, math.Float64bits(v.Double()))
	default:
		return dst
	}
}
