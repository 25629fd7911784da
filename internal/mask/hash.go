// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package mask

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"sync"
)

// MinKey is the shortest key, in bytes, that keeps hashes from being guessed.
const MinKey = 16

// hashBytes is how much of the hash is written, 128 bits.
const hashBytes = 16

// Hasher replaces values by their hashes, so that equal values stay equal and only
// who has the key can tell which value it was: ids have so few digits that without
// one all of them can be tried. It is HMAC-SHA-256, and safe for concurrent use.
type Hasher struct {
	states sync.Pool
}

// hashState is what a hash takes, to be used again.
type hashState struct {
	mac  hash.Hash
	text []byte // with room for the sum
}

// NewHasher returns a Hasher with the key, or with one of its own if that is empty.
func NewHasher(key []byte) *Hasher {
	if len(key) == 0 {
		key = make([]byte, sha256.Size)
		_, _ = rand.Read(key) // it never fails
	}
	h := new(Hasher)
	h.states.New = func() any { return &hashState{mac: hmac.New(sha256.New, key), text: make([]byte, 0, sha256.Size)} }
	return h
}

// Of returns the hash of a text, in 32 hex digits.
func (h *Hasher) Of(text string) string {
	s := h.states.Get().(*hashState)
	defer h.states.Put(s)
	s.text = append(s.text[:0], text...)
	s.mac.Reset()
	s.mac.Write(s.text)
	sum := s.mac.Sum(s.text[:0])
	var digits [2 * hashBytes]byte
	hex.Encode(digits[:], sum[:hashBytes])
	return string(digits[:])
}
