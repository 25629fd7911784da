// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNoHealthPathIsTooLong(t *testing.T) {
	for path := range healthPaths {
		require.Less(t, len(path), longestHealthPath)
	}
}
