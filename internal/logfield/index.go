// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package logfield

// index finds names whatever their case and separators.
type index[V any] struct {
	// lengths answers for nearly all keys that are not in the index without reading them: it has, for the
	// first and the last letter of a key, a bit for each length that occurs with them.
	lengths [32 * 32]uint64
	slots   []uint32 // open addressing by hash, a power of two long, holding 1 + the place in names
	names   []string
	values  []V
}

// maxKeyLen is the longest key that is looked at, in bytes; the masks of lengths have 64 bits.
const maxKeyLen = 63

// pair is the place in lengths. Both cases of a letter are the same; other bytes share places with
// letters, which only makes the filter less sharp.
func pair(first, last byte) int { return int(first&31)<<5 | int(last&31) }

// add makes a name known; a name that is known already keeps its value, and one that is too long or has
// no letters is ignored.
func (x *index[V]) add(name string, v V) {
	folded := fold(name)
	if folded == "" || len(folded) > maxKeyLen || x.find(nil, folded) >= 0 {
		return
	}
	x.names = append(x.names, folded)
	x.values = append(x.values, v)
	x.admit(folded[0], folded[len(folded)-1], len(folded), seams(name))
	for _, c := range separatorList {
		x.admit(c, folded[len(folded)-1], len(folded)+1, seams(name))
	}
	if 4*len(x.names) > len(x.slots) {
		x.grow()
		return
	}
	x.place(len(x.names) - 1)
}

// admit lets keys of n letters and up to extra separators through the filter.
func (x *index[V]) admit(first, last byte, n, extra int) {
	for ; extra >= 0 && n <= maxKeyLen; n, extra = n+1, extra-1 {
		x.lengths[pair(first, last)] |= 1 << n
	}
}

// grow doubles the slots and places all names anew.
func (x *index[V]) grow() {
	x.slots = make([]uint32, max(64, 2*len(x.slots)))
	for i := range x.names {
		x.place(i)
	}
}

// place puts the name into the first free slot from its hash on.
func (x *index[V]) place(i int) {
	mask := len(x.slots) - 1
	at := int(foldHash(0, x.names[i])) & mask
	for x.slots[at] != 0 {
		at = (at + 1) & mask
	}
	x.slots[at] = uint32(i + 1)
}

// maybe reports false for a key that is surely not in the index. It is what most keys cost.
func (x *index[V]) maybe(key string) bool {
	n := len(key)
	return n-1 < maxKeyLen && n > 0 && x.lengths[pair(key[0], key[n-1])]>>n&1 != 0
}

// get returns the value of the key inside of the scope, or the zero value. Without a scope the key
// stands at the top.
func (x *index[V]) get(s *Scope, key string) (v V) {
	if i := x.find(s, key); i >= 0 {
		return x.values[i]
	}
	return v
}

func (x *index[V]) find(s *Scope, key string) int {
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
