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
	// depth is the number of objects on the way, named or not.
	depth uint8
}

// maxDepth is how deep objects are entered, so that no nesting of containers can go on for ever.
const maxDepth = 4

func (s *Scope) isTop() bool { return s.parts[0] == "" }

// scopeDepth is the number of named objects a key may lie in, as in http.request.header.traceparent.
const scopeDepth = 3

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

// nameIndex finds names whatever their case and separators.
type nameIndex[V any] struct {
	// lengths answers for nearly all keys that are not in the index without reading them: it has, for the
	// first and the last letter of a key, a bit for each length that occurs with them.
	lengths [32 * 32]uint64
	slots   []uint16 // open addressing by hash, a power of two long, holding 1 + the index in names
	names   []string
	values  []V
}

// maxKeyLen is the longest key that is looked at, in bytes; the masks of lengths have 64 bits.
const maxKeyLen = 63

// pair is the index in lengths. Both cases of a letter are the same; other bytes share places with
// letters, which only makes the filter less sharp.
func pair(first, last byte) int { return int(first&31)<<5 | int(last&31) }

// add makes a name known; a name that is known already keeps its value.
func (x *nameIndex[V]) add(name string, v V) {
	folded := fold(name)
	if folded == "" || len(folded) > maxKeyLen || x.find(nil, folded) >= 0 {
		return
	}
	x.names = append(x.names, folded)
	x.values = append(x.values, v)
	x.admit(folded[0], folded[len(folded)-1], len(folded), seams(name))
	for _, c := range [...]byte{'_', '.', '-', '/', '\\'} {
		x.admit(c, folded[len(folded)-1], len(folded)+1, seams(name))
	}
	x.rehash()
}

// admit lets keys of n letters and up to extra separators through the filter.
func (x *nameIndex[V]) admit(first, last byte, n, extra int) {
	for ; extra >= 0 && n <= maxKeyLen; n, extra = n+1, extra-1 {
		x.lengths[pair(first, last)] |= 1 << n
	}
}

// seams returns how many separators a key may have that stands for the name: where the name has one
// or changes to a capital, and one more.
func seams(name string) int {
	n := 1
	for i := range len(name) {
		if isSeparator(name[i]) || i > 0 && isSmall(name[i-1]) && !isSmall(name[i]) {
			n++
		}
	}
	return n
}

func isSmall(c byte) bool { return c-'a' < 26 }

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
	return n-1 < maxKeyLen && n > 0 && x.lengths[pair(key[0], key[n-1])]>>n&1 != 0
}

// get returns the value of the key inside of the scope, or the zero value. Without a scope the key
// stands at the top.
func (x *nameIndex[V]) get(s *Scope, key string) (v V) {
	if i := x.find(s, key); i >= 0 {
		return x.values[i]
	}
	return v
}

func (x *nameIndex[V]) find(s *Scope, key string) int {
	if len(x.slots) == 0 || len(key) > maxKeyLen {
		return -1
	}
	var h uint32
	if s != nil {
		h = s.hash
	}
	mask := len(x.slots) - 1
	for at := int(foldHash(h, key)) & mask; x.slots[at] != 0; at = (at + 1) & mask {
		if i := int(x.slots[at] - 1); s.matches(x.names[i], key) {
			return i
		}
	}
	return -1
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

// trimFolded removes the folded part from the beginning of name.
func trimFolded(name, part string) (string, bool) {
	for i := range len(part) {
		if isSeparator(part[i]) {
			continue
		}
		if name == "" || name[0] != lowers[part[i]] {
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
			h = (h ^ uint32(lowers[s[i]])) * prime
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
func isSeparator(c byte) bool { return separators[c] }

var separators = [256]bool{'_': true, '.': true, '-': true, '/': true, '\\': true}
