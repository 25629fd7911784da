// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package sampling

import (
	"encoding/hex"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// Ids that are not random where the randomness is taken from are hashed.
func TestIDsThatAreNotRandomAreHashed(t *testing.T) {
	for text, want := range map[string]bool{
		"4bf92f3577b34da6a3ce929d0e0e4736": false,
		"4bf92f3577b34da60000000000000000": true,  // 64 bits padded on the right
		"00000000000000000000000000000001": true,  // counted
		"66b21f80c7a511f19c3bb827eb123456": true,  // UUID of 2026, version 1
		"1f1c7a566b21680c9c3bb827eb123456": true,  // and version 6
		"c232ab00941411c8b3c79f6bdeced846": false, // of 1994 (RFC 9562, A.1), so more likely drawn
		"01900000abcd7def9c3bb827eb123456": false, // version 7 has a random low half
		"919108f752d1432091bacb91a0a4f1a5": false, // and version 4
		"66b21f80c7a511f11c3bb827eb123456": false, // no UUID
	} {
		raw, err := hex.DecodeString(text)
		require.NoError(t, err)
		_, hashed := SourceAuto.Of([16]byte(raw))
		require.Equal(t, want, hashed, text)
		_, hashed = SourceID.Of([16]byte(raw))
		require.False(t, hashed)
	}
}

func TestFewRandomIDsAreHashed(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	hashed := 0
	for range 1 << 20 {
		var id [16]byte
		for i := range id {
			id[i] = byte(rng.Uint32())
		}
		if _, h := SourceAuto.Of(id); h {
			hashed++
		}
	}
	require.InDelta(t, 256, hashed, 80)
}
