// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package sampling

import (
	"strings"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
)

// StateConsistent reports whether a span with the W3C tracestate can have passed the
// sampling that its threshold (th) notes: its randomness, which is the
// tracestate's rv or else that of the trace id, is not below the threshold. A
// tracestate without a valid threshold is consistent.
func StateConsistent(tracestate string, id contrib.Randomness) bool {
	if !strings.Contains(tracestate, "th:") {
		return true
	}
	w3c, err := contrib.NewW3CTraceState(tracestate)
	if err != nil {
		return true
	}
	t, ok := w3c.OTelValue().TValueThreshold()
	if !ok {
		return true
	}
	if r, explicit := w3c.OTelValue().RValueRandomness(); explicit {
		id = r
	}
	return t.ShouldSample(id)
}
