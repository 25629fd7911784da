// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMedian(t *testing.T) {
	require.Zero(t, Median([]int{}))
	values := []int{3, 1, 2}
	require.Equal(t, 2, Median(values))
	require.Equal(t, []int{3, 1, 2}, values, "left as they were")
	require.Equal(t, 4, Median([]int{4, 1}))
	require.InDelta(t, 2, MedianOf([]string{"a", "ccc", "bb"}, func(s string) float64 { return float64(len(s)) }), 0)
}

func TestTable(t *testing.T) {
	var out strings.Builder
	w := Table(&out, "peer", "us")
	fmt.Fprint(w, "| ours\t| 1\t|\n")
	require.NoError(t, w.Flush())
	require.Equal(t, "| peer | us |\n|---   |--- |\n| ours | 1  |\n", out.String())
}
