// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/testkit/scrape"
)

// Count is a counter's value for one combination of label values.
type Count struct {
	What  string
	Value int
}

// countsOf adds up a metric by some of its labels, the greatest first. Zeros
// are left out.
func countsOf(samples []scrape.Sample, labels ...string) []Count {
	sums := map[string]int{}
	for _, sample := range samples {
		values := make([]string, 0, len(labels))
		for _, label := range labels {
			values = append(values, sample.Labels[label])
		}
		sums[strings.Join(values, " / ")] += int(sample.Value)
	}
	var counts []Count
	for what, value := range sums {
		if value != 0 {
			counts = append(counts, Count{What: what, Value: value})
		}
	}
	slices.SortFunc(counts, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.Value, a.Value), cmp.Compare(a.What, b.What))
	})
	return counts
}
