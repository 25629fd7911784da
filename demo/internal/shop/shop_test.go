// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package shop

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSlugAndProductAreInverse(t *testing.T) {
	seen := map[string]bool{}
	for product := range Products {
		slug := Slug(product)
		require.False(t, seen[slug], "slug %s names two products", slug)
		seen[slug] = true
		back, found := Product(slug)
		require.True(t, found)
		require.Equal(t, product, back)
	}
}

func TestUnknownSlugs(t *testing.T) {
	for _, slug := range []string{"", "hat", "navy-wool", "navy-wool-hat-2", "pink-wool-hat", "navy-silk-hat", "navy-wool-glove"} {
		_, found := Product(slug)
		require.False(t, found, slug)
	}
}

func TestUserExists(t *testing.T) {
	for id, want := range map[string]bool{
		"10001": true, "15000": true, "10000": false, "15001": false, "alice": false, "": false,
	} {
		require.Equal(t, want, UserExists(id), "user %q", id)
	}
}

// Each kind of trouble must come up in a demo of a few hundred requests, and
// none may be the rule.
func TestTroubleIsRareButThere(t *testing.T) {
	for name, trouble := range map[string]func(string) bool{
		"payment": PaymentFails, "order": OrderFails, "slow": IsSlow, "cold": IsCold,
		"lost": func(id string) bool { return !OrderExists(id) },
	} {
		hits := 0
		for i := range 1000 {
			if trouble(fmt.Sprint(i)) {
				hits++
			}
		}
		require.Positive(t, hits, name)
		require.Less(t, hits, 400, name)
	}
}
