// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package mask

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// testKey is a hash_key.
const testKey = "0123456789abcdef"

// hashed is what HMAC-SHA-256 says, by the library.
func hashed(text string) string {
	mac := hmac.New(sha256.New, []byte(testKey))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))[:32]
}

func TestHashesAreKeyed(t *testing.T) {
	h, same, other := NewHasher([]byte(testKey)), NewHasher([]byte(testKey)), NewHasher(nil)
	for _, text := range []string{"", "17", "/users/17", strings.Repeat("x", 1<<16)} {
		require.Equal(t, hashed(text), h.Of(text))
		require.Equal(t, h.Of(text), same.Of(text), "equal values stay equal, on other collectors too")
		require.Equal(t, other.Of(text), other.Of(text))
		require.NotEqual(t, h.Of(text), other.Of(text), "nobody can try all values without the key")
	}
	require.NotEqual(t, NewHasher(nil).Of("17"), other.Of("17"), "each process has a key of its own")
}

func BenchmarkHash(b *testing.B) {
	h := NewHasher(nil)
	b.ReportAllocs()
	for b.Loop() {
		h.Of("/api/v1/users/123456789/orders/17")
	}
}
