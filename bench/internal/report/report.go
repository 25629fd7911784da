// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package report has what the benchmarks' reports are made of: medians of the
// rounds, and tables in Markdown.
package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// Median is the middle one of the values, of two the greater; 0 if there are none.
func Median[V cmp.Ordered](values []V) (mid V) {
	if len(values) > 0 {
		mid = slices.Sorted(slices.Values(values))[len(values)/2]
	}
	return mid
}

// MedianOf is the median of a figure.
func MedianOf[T any](all []T, figure func(T) float64) float64 {
	values := make([]float64, len(all))
	for i, v := range all {
		values[i] = figure(v)
	}
	return Median(values)
}

// Table begins a table, whose columns line up when its writer is flushed. A row
// is "| cell\t| cell\t|\n".
func Table(out io.Writer, columns ...string) *tabwriter.Writer {
	w := tabwriter.NewWriter(out, 0, 0, 1, ' ', 0)
	fmt.Fprintf(w, "| %s\t|\n%s|\n", strings.Join(columns, "\t| "), strings.Repeat("|---\t", len(columns)))
	return w
}
