// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package otlpwire

import (
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// layout is the fields of a protobuf message that this package writes.
type layout struct {
	name   string
	fields []protowire.Number // that the encoder writes
	inner  map[protowire.Number]*layout
	// index is the field with an index into a string table, which only profiles
	// have. On a span or log it means nothing (opentelemetry-proto,
	// KeyValue.key_strindex), and pdata has no access to it.
	index protowire.Number
}

var spanLayout, logLayout = layouts()

func layouts() (span, log *layout) {
	value := &layout{name: "AnyValue", fields: numbers(anyBytes), index: 8}
	attribute := &layout{name: "KeyValue", fields: numbers(keyValueValue), inner: map[protowire.Number]*layout{keyValueValue: value}, index: 3}
	value.inner = map[protowire.Number]*layout{
		anyArray: {name: "ArrayValue", fields: numbers(listValues), inner: map[protowire.Number]*layout{listValues: value}},
		anyMap:   {name: "KeyValueList", fields: numbers(listValues), inner: map[protowire.Number]*layout{listValues: attribute}},
	}
	span = &layout{name: "Span", fields: numbers(spanFlagsField), inner: map[protowire.Number]*layout{
		spanAttributes: attribute,
		spanEvents:     {name: "Span.Event", fields: numbers(eventDroppedAttrs), inner: map[protowire.Number]*layout{eventAttributes: attribute}},
		spanLinks:      {name: "Span.Link", fields: numbers(linkFlags), inner: map[protowire.Number]*layout{linkAttributes: attribute}},
		spanStatus:     {name: "Status", fields: []protowire.Number{statusMessage, statusCode}},
	}}
	log = &layout{name: "LogRecord", fields: numbers(logEventName), inner: map[protowire.Number]*layout{logBody: value, logAttributes: attribute}}
	return span, log
}

// numbers are the fields from 1 to last.
func numbers(last protowire.Number) (all []protowire.Number) {
	for n := protowire.Number(1); n <= last; n++ {
		all = append(all, n)
	}
	return all
}

func (l *layout) knows(n protowire.Number) bool {
	return n == l.index || slices.Contains(l.fields, n)
}

// indexed reports whether a message holds an index into a string table anywhere.
func (l *layout) indexed(msg []byte) bool {
	for len(msg) > 0 {
		n, val, size, err := field(msg)
		if err != nil {
			return false
		}
		if n == l.index || l.inner[n] != nil && l.inner[n].indexed(val) {
			return true
		}
		msg = msg[size:]
	}
	return false
}
