// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package logfield

// Scope is the path of a nested object inside of which keys are looked up: {"dd":{"trace_id":…}} is
// dd.trace_id. The zero value is the top. It borrows the keys it was made of.
type Scope struct {
	parts [scopeParts]string
	hash  uint32
	// open is set while all objects on the way are containers, so that keys inside may be known by
	// their own name as well as by the path.
	open bool
	// depth is the number of objects on the way, named or not.
	depth uint8
}

const (
	// MaxDepth is how deep objects are entered, so that no nesting of containers can go on for ever.
	MaxDepth = 4
	// scopeParts is the number of named objects a key may lie in, as in http.request.header.traceparent.
	scopeParts = 3
)

func (s *Scope) isTop() bool { return s.parts[0] == "" }

// with returns the scope of the object under key, or false if it is too deep or has no name.
func (s Scope) with(key string) (Scope, bool) {
	s.depth++
	for i := range s.parts {
		if s.parts[i] == "" {
			s.parts[i] = key
			s.hash = foldHash(s.hash, key)
			s.open = false
			return s, key != ""
		}
	}
	return s, false
}

// matches reports whether the scope's parts and the key together are the folded name.
func (s *Scope) matches(name, key string) bool {
	if s != nil {
		for _, part := range s.parts {
			var ok bool
			if name, ok = trimFolded(name, part); !ok {
				return false
			}
		}
	}
	rest, ok := trimFolded(name, key)
	return ok && rest == ""
}
