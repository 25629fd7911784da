// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"encoding/hex"
	"math"
	"strconv"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-correlation/correlationprocessor/internal/logtrace"
	"github.com/otelcol-correlation/correlationprocessor/internal/traceid"
)

// IDFinder looks for a trace id in what one carrier of a record holds: its attributes, its body or its resource. All
// three are read alike, so that a field says the same wherever it stands. The strings are borrowed.
type IDFinder struct {
	ids logtrace.Finder
	// message is the text of the record, the most telling one that the carrier holds.
	message string
	rank    uint16
}

// ReadAttribute offers an attribute of a record, and what a map or a list in it holds.
func (f *IDFinder) ReadAttribute(k *logtrace.Keys, key string, v pcommon.Value) {
	if r := k.Lookup(key); r.Kind != logtrace.RoleNone {
		f.offer(r, v)
	}
	if t := v.Type(); t == pcommon.ValueTypeMap || t == pcommon.ValueTypeSlice {
		f.read(k, logtrace.Scope{}, key, v)
	}
}

// read offers the value under a key in the scope, and what a map or a list under it holds, where that can
// matter; the keys bound the depth.
func (f *IDFinder) read(k *logtrace.Keys, in logtrace.Scope, key string, v pcommon.Value) {
	switch v.Type() {
	case pcommon.ValueTypeMap:
		if inner, ok := k.Enter(in, key); ok {
			f.readMap(k, inner, v.Map())
		}
	case pcommon.ValueTypeSlice:
		f.readList(k, in, key, v.Slice())
	default:
		f.offer(k.LookupIn(in, key), v)
	}
}

// ReadMap offers the fields of a body or of a resource.
func (f *IDFinder) ReadMap(k *logtrace.Keys, m pcommon.Map) { f.readMap(k, logtrace.Scope{}, m) }

// readMap offers the fields of a map that stands in the scope. One that has a key and its value apart, as an element
// of a list does, is a field itself.
func (f *IDFinder) readMap(k *logtrace.Keys, in logtrace.Scope, m pcommon.Map) {
	var name string
	var value pcommon.Value
	named, valued := false, false
	for key, v := range m.All() {
		switch {
		case logtrace.IsEntryName(key) && v.Type() == pcommon.ValueTypeStr:
			name, named = v.Str(), true
		case logtrace.IsEntryValue(key):
			value, valued = v, true
		}
		f.read(k, in, key, v)
	}
	if named && valued && in != (logtrace.Scope{}) {
		f.offer(k.LookupIn(in, name), value)
	}
}

// readList offers the elements of a list as if each stood under the list's key.
func (f *IDFinder) readList(k *logtrace.Keys, in logtrace.Scope, key string, list pcommon.Slice) {
	for _, v := range list.All() {
		if v.Type() != pcommon.ValueTypeSlice {
			f.read(k, in, key, v)
		}
	}
}

// offer takes a value under a key with the role.
func (f *IDFinder) offer(r logtrace.Role, v pcommon.Value) {
	switch {
	case r.Kind == logtrace.RoleNone:
	case r.Kind == logtrace.RoleMessage:
		if text := v.Str(); text != "" && (f.message == "" || r.Rank < f.rank) {
			f.message, f.rank = text, r.Rank
		}
	default:
		f.offerID(r, v)
	}
}

func (f *IDFinder) offerID(r logtrace.Role, v pcommon.Value) {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		f.ids.Offer(r, v.Str())
	case pcommon.ValueTypeInt:
		f.ids.OfferInt(r, v.Int())
	case pcommon.ValueTypeDouble:
		f.offerDouble(r, v)
	case pcommon.ValueTypeBool:
		f.ids.Offer(r, v.AsString())
	case pcommon.ValueTypeBytes:
		f.ids.Offer(r, hex.EncodeToString(v.Bytes().AsRaw()))
	case pcommon.ValueTypeEmpty:
		f.ids.Offer(r, "")
	default: // a map or a list is no id
	}
}

// maxExact is the number below which a double holds each integer.
const maxExact = 1 << 53

// offerDouble offers a number that a parser of JSON made a double. A larger one has lost its digits, and is offered
// as what it is now, which is no id.
func (f *IDFinder) offerDouble(r logtrace.Role, v pcommon.Value) {
	d := v.Double()
	if d == math.Trunc(d) && math.Abs(d) < maxExact {
		f.ids.OfferInt(r, int64(d))
		return
	}
	f.ids.Offer(r, strconv.FormatFloat(d, 'e', -1, 64))
}

// Fields is what the fields say, whatever the message does.
func (f *IDFinder) Fields() (traceid.Context, traceid.Reason) { return f.ids.Result() }

// Result is what the fields say, and if they hold no id what the message says.
func (f *IDFinder) Result(k *logtrace.Keys) (traceid.Context, traceid.Reason) {
	if f.message != "" && !f.ids.Found() {
		f.ids.OfferBody(k, f.message)
	}
	return f.ids.Result()
}
