// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package logfield

// separatorList are the bytes that keys differ in without meaning anything else. The backslash is
// what JSON encoders put before a slash.
var separatorList = [...]byte{'_', '.', '-', '/', '\\'}

var separators = func() (t [256]bool) {
	for _, c := range separatorList {
		t[c] = true
	}
	return t
}()

// IsSeparator reports whether keys differ in the byte without meaning anything else.
func IsSeparator(c byte) bool { return separators[c] }

// lowers holds the small letter for every capital, and every other byte for itself.
var lowers = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
	}
	for c := byte('A'); c <= 'Z'; c++ {
		t[c] = c + 'a' - 'A'
	}
	return t
}()

// fold returns the name in small letters and without separators, the form in which names are compared.
func fold(name string) string {
	out := make([]byte, 0, len(name))
	for i := range len(name) {
		if !separators[name[i]] {
			out = append(out, lowers[name[i]])
		}
	}
	return string(out)
}

// foldHash continues a 32-bit FNV-1a hash with the letters of s. The hash of nothing is 0, so the
// offset basis is mixed in by exclusive or.
func foldHash(h uint32, s string) uint32 {
	const basis, prime = 2166136261, 16777619
	h ^= basis
	for i := range len(s) {
		if c := s[i]; !separators[c] {
			h = (h ^ uint32(lowers[c])) * prime
		}
	}
	return h ^ basis
}

// trimFolded removes the folded part from the beginning of name.
func trimFolded(name, part string) (string, bool) {
	for i := range len(part) {
		if separators[part[i]] {
			continue
		}
		if name == "" || name[0] != lowers[part[i]] {
			return name, false
		}
		name = name[1:]
	}
	return name, true
}

// seams returns how many separators a key may have that stands for the name: where the name has one
// or changes to a capital, and one more.
func seams(name string) int {
	n := 1
	for i := range len(name) {
		if separators[name[i]] || i > 0 && isSmall(name[i-1]) && !isSmall(name[i]) {
			n++
		}
	}
	return n
}

func isSmall(c byte) bool { return c-'a' < 26 }

// SameName reports whether two names are one to a Dict.
func SameName(a, b string) bool { return fold(a) == fold(b) }
