// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// maxRandomness is the number of randomness values that OTEP 235 knows: the
// low 56 bits of a trace id.
const maxRandomness = 1 << 56

// Threshold is the rejection threshold of OTEP 235 for a percentage in (0, 100].
func Threshold(percentage float64) uint64 {
	return maxRandomness - uint64(math.Round(percentage/100*maxRandomness))
}

// Randomness is the randomness of a trace by its id: its low 56 bits.
func Randomness(trace pcommon.TraceID) uint64 {
	return binary.BigEndian.Uint64(trace[8:]) & (maxRandomness - 1)
}

// ErrNoThreshold says that a tracestate holds no threshold.
var ErrNoThreshold = errors.New("no threshold")

// ParseThreshold reads the threshold from a tracestate of the form ot=th:…;…
// among others; it is ErrNoThreshold if there is none.
func ParseThreshold(traceState string) (uint64, error) {
	for member := range strings.SplitSeq(traceState, ",") {
		fields, ok := strings.CutPrefix(strings.TrimSpace(member), "ot=")
		if !ok {
			continue
		}
		for field := range strings.SplitSeq(fields, ";") {
			if digits, ok := strings.CutPrefix(field, "th:"); ok {
				return ParseTValue(digits)
			}
		}
	}
	return 0, fmt.Errorf("tracestate %q: %w", traceState, ErrNoThreshold)
}

// ParseTValue reads a threshold written as 1 to 14 hex digits, the high ones of 14.
func ParseTValue(digits string) (uint64, error) {
	if len(digits) == 0 || len(digits) > 14 {
		return 0, fmt.Errorf("threshold %q has not 1 to 14 digits", digits)
	}
	return strconv.ParseUint(digits+strings.Repeat("0", 14-len(digits)), 16, 64)
}

// Evidence returns the traces that items hold evidence for.
func Evidence(items []Item) map[pcommon.TraceID]bool {
	evidence := map[pcommon.TraceID]bool{}
	for _, item := range items {
		if item.Fault.Evidence() {
			evidence[item.Trace] = true
		}
	}
	return evidence
}

// Kept returns, for every trace of the items, whether the promise is to keep
// it: it holds evidence, or its randomness reaches the threshold.
func Kept(items []Item, percentage float64) map[pcommon.TraceID]bool {
	threshold := Threshold(percentage)
	evidence := Evidence(items)
	kept := map[pcommon.TraceID]bool{}
	for _, item := range items {
		kept[item.Trace] = evidence[item.Trace] || Randomness(item.Trace) >= threshold
	}
	return kept
}
