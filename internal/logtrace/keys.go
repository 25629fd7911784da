// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package logtrace

import (
	"slices"
	"strings"
	"sync"

	"github.com/otelcol-correlation/correlationprocessor/internal/logfield"
	"github.com/otelcol-correlation/correlationprocessor/internal/traceid"
)

// firstBuiltinRank is the rank of the first built-in key; the user's keys have the ranks below.
const firstBuiltinRank = 1024

// headerRank is the rank of the first header; all ranks behind it are headers' too.
var headerRank = firstBuiltinRank + uint16(slices.IndexFunc(builtins, func(b builtin) bool { return b.name == firstHeader }))

// Keys knows which keys hold trace ids. It is immutable, so all goroutines may share one.
type Keys struct {
	dict logfield.Dict[Role]
	// headers are the built-in keys that are headers, for those that stand behind other words.
	headers logfield.Dict[Role]
}

// NewKeys returns the built-in keys with the user's trace id keys in front, in their order. A key
// of the user that is also built in moves to the front. Keys beyond the first 1024 share a rank.
func NewKeys(extra []string) *Keys {
	k := &Keys{}
	for i, name := range extra {
		r := Role{Kind: RoleTraceID, Rank: uint16(min(i, firstBuiltinRank-1)), hint: builtinHint(name)}
		k.dict.Add(name, r)
	}
	k.addBuiltins()
	return k
}

// addBuiltins adds what is known without a user, behind what the user has named.
func (k *Keys) addBuiltins() {
	for i, b := range builtins {
		r := Role{Kind: b.kind, Rank: firstBuiltinRank + uint16(i), hint: b.hint}
		k.dict.Add(b.name, r)
		if b.isHeader() {
			k.dict.Add(headerPrefix+b.name, r)
			k.headers.Add(b.name, r)
		}
	}
	k.addFlatContainers()
	for _, name := range containers {
		k.dict.AddContainer(name)
	}
	for i, name := range messages {
		k.dict.Add(name, Role{Kind: RoleMessage, Rank: uint16(i)})
	}
}

// addFlatContainers adds mdc.trace_id and the like, with the role of the bare key.
func (k *Keys) addFlatContainers() {
	for _, name := range []string{"trace_id", "span_id", "trace_flags", "dd.trace_id", "dd.span_id"} {
		for _, c := range flatContainers {
			k.dict.Add(c+"."+name, k.Lookup(name))
		}
	}
}

// Lookup returns the role of a key. Case is ignored, and so are the separators . _ - and /. A header is known
// behind the words that proxies put before its name, as in http_x_b3_traceid and request_Traceparent.
func (k *Keys) Lookup(key string) Role {
	if endsLikeHeader(key) {
		return k.lookupHeader(key)
	}
	return k.dict.Lookup(key)
}

func (k *Keys) lookupHeader(key string) Role {
	if r := k.dict.Lookup(key); r.Kind != RoleNone {
		return r
	}
	return k.behindWords(key)
}

// LookupIn returns the role of a key inside of a nested object.
func (k *Keys) LookupIn(s Scope, key string) Role { return k.lookupIn(&s, key) }

func (k *Keys) lookupIn(s *Scope, key string) Role {
	if s.depth == 0 {
		return k.Lookup(key)
	}
	return k.lookupInside(s, key)
}

func (k *Keys) lookupInside(s *Scope, key string) Role {
	r := k.dict.LookupIn(&s.path, key)
	if r.Kind == RoleNone && endsLikeHeader(key) {
		r = k.behindWords(key)
	}
	if r.Kind == RoleMessage && s.part {
		return Role{}
	}
	r.inside = s.depth
	return r
}

// Scope is the path of a nested object inside of which keys are looked up. The zero value is the top. It
// borrows the keys it was made of.
type Scope struct {
	path logfield.Scope
	// depth is the number of objects on the way.
	depth uint8
	// part is set where one of them is only a part of the record, so that a message in it is not the record's.
	part bool
}

// Enter returns the scope of the object under key in s, or false if nothing inside can matter or it
// is too deep.
func (k *Keys) Enter(s Scope, key string) (Scope, bool) {
	path, ok := k.dict.Enter(s.path, key)
	if !ok {
		return s, false
	}
	return Scope{path: path, depth: s.depth + 1, part: s.part || !records.Lookup(key)}, true
}

// builtinKeys are those without any of a user.
var builtinKeys = sync.OnceValue(func() *Keys {
	k := &Keys{}
	k.addBuiltins()
	return k
})

// builtinHint returns the hint of a key that the user names: that of the built-in key with the same name, if there
// is one.
func builtinHint(name string) traceid.Hint {
	if r := builtinKeys().Lookup(name); r.Kind != RoleNone {
		return r.hint
	}
	return prefixHint(name)
}

// prefixHint knows Datadog's keys by their beginning, for users rename the rest.
func prefixHint(key string) traceid.Hint {
	if len(key) > 3 && strings.EqualFold(key[:2], "dd") && (key[2] == '.' || key[2] == '_') {
		return traceid.HintDatadog
	}
	return traceid.HintNone
}
