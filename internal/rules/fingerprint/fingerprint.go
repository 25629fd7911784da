// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package fingerprint

import (
	"strings"

	"github.com/cespare/xxhash/v2"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Attribute is an attribute of spans, logs or resources, a part of a fingerprint.
type Attribute struct {
	in  place
	key string
}

// place is where an attribute is looked for.
type place uint8

const (
	inItemOrResource place = iota
	inSpan
	inLog
	inResource
)

// Parse reads an attribute key, or the OTTL path of an attribute.
func Parse(text string) (a Attribute, ok bool) {
	for prefix, in := range map[string]place{
		`span.attributes["`: inSpan, `log.attributes["`: inLog, `resource.attributes["`: inResource,
	} {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			key, ok := strings.CutSuffix(rest, `"]`)
			if ok && key != "" {
				return Attribute{in, key}, true
			}
		}
	}
	if text == "" || strings.ContainsAny(text, `[]"' `) {
		return Attribute{}, false
	}
	return Attribute{inItemOrResource, text}, true
}

// Item is what fingerprints are taken of: a span or a log record, with its resource. It
// borrows both from the caller.
type Item struct {
	own, resource pcommon.Map
	rank          rank
}

// rank orders the items of a trace: the smaller it is, the more does an item say of
// what its trace is about.
type rank uint8

const (
	rankRoot rank = iota
	rankEntry
	rankInner
	rankLog
)

// Span returns the span as an item.
func Span(s ptrace.Span, resource pcommon.Resource) Item {
	it := Item{own: s.Attributes(), resource: resource.Attributes(), rank: rankInner}
	switch {
	case s.ParentSpanID().IsEmpty():
		it.rank = rankRoot
	case s.Kind() == ptrace.SpanKindServer || s.Kind() == ptrace.SpanKindConsumer:
		it.rank = rankEntry
	}
	return it
}

// Log returns the log record as an item.
func Log(lr plog.LogRecord, resource pcommon.Resource) Item {
	return Item{own: lr.Attributes(), resource: resource.Attributes(), rank: rankLog}
}

// Mask has the 62 bits of a fingerprint that are a hash. Above them stands the rank of
// the item. The smallest of a trace counts, so the root span's goes before others.
const Mask = 1<<62 - 1

// Of returns the item's fingerprint by the attributes, or 0 if there are none of those.
func Of(attributes []Attribute, it Item) uint64 {
	if len(attributes) == 0 {
		return 0
	}
	h, _ := Hash(attributes, it)
	return h&Mask | uint64(it.rank)<<62
}

// Hash returns what all items have in common that have the same values, and whether the
// item has any value that is not empty.
func Hash(attributes []Attribute, it Item) (hash uint64, ok bool) {
	var h xxhash.Digest
	h.Reset()
	for i := range attributes {
		if v, has := attributes[i].value(it); has {
			text := v.AsString()
			ok = ok || text != ""
			_, _ = h.WriteString(text)
		}
		_, _ = h.Write([]byte{0})
	}
	return h.Sum64(), ok
}

// value returns the attribute's value in the item, or else in its resource, unless the
// attribute is one of either.
func (a *Attribute) value(it Item) (v pcommon.Value, ok bool) {
	if isLog := it.rank == rankLog; a.in == inSpan && isLog || a.in == inLog && !isLog {
		return pcommon.Value{}, false
	}
	if a.in != inResource {
		if v, ok := it.own.Get(a.key); ok || a.in != inItemOrResource {
			return v, ok
		}
	}
	return it.resource.Get(a.key)
}
