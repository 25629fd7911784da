// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// The limits of the times that are believed.
const (
	// earliest is the beginning of 1990. A start before it is from a clock that counts
	// from the boot of its machine, or from zero.
	earliest = 631_152_000 * pcommon.Timestamp(time.Second)
	// maxDuration is the longest that a span is believed to take. The ends of a longer
	// one are from two clocks.
	maxDuration = 30 * 24 * pcommon.Timestamp(time.Hour)
)

// BrokenTimes returns what is wrong with a span's start and end, whatever the time is
// here: no_end, no_start, end_before_start, monotonic (it starts before 1990) or
// too_long (30 days), which are label values, or "".
func BrokenTimes(s ptrace.Span) string {
	start, end := s.StartTimestamp(), s.EndTimestamp()
	switch {
	case end == 0:
		return "no_end"
	case start == 0:
		return "no_start"
	case end < start:
		return "end_before_start"
	case start < earliest:
		return "monotonic"
	case end-start > maxDuration:
		return "too_long"
	}
	return ""
}

// Duration is how long the span took, or 0 if its times are broken.
func Duration(s ptrace.Span) time.Duration {
	if BrokenTimes(s) != "" {
		return 0
	}
	return time.Duration(s.EndTimestamp() - s.StartTimestamp())
}
