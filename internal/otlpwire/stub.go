// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package otlpwire

import (
	"slices"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/protobuf/encoding/protowire"
)

// AppendStub appends an OTLP span that holds of s only what a join looks at:
// its place in the trace and the attributes with the given keys.
func AppendStub(dst []byte, s ptrace.Span, keys []string) []byte {
	dst = appendTraceID(dst, spanTraceID, s.TraceID())
	dst = appendSpanID(dst, spanSpanID, s.SpanID())
	dst = appendSpanID(dst, spanParentSpanID, s.ParentSpanID())
	dst = appendUint(dst, spanKind, uint64(s.Kind()))
	b := unbounded()
	b.depth = 2
	for _, key := range keys {
		if v, ok := s.Attributes().Get(key); ok {
			dst = appendAttribute(dst, spanAttributes, key, v, b)
		}
	}
	return dst
}

// AppendTrimmedStub appends the stub of a span that is encoded already. Its attributes
// stay in their order. A span that is no OTLP is appended as it is.
func AppendTrimmedStub(dst, span []byte, keys []string) []byte {
	for len(span) > 0 {
		num, typ, n := protowire.ConsumeTag(span)
		if n < 0 {
			return append(dst, span...) // decoding it will fail
		}
		size := protowire.ConsumeFieldValue(num, typ, span[n:])
		if size < 0 {
			return append(dst, span...)
		}
		field := span[:n+size]
		switch num {
		case spanTraceID, spanSpanID, spanParentSpanID, spanKind:
			dst = append(dst, field...)
		case spanAttributes:
			key := attributeKey(field[n:])
			if slices.ContainsFunc(keys, func(k string) bool { return k == string(key) }) {
				dst = append(dst, field...)
			}
		}
		span = span[n+size:]
	}
	return dst
}

// attributeKey is the key of an attribute of a record that is held: it stands
// first, as it was written. It is borrowed.
func attributeKey(field []byte) []byte {
	kv, n := protowire.ConsumeBytes(field)
	if n < 0 || len(kv) == 0 || kv[0] != bytesTag(keyValueKey) {
		return nil
	}
	key, _ := protowire.ConsumeBytes(kv[1:])
	return key
}
