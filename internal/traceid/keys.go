// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

import "strings"

// firstBuiltinRank is the rank of the first built-in key; the user's keys have the ranks below.
const firstBuiltinRank = 1024

// Keys knows which keys hold trace ids. It is immutable, so all goroutines may share one.
type Keys struct {
	roles nameIndex[Role]
	// parts holds the objects that are the beginning of a known key, as dd is of dd.trace_id.
	parts nameIndex[bool]
	// containers holds the objects whose keys count as if they stood at the top.
	containers nameIndex[bool]
}

// builtinKeys answers Parse, which is given a key without a Keys.
var builtinKeys = NewKeys(nil)

// NewKeys returns the built-in keys with the user's trace id keys in front, in their order. A key
// of the user that is also built in moves to the front. Keys beyond the first 1024 share a rank.
func NewKeys(extra []string) *Keys {
	k := &Keys{}
	for i, name := range extra {
		r := Role{Kind: RoleTraceID, Rank: uint16(min(i, firstBuiltinRank-1)), hint: builtinHint(name)}
		k.add(name, r)
	}
	for i, b := range builtins {
		r := Role{Kind: b.kind, Rank: firstBuiltinRank + uint16(i), hint: b.hint}
		k.add(b.name, r)
		if b.kind == RoleContext || strings.HasPrefix(b.name, "X-") || strings.HasPrefix(b.name, "x-") {
			k.add(headerPrefix+b.name, r)
		}
	}
	k.addFlatContainers()
	for _, name := range containers {
		k.containers.add(name, true)
	}
	return k
}

// addFlatContainers adds mdc.trace_id and the like, with the role of the bare key.
func (k *Keys) addFlatContainers() {
	for _, name := range []string{"trace_id", "span_id", "trace_flags"} {
		for _, c := range flatContainers {
			k.add(c+"."+name, k.Lookup(name))
		}
	}
}

// add makes a key known, and the objects in which it lies when it is nested. What is known already
// keeps its role.
func (k *Keys) add(name string, r Role) {
	k.roles.add(name, r)
	for i := range len(name) {
		if name[i] == '.' {
			k.parts.add(name[:i], true)
		}
	}
}

// Lookup returns the role of a key. Case is ignored, and so are the separators . _ - and /.
func (k *Keys) Lookup(key string) Role {
	if !k.roles.maybe(key) {
		return Role{}
	}
	return k.roles.get(nil, key)
}

// LookupIn returns the role of a key inside of a nested object.
func (k *Keys) LookupIn(s Scope, key string) Role {
	if !s.isTop() {
		if r := k.roles.get(&s, key); r.Kind != RoleNone || !s.open {
			return r
		}
	}
	return k.Lookup(key)
}

// Enter returns the scope of the object under key in s, or false if nothing inside can matter or it
// is too deep: at most 4 objects lie around a key that is found.
func (k *Keys) Enter(s Scope, key string) (Scope, bool) {
	top := s.isTop()
	if s.depth == maxDepth || top && !k.parts.maybe(key) && !k.containers.maybe(key) {
		return s, false
	}
	inner, fits := s.with(key)
	switch {
	case k.containers.get(&s, key) || s.open && k.containers.get(nil, key):
		if !fits {
			return Scope{depth: inner.depth}, true
		}
		inner.open = true
		return inner, true
	case fits && k.parts.get(&s, key):
		return inner, true
	case s.open && k.parts.get(nil, key):
		return Scope{depth: s.depth}.with(key)
	}
	return s, false
}

// hintOf returns what a key tells about its value, where there is no Keys at hand.
func hintOf(key string) hint {
	if r := builtinKeys.Lookup(key); r.Kind != RoleNone {
		return r.hint
	}
	return prefixHint(key)
}

// builtinHint is hintOf for the user's own keys, which are seen before builtinKeys is made.
func builtinHint(name string) hint {
	for _, b := range builtins {
		if sameName(b.name, name) {
			return b.hint
		}
	}
	return prefixHint(name)
}

// prefixHint knows Datadog's keys by their beginning, for users rename the rest.
func prefixHint(key string) hint {
	if len(key) > 3 && lower(key[0]) == 'd' && lower(key[1]) == 'd' && (key[2] == '.' || key[2] == '_') {
		return hintDatadog
	}
	return hintNone
}
