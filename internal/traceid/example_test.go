// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid_test

import (
	"fmt"

	"github.com/otelcol-correlation/correlationprocessor/internal/traceid"
)

// The key settles what the value leaves open: the same digits are hex here and decimal there.
func ExampleHint_Parse() {
	for _, hint := range []traceid.Hint{traceid.HintNone, traceid.HintDatadog} {
		c, reason := hint.Parse("1234567890123456")
		fmt.Printf("%s %s %x\n", reason, c.Format, c.TraceID)
	}
	_, reason := traceid.HintNone.Parse("disabled")
	fmt.Println(reason)
	// Output:
	// found hex64 00000000000000001234567890123456
	// found datadog 0000000000000000000462d53c8abac0
	// placeholder
}
