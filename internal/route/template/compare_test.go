// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCompareOrdersBySpeciality(t *testing.T) {
	ordered := []string{
		"GET /feed/popular", "/feed/popular", "/feed/{id}.json", "/feed/{id:int}", "GET /feed/{id}", "/feed/{id}", "/feed", "/feed/{rest...}",
		"/{section}/popular", "/{section}", "/", "/{rest...}",
	}
	for i, a := range ordered {
		for j, b := range ordered {
			x, err := Parse(a)
			require.NoError(t, err)
			y, err := Parse(b)
			require.NoError(t, err)
			switch got := x[0].Compare(y[0]); {
			case i < j:
				require.Negative(t, got, "%s before %s", a, b)
			case i > j:
				require.Positive(t, got, "%s after %s", a, b)
			default:
				require.Zero(t, got, a)
			}
		}
	}
}
