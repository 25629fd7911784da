// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

// Scope is the path of a nested object inside of which keys are looked up: {"dd":{"trace_id":…}} is
// dd.trace_id. The zero value is the top. It borrows the keys it was made of.
type Scope struct {
	parts [scopeDepth]string
	hash  uint32
	// open is set while all objects on the way are containers, so that keys inside may be known by
	// their own name as well as by the path.
	open bool
}

func (s *Scope) isTop() bool { return s.parts[0] == "" }

// scopeDepth is the number of named objects a key may lie in, as in http.request.header.traceparent.
const scopeDepth = 3

// with returns the scope of the object under key, or false if it is too deep or has no name.
func (s Scope) with(key string) (Scope, bool) {
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

// nameIndex finds names whatever their case and separators. Two masks answer for nearly all keys
// that are not in it without reading them: which last letters, and which lengths, occur with the
// first letter of the key.
type nameIndex[V any] struct {
	lasts   [256]uint32
	lengths [256]uint64
	slots   []uint16 // open addressing by hash, a power of two long, holding 1 + the index in names
	names   []string
	values  []V
}

const (
	// maxKeyLen is the longest key that is looked at, in bytes; the masks of lengths have 64 bits.
	maxKeyLen = 63
	// maxSeparators is how many more separators a key may have than the name it stands for has letters.
	maxSeparators = 8
)

// add makes a name known; a name that is known already keeps its value.
func (x *nameIndex[V]) add(name string, v V) {
	folded := fold(name)
	if folded == "" || len(folded) > maxKeyLen || x.find(Scope{}, folded) >= 0 {
		return
	}
	x.names = append(x.names, folded)
	x.values = append(x.values, v)
	first := folded[0]
	x.lasts[first] |= lastBit(folded[len(folded)-1])
	for n := len(folded); n <= min(len(folded)+maxSeparators, maxKeyLen); n++ {
		x.lengths[first] |= 1 << n
	}
	x.rehash()
}

// rehash fills the slots anew, four for each name.
func (x *nameIndex[V]) rehash() {
	size := 64
	for size < 4*len(x.names) {
		size *= 2
	}
	x.slots = make([]uint16, size)
	for i, name := range x.names {
		at := int(foldHash(0, name)) & (size - 1)
		for x.slots[at] != 0 {
			at = (at + 1) & (size - 1)
		}
		x.slots[at] = uint16(i + 1)
	}
}

// maybe reports false for a key that is surely not in the index. It is what most keys cost.
func (x *nameIndex[V]) maybe(key string) bool {
	n := len(key)
	if n == 0 || n > maxKeyLen {
		return false
	}
	if isSeparator(key[0]) {
		return x.maybe(key[1:])
	}
	first := lower(key[0])
	return x.lengths[first]>>n&1 != 0 && x.lasts[first]&lastBit(lower(key[n-1])) != 0
}

// get returns the value of the key inside of the scope, or the zero value.
func (x *nameIndex[V]) get(s Scope, key string) (v V) {
	if i := x.find(s, key); i >= 0 {
		return x.values[i]
	}
	return v
}

func (x *nameIndex[V]) find(s Scope, key string) int {
	if len(x.slots) == 0 || len(key) > maxKeyLen {
		return -1
	}
	mask := len(x.slots) - 1
	for at := int(foldHash(s.hash, key)) & mask; x.slots[at] != 0; at = (at + 1) & mask {
		if i := int(x.slots[at] - 1); s.matches(x.names[i], key) {
			return i
		}
	}
	return -1
}

// matches reports whether the scope's parts and the key together are the folded name.
func (s *Scope) matches(name, key string) bool {
	for _, part := range s.parts {
		var ok bool
		if name, ok = trimFolded(name, part); !ok {
			return false
		}
	}
	rest, ok := trimFolded(name, key)
	return ok && rest == ""
}

// trimFolded removes the folded part from the beginning of name.
func trimFolded(name, part string) (string, bool) {
	for i := range len(part) {
		if isSeparator(part[i]) {
			continue
		}
		if name == "" || name[0] != lower(part[i]) {
			return name, false
		}
		name = name[1:]
	}
	return name, true
}

// foldHash continues a 32-bit FNV-1a hash with the letters of s. The hash of nothing is 0, so the
// offset basis is mixed in by exclusive or.
func foldHash(h uint32, s string) uint32 {
	const basis, prime = 2166136261, 16777619
	h ^= basis
	for i := range len(s) {
		if !isSeparator(s[i]) {
			h = (h ^ uint32(lower(s[i]))) * prime
		}
	}
	return h ^ basis
}

// fold returns the name in small letters without separators.
func fold(name string) string {
	out := make([]byte, 0, len(name))
	for i := range len(name) {
		if !isSeparator(name[i]) {
			out = append(out, lower(name[i]))
		}
	}
	return string(out)
}

func sameName(a, b string) bool { return fold(a) == fold(b) }

// isSeparator names the bytes that keys differ in without meaning anything else. The backslash is
// what JSON encoders put before a slash.
func isSeparator(c byte) bool {
	return c == '_' || c == '.' || c == '-' || c == '/' || c == '\\'
}

// lastBit is the mask of a letter; all other bytes share one.
func lastBit(c byte) uint32 {
	if d := c - 'a'; d < 26 {
		return 1 << d
	}
	return 1 << 26
}
